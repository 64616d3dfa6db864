"""Who is drawn for an evaluation, the same ones every time, and the photographs that they are compared with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from trainer.checkpoints import FACTS, facts_of_run, run_folder
from trainer.data.dataset import KEEPS_SPLIT_OF, Dataset
from trainer.data.faces.alignment import Geometry
from trainer.drawing.inference import FaceGenerator, open_generator
from trainer.errors import UserError
from trainer.labels.people import SexAndAge, sex_and_age_bins
from trainer.labels.sex_and_years import AGE_GROUP_LIMITS, OLDEST_SHOWN, age_group_names
from trainer.model_file.storage import read_model

GenerateFaces = Callable[[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]], NDArray[np.uint8]]
"""(seeds int64 [N], sex float32 [N] -1 female ... +1 male, age float32 [N] in years) to uint8 RGB [N, H, H, 3]."""
FurtherLabels = Callable[
    [NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]], Mapping[str, NDArray[np.float32]]
]
"""The same people to what is asked of a model's further labels, by name, float32 [N, columns]."""
Refuses = Callable[[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]], NDArray[np.bool_]]
"""The same people to whose faces a model knows to come out broken, [N]."""

REDRAWN = 8
"""Other seeds that are tried for a face that is refused, as the add-on does."""
PAPER_AGES = (15.0, 74.0)
AGEING_AGES = (5.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0)
AGE_GROUP_NAMES = tuple(age_group_names())
MOST_HELD_OUT = 20_000
"""Held-out photographs that a model is compared with: more change no figure, and pairs of them fill the memory."""
FEWEST = 20
"""Held-out or training pictures below which no comparison makes sense."""


@dataclass(frozen=True)
class People:
    """Characters: `seeds` int64 [N], `sex` float32 [N] (-1 female, +1 male), `age` float32 [N] in years."""

    seeds: NDArray[np.int64]
    sex: NDArray[np.float32]
    age: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.seeds)

    def __getitem__(self, rows: slice | NDArray[np.integer] | NDArray[np.bool_]) -> "People":
        return People(self.seeds[rows], self.sex[rows], self.age[rows])


@dataclass(frozen=True)
class RealFaces:
    """Photographs of `people`: `pictures` uint8 RGB [N, H, H, 3]; those of one `shot` [N] share a number."""

    pictures: NDArray[np.uint8]
    people: SexAndAge
    shot: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.people)


def seeds(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` seeds of characters, 0 ... 2^32 - 1."""
    return rng.integers(0, 2**32, count, dtype=np.int64)


def whole_seeds(
    first: NDArray[np.int64],
    refuses: Callable[[NDArray[np.int64], NDArray[np.intp]], NDArray[np.bool_]],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """The seeds `first` [N], others where a model refuses their faces; the last of REDRAWN stays, refused or not.

    `refuses` tells which of some seeds [M] it refuses for the people in these rows [M].
    """
    chosen, rows = first.copy(), np.arange(len(first))
    for _ in range(REDRAWN):
        rows = rows[refuses(chosen[rows], rows)]
        if not len(rows):
            break
        chosen[rows] = seeds(len(rows), rng)
    return chosen


def whole_people(people: People, refuses: Refuses, rng: np.random.Generator) -> People:
    """The people, from other seeds where the model refuses their faces, as often as the add-on tries others."""
    chosen = whole_seeds(people.seeds, lambda tried, rows: refuses(tried, people.sex[rows], people.age[rows]), rng)
    return People(chosen, people.sex, people.age)


def paper_people(count: int, rng: np.random.Generator) -> People:
    """The paper's sample: both sexes equally often, ages uniform from 15 to 74."""
    sex = np.where(np.arange(count) % 2, 1, -1).astype(np.float32)
    return People(seeds(count, rng), sex, rng.uniform(*PAPER_AGES, count).astype(np.float32))


def people_like(faces: RealFaces, rng: np.random.Generator) -> People:
    """One character for each photograph: its sex, and an age drawn uniformly within what is known of it."""
    age = rng.uniform(faces.people.low, faces.people.high)
    return People(seeds(len(faces), rng), faces.people.sex.astype(np.float32), age.astype(np.float32))


def ageing_people(count: int, rng: np.random.Generator) -> People:
    """`count` characters, both sexes in turn, each at all of AGEING_AGES: a character's ages follow each other."""
    ages = len(AGEING_AGES)
    sex = np.where(np.arange(count) % 2, 1, -1).astype(np.float32)
    return People(
        np.repeat(seeds(count, rng), ages),
        np.repeat(sex, ages),
        np.tile(np.array(AGEING_AGES, np.float32), count),
    )


def people_of_groups(columns: int, sex: float, rng: np.random.Generator) -> People:
    """`columns` characters of one sex for each age group in turn, ages uniform within the group."""
    limits = np.array([0.0, *AGE_GROUP_LIMITS[:-1], OLDEST_SHOWN])
    low, high = np.repeat(limits[:-1], columns), np.repeat(limits[1:], columns)
    return People(seeds(len(low), rng), np.full(len(low), sex, np.float32), rng.uniform(low, high).astype(np.float32))


def draw_like(faces: RealFaces, among: RealFaces, rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices of photographs of `among`, as many of each sex and age group as `faces` has, none of them twice.

    Where `among` has fewer than that of a group, all of them are taken.
    """
    chosen = []
    for value, count in zip(*np.unique(faces.people.bin, return_counts=True), strict=True):
        candidates = np.flatnonzero(among.people.bin == value)
        chosen.append(rng.permutation(candidates)[:count])
    return np.sort(np.concatenate(chosen))


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

    @property
    def of_persons(self) -> "AsInDataset":
        """The same, further labels picked by the seed alone: a seed is one person at every age and of both sexes."""
        return replace(self, members={})

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

    def refuses(
        self, seeds: NDArray[np.int64], sex: NDArray[np.float32], age: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        """Which of some characters' faces the model knows to come out broken, [N]."""
        further = self.further(seeds, sex, age)
        return self.generator.refuses(seeds, {**further, "sex": sex, "age": age})


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
    """`sources` (names), `fingerprint` and `split` of what `model` was trained on; None where nothing tells.

    Raises `UserError` for what tells it wrongly.
    """
    if model.suffix == ".facegan" and model.is_file():
        facts = read_model(model).card.get("trainer", {}).get("dataset")
        if not isinstance(facts, dict):
            return None
        names = facts.get("sources", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UserError(f"{model}: its card does not tell what it was trained on; export it again")
        return facts
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
