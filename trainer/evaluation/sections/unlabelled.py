"""What can be measured of pictures that are not of people, or whose age is not known in years: no judge reads them.

The features are thumbnails, which tell composition and colour, and the near-duplicates' look; sharpness and grid come
from the pictures themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.dataset import Dataset
from trainer.data.prepare import near_duplicates
from trainer.drawing.inference import FaceGenerator
from trainer.errors import UserError
from trainer.evaluation.figures import Figure, Section, Sheet, Style
from trainer.evaluation.people import seeds
from trainer.evaluation.sections.cost import file_size, graph_cost
from trainer.evaluation.sections.realism import NEIGHBOURS, texture
from trainer.evaluation.sheets import grid, strips
from trainer.evaluation.sources import FEWEST
from trainer.evaluation.statistics.distances import frechet_distance, kernel_distance, precision_recall
from trainer.labels.label import Label
from trainer.labels.matrix import drawn_evenly

SIDE = 8
SHOWN, COLUMNS = 200, 20
ROWS = 8
PAIRS = 16
BLOCK = 1024
SAME_LOOK = 0.66
"""Correlation of looks from which `prepare` takes two pictures for the same shot."""


@dataclass(frozen=True)
class UnlabelledEvidence:
    """A model, the dataset beside which it is measured, and the seed that chooses who is drawn."""

    generator: FaceGenerator
    dataset: Dataset
    seed: int
    model_bytes: int | None = None

    def dice(self, stream: int) -> np.random.Generator:
        """The random numbers of one kind of sample."""
        return np.random.default_rng([self.seed, stream])

    @cached_property
    def held_out(self) -> NDArray[np.int64]:
        """The rows of the held-out pictures."""
        return np.flatnonzero(self.dataset.held_out)

    @cached_property
    def training(self) -> NDArray[np.int64]:
        """The rows of the training pictures."""
        return np.flatnonzero(~self.dataset.held_out)

    def refuse_too_few(self) -> None:
        """Raises `UserError` where no comparison makes sense."""
        for rows, kind in ((self.held_out, "held-out"), (self.training, "training")):
            if len(rows) < FEWEST:
                raise UserError(f"the dataset has {len(rows)} {kind} pictures; an evaluation needs at least {FEWEST}")

    @cached_property
    def real(self) -> NDArray[np.uint8]:
        """The held-out pictures, uint8 [N, H, H, 3]."""
        return np.asarray(self.dataset.images[self.held_out])

    @cached_property
    def other(self) -> NDArray[np.uint8]:
        """As many training pictures, at random: what real pictures score beside real ones."""
        count = min(len(self.real), len(self.training))
        return np.asarray(self.dataset.images[np.sort(self.dice(1).permutation(self.training)[:count])])

    @cached_property
    def made(self) -> NDArray[np.uint8]:
        """One generated picture for each held-out one, with its labels."""
        dice = self.dice(0)
        given = {}
        for label in self.generator.labels:
            low, high = (ends[self.held_out] for ends in self.dataset.range_of(label))
            given[label.name] = low + (high - low) * dice.random((len(low), 1), np.float32)
        return self.generator.draw(seeds(len(self.held_out), dice), given)


def refuse_other_labels(generator: FaceGenerator, dataset: Dataset) -> None:
    """Raises `UserError` unless the model asks for the labels that the dataset has."""
    theirs, ours = ({label.shape for label in labels} for labels in (generator.labels, dataset.labels))
    if not theirs <= ours:
        names = ", ".join(sorted(name for name, _, _ in theirs - ours))
        raise UserError(f"the model asks for {names}, which the dataset does not tell; give the one it was trained on")


def gallery(matter: UnlabelledEvidence) -> Section:
    """Pictures at random beside held-out ones, and the same seeds with each value of every label."""
    order = np.sort(matter.dice(2).permutation(len(matter.real))[:SHOWN])
    sheets = [
        Sheet("random", "At random", f"{len(order)} with held-out labels.", grid(matter.made[order], COLUMNS)),
        Sheet("photographs", "Held-out pictures", "Those with these labels.", grid(matter.real[order], COLUMNS)),
    ]
    return Section("Gallery", sheets=[*sheets, *(_label_sheet(matter, label) for label in matter.generator.labels)])


def _label_sheet(matter: UnlabelledEvidence, label: Label) -> Sheet:
    steps, dice = label.steps, matter.dice(3)
    chosen = seeds(ROWS, dice)
    drawn = drawn_evenly(matter.generator.labels, ROWS, dice)
    given = {name: np.repeat(value, len(steps), axis=0) for name, value in drawn.items()}
    given[label.name] = np.tile(steps, (ROWS, 1))
    pictures = matter.generator.draw(np.repeat(chosen, len(steps)), given)
    rows = pictures.reshape(ROWS, len(steps), *pictures.shape[1:])
    caption = "One seed in each row, its other labels drawn evenly; none was chosen."
    return Sheet(f"label_{label.name}", f"By {label.name}", caption, strips(rows, [""] * ROWS, label.step_names))


def thumbnails(pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """8 x 8 thumbnails, float64 [N, 192], 0 ... 1."""
    small = [cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for picture in pictures]
    return np.stack(small).reshape(len(pictures), -1) / 255.0


def distances(matter: UnlabelledEvidence) -> Section:
    """FD, KID, precision, recall, density and coverage in thumbnails, and texture, beside training pictures."""
    real, made, other = (thumbnails(pictures) for pictures in (matter.real, matter.made, matter.other))
    ours, floor = precision_recall(real, made, NEIGHBOURS), precision_recall(real, other, NEIGHBOURS)
    count = len(made)
    figures = [
        Figure("distances.fd_thumb192", "FD-thumb192 to held-out pictures", frechet_distance(real, made),
               frechet_distance(real, other), count=count),
        Figure("distances.kid_thumb192", "KID-thumb192 to held-out pictures", kernel_distance(real, made),
               kernel_distance(real, other), count=count),
    ]  # fmt: skip
    for name in ("precision", "recall", "density", "coverage"):
        style: Style = "number" if name == "density" else "share"
        figures.append(
            Figure(f"distances.{name}", name, getattr(ours, name), getattr(floor, name), count=count, style=style)
        )
    note = (
        "In 8 × 8 thumbnails: they tell composition and colour, not detail. The second column compares training "
        "pictures with the held-out ones: the floor that no model can be expected to pass. FD is biased upwards for "
        "few pictures, on both sides; KID is not."
    )
    return Section("Distances", [*figures, *texture(matter.made, matter.real, matter.other)], notes=[note])


def memorisation(matter: UnlabelledEvidence) -> Section:
    """Whether the model repeats training pictures: the nearest one by its look, beside those of held-out pictures."""
    training = np.asarray(matter.dataset.images[matter.training])
    everything = near_duplicates.describe(np.concatenate([matter.made, matter.real, training]))
    count = len(matter.made)
    made, real, known = everything[:count], everything[count : 2 * count], everything[2 * count :]
    (closeness, indices), (beside, _) = _most_alike(made, known), _most_alike(real, known)
    figures = [
        Figure("memorisation.median_likeness", "likeness to the nearest training picture, median",
               float(np.median(closeness)), float(np.median(beside)), count=count),
        Figure("memorisation.copies", f"pictures as like a training picture as one shot is ({SAME_LOOK})",
               float((closeness >= SAME_LOOK).mean()), float((beside >= SAME_LOOK).mean()), count=count, style="share"),
    ]  # fmt: skip
    closest = np.argsort(-closeness, kind="stable")[:PAIRS]
    pictures = np.stack([matter.made[closest], training[indices[closest]]])
    sheet = Sheet(
        "nearest_training",
        "Nearest training pictures",
        f"Above, the {len(closest)} generated pictures most like a training picture; below, that picture.",
        strips(pictures, ["model", "photo"], [f"{closeness[index]:.2f}" for index in closest]),
    )
    return Section(
        "Memorisation", figures, sheets=[sheet], notes=["Likeness is the correlation of looks, mirrored too."]
    )


def _most_alike(
    looks: NDArray[np.float32], known: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each of [N, D] the correlation with the most alike of [M, D], mirrored or not, and its index."""
    best, index = np.full(len(looks), -1.0), np.zeros(len(looks), np.int64)
    flipped = near_duplicates.mirrored(looks)
    for start in range(0, len(known), BLOCK):
        block = known[start : start + BLOCK].T
        alike = np.maximum(looks @ block, flipped @ block)
        nearest = alike.argmax(axis=1)
        value = alike[np.arange(len(looks)), nearest]
        index = np.where(value > best, start + nearest, index)
        best = np.maximum(best, value)
    return best, index


def cost(matter: UnlabelledEvidence) -> Section:
    """What every picture costs."""
    seed = np.zeros(1, np.int64)
    figures = [graph_cost(lambda: matter.generator.draw(seed, {}))]
    return Section("Cost", [*figures, *file_size(matter.model_bytes)])


SECTIONS: dict[str, Callable[[UnlabelledEvidence], Section]] = {
    "gallery": gallery,
    "distances": distances,
    "memorisation": memorisation,
    "cost": cost,
}
