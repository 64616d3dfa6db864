"""From a prepared dataset to the photographs that an evaluation compares with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from trainer.checkpoints import FACTS, facts_of_run, run_folder
from trainer.data.dataset import KEEPS_SPLIT_OF, Dataset
from trainer.data.faces.alignment import Geometry
from trainer.drawing.inference import FaceGenerator, open_generator
from trainer.errors import UserError
from trainer.evaluation.people import RealFaces
from trainer.labels.people import of_people, sex_and_age_bins
from trainer.model_file.storage import read_model

MOST_HELD_OUT = 20_000
"""Held-out photographs that a model is compared with: more change no figure, and pairs of them fill the memory."""
FEWEST = 20
"""Held-out or training pictures below which no comparison makes sense."""


def enough(count: int, kind: str) -> None:
    """Raises `UserError` where `count` pictures of a kind are too few to compare with."""
    if count < FEWEST:
        raise UserError(f"the dataset has {count} {kind} pictures; an evaluation needs at least {FEWEST}")


@dataclass(frozen=True)
class StoredRows:
    """Some `rows` [N] of pictures [M, H, W, 3] that stay in their file, indexed as an array of them would be."""

    images: NDArray[np.uint8]
    rows: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, ...]:
        """As an array's."""
        return len(self.rows), *self.images.shape[1:]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: slice | NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
        return np.asarray(self.images[self.rows[chosen]])


def real_faces(dataset: Dataset, *, held_out: bool) -> RealFaces:
    """The dataset's held-out photographs, or its training ones. Raises `UserError` where there are too few.

    Of more than `MOST_HELD_OUT` as many, spread evenly over all. Training photographs stay in their file.
    """
    rows = np.flatnonzero(dataset.held_out == held_out)
    enough(len(rows), "held-out" if held_out else "training")
    if not held_out:
        # Sections read runs and choices of it, never all at once: what an array of its rows would be used for.
        stored = cast("NDArray[np.uint8]", StoredRows(dataset.images, rows))
        return RealFaces(stored, dataset.people[rows], dataset.group[rows])
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_HELD_OUT)).round().astype(np.int64)]
    return RealFaces(dataset.images[rows], dataset.people[rows], dataset.group[rows])


def need_people_labels(generator: FaceGenerator, model: Path, purpose: str) -> None:
    """Raises `UserError` unless the model takes sex and age; `purpose` says what needs them."""
    if not of_people(generator.labels):
        names = ", ".join(label.name for label in generator.labels) or "none"
        raise UserError(f"{model}: {purpose} needs a model with the labels sex and age in years; this one has {names}")


@dataclass(frozen=True)
class AsInDataset:
    """A model asked for people's sex and age alone, its further labels being as in a dataset.

    A character's further labels are those of a held-out photograph of the same sex and age group, picked by the seed;
    where there is none, of any. `values` by name are those of the held-out photographs, [H, columns]; `members` the
    rows of each sex and age group.
    """

    generator: FaceGenerator
    values: Mapping[str, NDArray[np.float32]]
    members: Mapping[int, NDArray[np.int64]]
    everybody: NDArray[np.int64]

    def further(
        self, seeds: NDArray[np.int64], sex: NDArray[np.float32], age: NDArray[np.float32]
    ) -> dict[str, NDArray[np.float32]]:
        """The further labels of some characters, by name, [N, columns]."""
        if not self.values:
            return {}
        candidates = [self.members.get(int(value), self.everybody) for value in sex_and_age_bins(sex, age)]
        chosen = np.array([own[int(seed) % len(own)] for own, seed in zip(candidates, seeds, strict=True)])
        return {name: value[chosen] for name, value in self.values.items()}

    def __call__(
        self, seeds: NDArray[np.int64], sex: NDArray[np.float32], age: NDArray[np.float32]
    ) -> NDArray[np.uint8]:
        """The pictures of some characters, uint8 [N, H, H, 3]."""
        further = self.further(seeds, sex, age)
        return self.generator.draw(seeds, {**further, "sex": sex, "age": age})


def as_in(dataset: Dataset, generator: FaceGenerator) -> AsInDataset:
    """The model, its further labels as in the dataset: asked for people's sex and age alone."""
    rows = np.flatnonzero(dataset.held_out)
    shapes = {own.shape for own in dataset.labels}
    further = [label for label in generator.labels if label.name not in ("sex", "age") and label.shape in shapes]
    values = {
        label.name: np.asarray(np.mean(dataset.range_of(label), axis=0)[rows], np.float32)
        for label in further
        if len(rows)
    }
    group = dataset.people[rows].bin if values else np.empty(0, np.int64)
    members = {int(value): np.flatnonzero(group == value) for value in np.unique(group)}
    return AsInDataset(generator, values, members, np.arange(len(rows)))


def refuse_other_labels(generator: FaceGenerator, dataset: Dataset) -> None:
    """Raises `UserError` unless the model asks for the labels that the dataset has."""
    theirs, ours = ({label.shape for label in labels} for labels in (generator.labels, dataset.labels))
    if not theirs <= ours:
        names = ", ".join(sorted(name for name, _, _ in theirs - ours))
        raise UserError(f"the model asks for {names}, which the dataset does not tell; give the one it was trained on")


def model_beside(model: Path, dataset: Dataset, data: Path) -> FaceGenerator:
    """The model, ready to draw beside the dataset at `data`. Raises `UserError` where the two cannot be compared."""
    refuse_trained_on(model, dataset)
    generator = open_generator(model)
    if generator.resolution != dataset.size:
        raise UserError(
            f"{model} makes pictures of {generator.resolution} px, {data} holds pictures of {dataset.size} px; prepare "
            "a dataset of the model's size"
        )
    return generator


def refuse_trained_on(model: Path, dataset: Dataset) -> None:
    """Raises `UserError` where a run was trained on another preparation of this dataset's sources, whose split it lost.

    The held-out pictures of the one may then be training pictures of the other. A run folder tells what it was trained
    on in its dataset.json, a model file in its card.
    """
    trained_on = training_facts(model)
    if trained_on is None:
        return
    here = {source.get("name", "") for source in dataset.metadata.get("sources", [])}
    there = set(trained_on["sources"])
    if trained_on.get("fingerprint") in dataset.metadata.get(KEEPS_SPLIT_OF, []):
        return
    differs = any(dataset.metadata.get(key) != trained_on.get(key) for key in ("fingerprint", "split"))
    if differs and here & there:
        raise UserError(
            f"{model} was trained on another preparation of {', '.join(sorted(here & there))}, which held out other "
            "pictures; give --data the dataset that it was trained on"
        )


def training_facts(model: Path) -> Mapping[str, Any] | None:
    """`sources` (names), `fingerprint` and `split` of what `model` was trained on; None where nothing tells."""
    if model.suffix == ".facegan" and model.is_file():
        facts = read_model(model).card.get("trainer", {}).get("dataset")
        return facts if isinstance(facts, dict) else None
    if (facts := facts_of_run(model)) is None:
        return None
    try:
        return {**facts, "sources": [source["name"] for source in facts.get("sources", [])]}
    except (TypeError, KeyError) as error:
        raise UserError(
            f"{run_folder(model) / FACTS}: damaged ({type(error).__name__}), so nothing tells which pictures the run"
            " was trained on; put the one of its dataset in its place"
        ) from error


def geometry_of(dataset: Dataset) -> Geometry:
    """Where the eyes stand in the dataset's pictures, as its dataset.json says."""
    crop = dataset.metadata.get("geometry", {})
    return Geometry(**{name: float(crop[name]) for name in ("eye_distance", "eye_height") if name in crop})
