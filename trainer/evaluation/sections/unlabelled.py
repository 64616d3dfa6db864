"""What can be measured of pictures that are not of people, or whose age is not known in years: no judge reads them.

The features are thumbnails, which tell composition and colour, and the near-duplicates' look; sharpness and grid come
from the pictures themselves.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.prepare import near_duplicates
from trainer.evaluation.evidence import UnlabelledEvidence
from trainer.evaluation.figures import Figure, Section, Sheet, grid, median, strips
from trainer.evaluation.sections.cost import file_size, graph_cost
from trainer.evaluation.sections.distinctness import nearest_sheet
from trainer.evaluation.sections.realism import NEIGHBOURS, SHARE_OF_REAL, reach_figure, texture
from trainer.evaluation.sources import seeds
from trainer.evaluation.statistics.distances import frechet_distance, kernel_distance, precision_recall
from trainer.labels.label import Label
from trainer.labels.matrix import evenly_but

SIDE = 8
SHOWN, COLUMNS = 200, 20
ROWS = 8
PAIRS = 16
BLOCK = 1024
SAME_LOOK = 0.66
"""Correlation of looks from which `prepare` takes two pictures for the same shot."""


def gallery(evidence: UnlabelledEvidence) -> Section:
    """Pictures at random beside held-out ones, and the same seeds with each value of every label."""
    order = np.sort(evidence.rng(2).permutation(len(evidence.real))[:SHOWN])
    sheets = [
        Sheet("random", "At random", f"{len(order)} with held-out labels.", grid(evidence.made[order], COLUMNS)),
        Sheet("photographs", "Held-out pictures", "Those with these labels.", grid(evidence.real[order], COLUMNS)),
    ]
    return Section("Gallery", sheets=[*sheets, *(_label_sheet(evidence, label) for label in evidence.generator.labels)])


def _label_sheet(evidence: UnlabelledEvidence, label: Label) -> Sheet:
    steps, rng = label.steps, evidence.rng(3)
    chosen = seeds(ROWS, rng)
    own = {label.name: np.tile(steps, (ROWS, 1))}
    given = evenly_but(evidence.generator.labels, ROWS, len(steps), own, rng)
    pictures = evidence.generator.draw(np.repeat(chosen, len(steps)), given)
    rows = pictures.reshape(ROWS, len(steps), *pictures.shape[1:])
    caption = "One seed in each row, its other labels drawn evenly; none was chosen."
    return Sheet(f"label_{label.name}", f"By {label.name}", caption, strips(rows, [""] * ROWS, label.step_names))


def thumbnails(pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """8 x 8 thumbnails, float64 [N, 192], 0 ... 1."""
    small = [cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for picture in pictures]
    return np.stack(small).reshape(len(pictures), -1) / 255.0


def distances(evidence: UnlabelledEvidence) -> Section:
    """FD, KID, precision, recall, density and coverage in thumbnails, and texture, beside training pictures."""
    real, made, other = (thumbnails(pictures) for pictures in (evidence.real, evidence.made, evidence.other))
    ours, floor = precision_recall(real, made, NEIGHBOURS), precision_recall(real, other, NEIGHBOURS)
    count = len(made)
    figures = [
        Figure("distances.fd_thumb192", "FD-thumb192 to held-out pictures", frechet_distance(real, made),
               frechet_distance(real, other), count=count),
        Figure("distances.kid_thumb192", "KID-thumb192 to held-out pictures", kernel_distance(real, made),
               kernel_distance(real, other), count=count),
    ]  # fmt: skip
    limit = SHARE_OF_REAL, f"{SHARE_OF_REAL} × training pictures"
    reach = (("precision", None), ("recall", limit), ("density", None), ("coverage", limit))
    figures += [reach_figure(name, name, ours, [floor], least) for name, least in reach]
    note = (
        "In 8 × 8 thumbnails: they tell composition and colour, not detail. The second column compares training "
        "pictures with the held-out ones: the floor that no model can be expected to pass. FD is biased upwards for "
        "few pictures, on both sides; KID is not."
    )
    return Section("Distances", [*figures, *texture(evidence.made, evidence.real, evidence.other)], notes=[note])


def memorisation(evidence: UnlabelledEvidence) -> Section:
    """Whether the model repeats training pictures: the nearest one by its look, beside those of held-out pictures."""
    training = np.asarray(evidence.dataset.images[evidence.training])
    everything = near_duplicates.describe(np.concatenate([evidence.made, evidence.real, training]))
    count = len(evidence.made)
    made, real, known = everything[:count], everything[count : 2 * count], everything[2 * count :]
    (closeness, indices), (beside, _) = _most_alike(made, known), _most_alike(real, known)
    figures = [
        median("memorisation.median_likeness", "likeness to the nearest training picture, median", closeness, beside),
        Figure("memorisation.copies", f"pictures as like a training picture as one shot is ({SAME_LOOK})",
               float((closeness >= SAME_LOOK).mean()), float((beside >= SAME_LOOK).mean()), count=count, style="share"),
    ]  # fmt: skip
    closest = np.argsort(-closeness, kind="stable")[:PAIRS]
    what = "pictures most like a training picture"
    sheet = nearest_sheet(evidence.made[closest], training[indices[closest]], closeness[closest], what)
    return Section(
        "Memorisation", figures, sheets=[sheet], notes=["Likeness is the correlation of looks, mirrored too."]
    )


def _most_alike(
    looks: NDArray[np.float32], known: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each of [N, D] the correlation with the most alike of [M, D], mirrored or not, and its index."""
    best, index = np.full(len(looks), -1.0), np.zeros(len(looks), np.int64)
    for start in range(0, len(known), BLOCK):
        alike = near_duplicates.likeness(looks, known[start : start + BLOCK])
        nearest = alike.argmax(axis=1)
        value = alike[np.arange(len(looks)), nearest]
        index = np.where(value > best, start + nearest, index)
        best = np.maximum(best, value)
    return best, index


def cost(evidence: UnlabelledEvidence) -> Section:
    """What every picture costs."""
    seed = np.zeros(1, np.int64)
    figures = [graph_cost(lambda: evidence.generator.draw(seed, {}), evidence.generator.resolution)]
    return Section("Cost", [*figures, *file_size(evidence.model_bytes)])
