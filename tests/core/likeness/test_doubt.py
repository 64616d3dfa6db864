"""A model that doubts some faces: read from its file, asked by the engine, and heeded before anything is drawn."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.engine.engine import Engine
from blender_facegan.core.likeness.doubt import settled
from blender_facegan.core.model.file import ModelFile, read_model
from blender_facegan.core.people.population import Recipe, latents
from tests.core.model import naive
from tests.core.model.model_refusals import reason
from tests.core.model.model_writer import Draft, with_doubt

PEOPLE = [Recipe(seed, (-1.0, 1.0)[seed % 2], float(seed * 7 % 90)) for seed in range(40)]


@pytest.fixture
def doubting(draft: Draft, tmp_path: Path) -> ModelFile:
    return read_model(with_doubt(draft, 0.25).write(tmp_path / "doubting.facegan"))


def test_the_engine_gives_the_doubt_that_the_plain_ops_give(doubting: ModelFile) -> None:
    assert doubting.doubt is not None
    assert doubting.doubt.most == 0.25
    vectors = latents([one.seed for one in PEOPLE], 6, "normal")
    plain = [
        naive.run(
            doubting.doubt.graph,
            doubting.tensors,
            {"latent": vector, "sex": np.array([one.sex]), "age": np.array([one.age])},
        )[0]
        for one, vector in zip(PEOPLE, vectors, strict=True)
    ]
    told = Engine(doubting, threads=1).doubts(PEOPLE)
    assert told.dtype == np.float32
    assert told == pytest.approx(plain, abs=1e-4)
    assert np.std(told) > 0.1


def test_a_doubt_is_the_same_alone_and_in_any_crowd(doubting: ModelFile) -> None:
    engine = Engine(doubting, threads=1)
    told = engine.doubts(PEOPLE)
    assert np.array_equal(engine.doubts(PEOPLE[::-1])[::-1], told)
    assert engine.doubts(PEOPLE[7:8])[0] == told[7]


def test_the_faces_are_those_of_the_model_without_its_doubt(draft: Draft, tmp_path: Path, doubting: ModelFile) -> None:
    plain = copy.deepcopy(draft)
    plain.doubt = None
    model = read_model(plain.write(tmp_path / "plain.facegan"))
    assert model.doubt is None
    assert not Engine(model, threads=1).doubts(PEOPLE).any()
    plainly, doubtfully = (Engine(one, threads=1).generate(PEOPLE) for one in (model, doubting))
    assert np.array_equal(plainly, doubtfully)


def no_vector(draft: Draft) -> None:
    draft.doubt["graph"]["nodes"][-1]["tensors"]["weight"] = draft.doubt["graph"]["nodes"][2]["tensors"]["weight"]


def no_number(draft: Draft) -> None:
    draft.doubt["most"] = "much"


def more(draft: Draft) -> None:
    draft.doubt["extra"] = 1


def list_of_nothing(draft: Draft) -> None:
    draft.doubt = []


def no_nodes(draft: Draft) -> None:
    draft.doubt["graph"]["nodes"] = []


def foreign_input(draft: Draft) -> None:
    draft.doubt["graph"]["inputs"]["height"] = [1]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_vector, "has a wrong doubt"),
        (no_number, "whose most is no number within 1e+30"),
        (more, "not exactly a graph and the most that will do"),
        (list_of_nothing, "not exactly a graph and the most that will do"),
        (no_nodes, "has a wrong doubt"),
        (foreign_input, "is no label of the card"),
    ],
)
def test_a_spoilt_doubt_is_refused(draft: Draft, tmp_path: Path, spoil: Callable[[Draft], None], said: str) -> None:
    spoil(with_doubt(draft))
    assert said in reason(draft.write(tmp_path / "spoilt.facegan"))


@dataclass(frozen=True)
class Person:
    """A character whose next seed is its own plus a thousand."""

    seed: int
    may_be_refused: bool = True

    def rerolled(self) -> "Person":
        return replace(self, seed=self.seed + 1000)


def by_thousands(wanted: int) -> Callable[[Sequence[Person]], NDArray[np.float32]]:
    """Doubts everybody until the seed's thousands are `wanted`, and less from one to the next."""
    return lambda people: np.array([max(0, wanted - one.seed // 1000) for one in people], np.float32)


def test_a_doubted_character_takes_its_next_seed_until_one_will_do() -> None:
    people = [Person(5), Person(2001), Person(7, may_be_refused=False), Person(3000)]
    assert [one.seed for one in settled(people, by_thousands(3), 0.5)] == [3005, 3001, 7, 3000]


def test_who_finds_no_seed_keeps_the_least_doubtful() -> None:
    (person,) = settled([Person(1)], by_thousands(100), 0.5)
    assert person.seed == 8001
    rising: Any = lambda people: np.array([one.seed for one in people], np.float32)  # noqa: E731
    assert settled([Person(1)], rising, 0.5) == [Person(1)]


def test_what_is_no_number_is_doubted_most() -> None:
    unsure: Any = lambda people: np.array([np.inf if one.seed < 1000 else 0.0 for one in people], np.float32)  # noqa: E731
    assert settled([Person(1)], unsure, 0.5) == [Person(1001)]


@given(st.lists(st.integers(0, 999), min_size=1, max_size=20, unique=True), st.floats(-2, 2))
def test_a_character_settles_on_the_same_seed_in_any_crowd(seeds: list[int], most: float) -> None:
    def doubts(people: Sequence[Person]) -> NDArray[np.float32]:
        return latents([one.seed for one in people], 1, "normal")[:, 0]

    people = [Person(seed) for seed in seeds]
    together = settled(people, doubts, most)
    assert together == [settled([one], doubts, most)[0] for one in people]
    assert (doubts(together) <= np.maximum(doubts(people), most)).all()


def test_nobody_is_asked_where_nobody_is() -> None:
    assert settled([], by_thousands(1), 0.0) == []
