"""Faces are kept apart while a crowd is made."""

import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.likeness.descriptors import descriptors
from blender_facegan.core.likeness.separation import BATCH, Separation

SIDE = 16
Pictures = NDArray[np.uint8]


def face(seed: int, looks: int) -> Pictures:
    """One of so many looks, with a trace of the seed in a corner."""
    picture = np.random.default_rng(seed % looks).uniform(0, 255, (4, 4, 3)).repeat(4, axis=0).repeat(4, axis=1)
    picture[0, 0] += seed % 8
    return picture.astype(np.uint8)


class Crowd:
    """Settles faces batch by batch; a face that is made again has a seed 1,007 higher, or more."""

    def __init__(self, looks: int, alike: float = 10.0) -> None:
        self.looks, self.separation = looks, Separation(alike)
        self.remade: list[int] = []

    def pictures(self, seeds: Sequence[int]) -> Pictures:
        return np.stack([face(seed, self.looks) for seed in seeds])

    def admit(self, seeds: list[int], free: Sequence[bool] | None = None, first: int = 0) -> Pictures:
        pictures = self.pictures(seeds)
        current, taken = list(seeds), set(seeds)

        def remake(rows: Sequence[int]) -> tuple[Pictures, list[int]]:
            for row in rows:
                self.remade.append(first + row)
                current[row] += 1007 + 17 * row
                while current[row] in taken:  # Faces of one seed would be one person.
                    current[row] += 1
                taken.add(current[row])
            chosen = [current[row] for row in rows]
            return self.pictures(chosen), chosen

        names = [first + row for row in range(len(seeds))]
        self.separation.admit(pictures, names, seeds, free or [True] * len(seeds), remake)
        return pictures


def least(pictures: Pictures) -> float:
    vectors = descriptors(pictures)
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    return float(distances[np.triu_indices(len(pictures), 1)].min())


def test_the_later_of_two_that_are_alike_is_made_again() -> None:
    crowd = Crowd(looks=100)
    pictures = crowd.admit([1, 2, 3, 102])
    assert set(crowd.remade) == {3}
    assert crowd.separation.left == 0
    assert least(pictures) > 10


def test_faces_of_earlier_batches_and_faces_that_were_there_are_heeded() -> None:
    crowd = Crowd(looks=1000)
    crowd.separation.add(descriptors(crowd.pictures([5])), [77], [5])
    crowd.admit([1, 2], first=0)
    crowd.admit([1005, 2002, 9], first=2)
    assert set(crowd.remade) == {2, 3}
    assert crowd.separation.left == 0


def test_who_may_not_change_stays_and_the_other_makes_way() -> None:
    crowd = Crowd(looks=100)
    pictures = crowd.admit([1, 101, 2, 102, 3], [True, False, False, False, True])
    assert set(crowd.remade) == {0}
    assert (pictures[1:] == crowd.pictures([101, 2, 102, 3])).all()
    assert crowd.separation.left == 1


def test_one_person_twice_is_meant() -> None:
    crowd = Crowd(looks=100)
    crowd.admit([4, 4, 9])
    assert crowd.remade == []
    assert crowd.separation.left == 0
    assert crowd.separation.closest is not None
    assert crowd.separation.closest.second == 2


def test_the_closest_pair_is_that_of_all_pairs_with_a_new_face() -> None:
    crowd = Crowd(looks=10_000, alike=0.0)
    pictures = [crowd.admit(list(range(start, start + 30)), first=start) for start in (0, 30, 60)]
    closest = crowd.separation.closest
    assert closest is not None
    assert closest.distance == pytest.approx(least(np.concatenate(pictures)), abs=1e-2)
    pair = descriptors(np.concatenate(pictures)[[closest.first, closest.second]])
    assert closest.distance == pytest.approx(float(np.linalg.norm(pair[0] - pair[1])), abs=1e-2)


def test_a_model_without_variety_costs_little_and_is_told_of() -> None:
    crowd = Crowd(looks=2)
    crowd.admit(list(range(400)))
    assert len(crowd.remade) == crowd.separation.remade == 0.1 * 400 + 16
    assert crowd.separation.left == 398


def test_more_than_a_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="batch"):
        Crowd(looks=9).admit(list(range(BATCH + 1)))


@settings(max_examples=30)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=60, unique=True), st.integers(40, 200), st.data())
def test_none_is_left_alike_unless_counted(seeds: list[int], looks: int, data: st.DataObject) -> None:
    free = data.draw(st.lists(st.booleans(), min_size=len(seeds), max_size=len(seeds)))
    crowd = Crowd(looks)
    before = crowd.pictures(seeds)
    pictures = crowd.admit(seeds, free)
    admitted = [row for row in range(len(seeds)) if row not in crowd.remade]
    assert (pictures[admitted] == before[admitted]).all()
    assert all(free[row] for row in crowd.remade)
    if len(seeds) > 1 and crowd.separation.left == 0:
        assert least(pictures) >= 10 - 1e-3


def test_memory_does_not_grow_with_the_square_of_the_crowd() -> None:
    crowd = Crowd(looks=1_000_000, alike=0.0)
    batch = crowd.pictures(list(range(BATCH)))
    tracemalloc.start()
    try:
        for number in range(12):
            start = number * BATCH
            crowd.separation.admit(
                batch, range(start, start + BATCH), range(start, start + BATCH), [False] * BATCH, lambda _: (batch, [])
            )
        assert tracemalloc.get_traced_memory()[1] < 12 * BATCH * 700 * 2 + 6 * BATCH * BATCH * 4
    finally:
        tracemalloc.stop()
