"""Who is drawn for an evaluation: seeds, sexes and ages, the same ones every time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.labels.people import SexAndAge
from trainer.labels.sex_and_years import AGE_GROUP_LIMITS, OLDEST_SHOWN, age_group_names

GenerateFaces = Callable[[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]], NDArray[np.uint8]]
"""(seeds int64 [N], sex float32 [N] -1 female ... +1 male, age float32 [N] in years) to uint8 RGB [N, H, H, 3]."""
FurtherLabels = Callable[
    [NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]], Mapping[str, NDArray[np.float32]]
]
"""The same people to what is asked of a model's further labels, by name, float32 [N, columns]."""

PAPER_AGES = (15.0, 74.0)
AGEING_AGES = (5.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0)
AGE_GROUP_NAMES = tuple(age_group_names())


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

    @property
    def bin(self) -> NDArray[np.int64]:
        """Age group and sex of each person as one number."""
        return self.people.bin


def seeds(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` seeds of characters, 0 ... 2^32 - 1."""
    return rng.integers(0, 2**32, count, dtype=np.int64)


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
    for value, count in zip(*np.unique(faces.bin, return_counts=True), strict=True):
        candidates = np.flatnonzero(among.bin == value)
        chosen.append(rng.permutation(candidates)[:count])
    return np.sort(np.concatenate(chosen))
