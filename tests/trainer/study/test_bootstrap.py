"""Intervals that allow for other people and other pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.evaluation.statistics.estimates import wilson_interval
from trainer.study.bootstrap import Answers, difference, estimate


def crossed(people: int, pictures: int, value: np.ndarray) -> Answers:
    person, picture = (grid.ravel() for grid in np.mgrid[:people, :pictures])
    return Answers(value.ravel().astype(float), person, picture, np.zeros(people * pictures, np.int64))


def spread(answers: Answers) -> float:
    found = estimate(answers)
    assert found is not None
    return float(found.draws.std())


def test_no_answers_no_estimate() -> None:
    assert estimate(crossed(0, 0, np.zeros((0, 0)))) is None


def test_people_who_differ_widen_the_interval_though_pictures_do_not() -> None:
    """Half of twenty people are always wrong: the mean of twenty coins, 0.5/sqrt(20)."""
    answers = crossed(20, 50, np.repeat(np.arange(20)[:, None] % 2, 50, axis=1))
    assert spread(answers) == pytest.approx(0.5 / np.sqrt(20), rel=0.1)


def test_pictures_that_differ_widen_the_interval_though_people_do_not() -> None:
    answers = crossed(20, 50, np.repeat(np.arange(50)[None] % 2, 20, axis=0))
    assert spread(answers) == pytest.approx(0.5 / np.sqrt(50), rel=0.1)


def test_one_persons_interval_still_allows_for_other_pictures() -> None:
    assert spread(crossed(1, 64, np.arange(64)[None] % 2)) == pytest.approx(0.5 / np.sqrt(64), rel=0.1)


def test_answers_that_all_agree_are_no_certainty() -> None:
    """Ten people, ten times right: the next one may still be wrong."""
    found = estimate(crossed(10, 40, np.ones((10, 40))))
    assert found is not None
    assert (found.low, found.high) == wilson_interval(10, 10)


def test_the_balance_of_kinds_is_kept_when_pictures_are_drawn() -> None:
    """Every made face fools, no photograph does: the error is one half whichever are drawn."""
    kind = np.arange(40) % 2
    answers = Answers(kind.astype(float), np.zeros(40, np.int64), np.arange(40), kind)
    assert spread(answers) == pytest.approx(0)


@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_the_interval_lies_within_0_and_1_and_is_the_same_each_time(people: int, pictures: int, seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 2, (people, pictures))
    first, again = (estimate(crossed(people, pictures, values)) for _ in range(2))
    assert first is not None
    assert again is not None
    assert 0 <= first.low <= first.high <= 1
    assert (first.low, first.high) == (again.low, again.high)
    assert first.value == pytest.approx(values.mean())


def test_the_difference_of_a_study_with_itself_contains_nothing() -> None:
    found = estimate(crossed(9, 9, np.eye(9)))
    other = estimate(crossed(9, 9, np.eye(9)), seed=1)
    assert found is not None
    assert other is not None
    low, high = difference(found.draws, other.draws)
    assert low < 0 < high
