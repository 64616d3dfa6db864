"""Near vectors in large collections: the index finds what comparing each with each finds, and goes on where it was."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.data.prepare import near_duplicates, neighbours
from trainer.data.prepare.near_duplicates import close_pairs, similar_pairs
from trainer.data.prepare.neighbours import Search, apart_from_copies, components, forest
from trainer.errors import UserError

Vectors = npt.NDArray[np.float32]
COUNT, LENGTH = 3000, near_duplicates.COEFFICIENTS**2 - 1
links = st.integers(1, 30).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2), max_size=60))
)


@pytest.fixture
def vectors() -> Vectors:
    """Unit vectors of chance: near-duplicates straight and mirrored, copies, a chain, and two that are nothing."""
    dice = np.random.default_rng(3)
    made = dice.standard_normal((COUNT, LENGTH)).astype(np.float32)
    made[100:200] = made[:100] + 0.6 * dice.standard_normal((100, LENGTH)).astype(np.float32)
    made[200:260] = near_duplicates.mirrored(made[:60]) + 0.4 * dice.standard_normal((60, LENGTH)).astype(np.float32)
    made[300:350] = made[7]
    for place in range(400, 420):
        made[place] = made[place - 1] + 0.8 * dice.standard_normal(LENGTH).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    made[500] = made[501] = 0
    return made


def indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "EXACT_UP_TO", 0)


def test_the_index_groups_as_comparing_each_with_each(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = components(COUNT, similar_pairs(vectors, 0.66)), components(COUNT, close_pairs(vectors, 0.7))
    indexed(monkeypatch)
    found = components(COUNT, similar_pairs(vectors, 0.66)), components(COUNT, close_pairs(vectors, 0.7))
    for own, exact in zip(found, expected, strict=True):
        assert 1 < len(np.unique(exact)) < COUNT - 100
        assert (own == exact).all()


def test_pictures_that_all_look_alike_are_linked_by_few_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(0)
    alike = np.ones((4000, 16), np.float32) + 0.001 * dice.standard_normal((4000, 16)).astype(np.float32)
    indexed(monkeypatch)
    pairs = close_pairs(alike, 0.5)
    assert len(pairs) < 2 * len(alike)
    assert (components(len(alike), pairs) == 0).all()


def test_a_killed_search_goes_on_where_it_was(
    vectors: Vectors, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    indexed(monkeypatch)
    monkeypatch.setattr(neighbours, "BLOCK", 512)
    expected = similar_pairs(vectors, 0.66)
    search, own = Search(folder=tmp_path), neighbours._of_block
    searched: list[int] = []

    def dies_at_the_fourth(vectors: Vectors, distinct: npt.NDArray[np.int64], rows: slice, *more: object) -> object:
        if len(searched) == 3:
            raise KeyboardInterrupt
        searched.append(rows.start)
        return own(vectors, distinct, rows, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(neighbours, "_of_block", dies_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        similar_pairs(vectors, 0.66, search)
    again: list[int] = []

    def noted(vectors: Vectors, distinct: npt.NDArray[np.int64], rows: slice, *more: object) -> object:
        again.append(rows.start)
        return own(vectors, distinct, rows, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(neighbours, "_of_block", noted)
    monkeypatch.setattr(neighbours, "_filled", lambda *_: pytest.fail("the index is made anew"))
    assert (similar_pairs(vectors, 0.66, search) == expected).all()
    assert searched == [0, 512, 1024]
    assert again == [1536, 2048, 2560]


@pytest.mark.parametrize("name", ["same-shot.index", "same-shot-000000.npy"])
def test_a_damaged_file_of_a_search_is_named(
    name: str, vectors: Vectors, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    indexed(monkeypatch)
    similar_pairs(vectors, 0.66, Search(folder=tmp_path))
    (tmp_path / name).write_bytes(b"damaged")
    with pytest.raises(UserError, match=f"{name}: damaged .*delete it and run again"):
        similar_pairs(vectors, 0.66, Search(folder=tmp_path))


def test_without_faiss_a_large_collection_is_told_what_to_install(
    vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexed(monkeypatch)
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(UserError, match="pip install faiss-cpu"):
        similar_pairs(vectors, 0.66)


def test_faiss_is_installed_with_the_trainer() -> None:
    assert importlib.util.find_spec("faiss")


@given(links)
def test_a_forest_connects_what_its_pairs_connect(case: tuple[int, list[tuple[int, int]]]) -> None:
    count, told = case
    pairs = np.array(told, np.int64).reshape(-1, 2)
    fewest = forest(pairs)
    assert len(fewest) < count
    assert (fewest[:, 0] < fewest[:, 1]).all()
    assert (components(count, fewest) == components(count, pairs)).all()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_copies_are_found_without_a_search(values: list[int]) -> None:
    vectors = np.array([[value, value + 0.5] for value in values], np.float32)
    distinct, pairs = apart_from_copies(vectors, lambda first, second: (first == second).all(axis=1))
    assert distinct.tolist() == [index for index, value in enumerate(values) if value not in values[:index]]
    assert {tuple(pair) for pair in pairs.tolist()} == {
        (values.index(value), index) for index, value in enumerate(values) if value in values[:index]
    }
