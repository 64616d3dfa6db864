"""Sections identity and memorisation: how far people are from each other, and from whom a model was trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist

from trainer.evaluation.evidence import Evidence
from trainer.evaluation.figures import Figure, Section, Sheet, at_least, median, strips
from trainer.evaluation.judges.identity import SAME_SHOT
from trainer.evaluation.statistics.distances import nearest

CLONE_QUANTILE = 0.001
SHARE_OF_STRANGERS = 0.95
CROWD = 1000
PAIRS_SHOWN = 12
LOW_QUANTILE = 0.01
NEAREST_SHOWN = 16


@dataclass(frozen=True)
class Pairs:
    """Pairs of one group each: `distance` float64 [P], `first` and `second` int64 [P], indices of the pictures."""

    distance: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    def those(self, kept: NDArray[np.bool_]) -> "Pairs":
        """The pairs for which `kept` [P] is true."""
        return Pairs(self.distance[kept], self.first[kept], self.second[kept])


def pairs_within(descriptors: NDArray[np.floating], group: NDArray[np.integer]) -> Pairs:
    """Every pair of pictures of one group. `descriptors` is [N, D], `group` [N]."""
    distances, firsts, seconds = [np.empty(0)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for value in np.unique(group):
        members = np.flatnonzero(group == value)
        if len(members) < 2:
            continue
        first, second = np.triu_indices(len(members), 1)
        distances.append(pdist(descriptors[members]))
        firsts.append(members[first])
        seconds.append(members[second])
    return Pairs(np.concatenate(distances), np.concatenate(firsts), np.concatenate(seconds))


def real_strangers(evidence: Evidence) -> Pairs:
    """Pairs of held-out photographs of one sex and age group, without those that show one shot twice."""
    pairs = pairs_within(evidence.described_real, evidence.held_out.people.bin)
    shot = evidence.held_out.shot
    return pairs.those((pairs.distance > SAME_SHOT) & (shot[pairs.first] != shot[pairs.second]))


def closest_pairs(descriptors: NDArray[np.floating], count: int) -> Pairs:
    """The `count` closest of all pairs of [N, D], nearest first."""
    distances = cdist(descriptors, descriptors)
    first, second = np.triu_indices(len(descriptors), 1)
    flat = distances[first, second]
    nearest = np.argsort(flat, kind="stable")[:count]
    return Pairs(flat[nearest], first[nearest], second[nearest])


def measure(evidence: Evidence) -> Section:
    """Distances of generated people of one group, near-clones, and the closest pair of a crowd."""
    real = real_strangers(evidence)
    made = pairs_within(evidence.described_matched, evidence.held_out.people.bin)
    if not len(real.distance) or not len(made.distance):
        return Section("Distinct people", notes=["Too few held-out photographs of one sex and age group for pairs."])
    order = evidence.rng(0).permutation(len(evidence.matched))[:CROWD]
    crowd = closest_pairs(evidence.described_matched[order], PAIRS_SHOWN)
    return Section(
        "Distinct people",
        _figures(evidence, made, real, order, float(crowd.distance[0])),
        sheets=[_sheet(evidence, order, crowd)],
        notes=[
            "Euclidean distance of dlib's face descriptors; on ordinary photographs, under 0.6 means one person. "
            "Pictures of 64 px lie closer together than that, hence the comparison with strangers in equal pictures.",
            f"Real pairs closer than {SAME_SHOT} show one shot twice and are left out.",
        ],
    )


def _figures(evidence: Evidence, made: Pairs, real: Pairs, order: NDArray[np.int64], closest: float) -> list[Figure]:
    """`made`, `real`: pairs of one group. `order`: who is in the crowd, whose closest pair is `closest` apart."""
    limit = float(np.quantile(real.distance, CLONE_QUANTILE))
    quantile = f"real strangers' {100 * CLONE_QUANTILE:.1f} % quantile"
    real_crowd = pdist(evidence.described_real[order])
    real_crowd = real_crowd[real_crowd > SAME_SHOT]
    return [
        median(
            "identity.median_distance",
            "identity distance of two people of one sex and age group, median",
            made.distance,
            real.distance,
            lambda value, own: at_least(value, SHARE_OF_STRANGERS * own, f"{SHARE_OF_STRANGERS} × real strangers"),
        ),
        Figure(
            "identity.near_clones",
            f"near-clones: such pairs under the {quantile} ({limit:.3f})",
            float((made.distance < limit).mean()),
            CLONE_QUANTILE,
            count=len(made.distance),
            style="share",
        ),
        Figure(
            "identity.closest_in_crowd",
            f"closest pair among {len(order):,} faces of a crowd",
            closest,
            float(real_crowd.min()),
            count=len(order),
            bar=at_least(closest, limit, quantile),
        ),
        Figure(
            "identity.crowd_pairs_under_quantile",
            f"pairs under that quantile among {len(order):,} faces",
            int((pdist(evidence.described_matched[order]) < limit).sum()),
            int((real_crowd < limit).sum()),
            count=len(order) * (len(order) - 1) // 2,
            style="count",
        ),
    ]


def _sheet(evidence: Evidence, order: NDArray[np.int64], pairs: Pairs) -> Sheet:
    faces = evidence.matched_faces[order]
    pictures = np.stack([faces[pairs.first], faces[pairs.second]])
    words = [f"{distance:.2f}" for distance in pairs.distance]
    return Sheet(
        "closest_pairs",
        "Closest pairs",
        f"The {len(words)} closest pairs among {len(order):,} people, one above the other, with their distance.",
        strips(pictures, ["", ""], words),
    )


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


def memorisation(evidence: Evidence) -> Section:
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
    closest = np.argsort(made, kind="stable")[:NEAREST_SHOWN]
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
