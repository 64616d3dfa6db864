"""Section memorisation: whether the model repeats the pictures it was trained on."""

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.evidence import Evidence
from trainer.evaluation.figures import Figure, Section, Sheet, at_least, median, strips
from trainer.evaluation.judges.identity import SAME_SHOT
from trainer.evaluation.statistics.distances import nearest

LOW_QUANTILE = 0.01
SHOWN = 16


def nearest_sheet(
    made: NDArray[np.uint8], training: NDArray[np.uint8], words: NDArray[np.floating], what: str
) -> Sheet:
    """Generated pictures [N, H, H, 3] above the training pictures nearest to them, with a number [N] for each pair."""
    return Sheet(
        "nearest_training",
        "Nearest training pictures",
        f"Above, the {len(made)} generated {what}; below, that picture.",
        strips(np.stack([made, training]), ["model", "photo"], [f"{word:.2f}" for word in words]),
    )


def measure(evidence: Evidence) -> Section:
    """Distances to the nearest training picture, beside those of people who were never trained on."""
    made, indices = nearest(evidence.described_matched, evidence.described_training)
    real, _ = nearest(evidence.described_real, evidence.described_training)
    count = len(made)
    low, real_low = (float(np.quantile(own, LOW_QUANTILE)) for own in (made, real))
    copied, real_copied = (float((own < SAME_SHOT).mean()) for own in (made, real))
    lowest = f"the same, {100 * LOW_QUANTILE:.0f} % quantile"
    copies = f"pictures within {SAME_SHOT} of a training picture (one shot)"
    figures = [
        median(
            "memorisation.median_distance",
            "identity distance to the nearest training picture, median",
            made,
            real,
            lambda value, own: at_least(value, own, "held-out photographs"),
        ),
        Figure("memorisation.low_quantile", lowest, low, real_low, count=count),
        Figure("memorisation.copies", copies, copied, real_copied, count=count, style="share"),
    ]
    closest = np.argsort(made, kind="stable")[:SHOWN]
    sheet = nearest_sheet(
        evidence.matched_faces[closest],
        evidence.training.pictures[indices[closest]],
        made[closest],
        "faces closest to a training picture",
    )
    note = (
        f"Against all {len(evidence.training):,} training pictures, by dlib's face descriptor. A model that repeats "
        "them lies closer to them than people it never saw. Samples that are all alike lie close to the middle of all "
        "faces: read this beside the distances of strangers."
    )
    return Section("Memorisation", figures, sheets=[sheet], notes=[note])
