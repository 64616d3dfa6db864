"""Sex and age together: the bins that they make."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.config import PAPER
from trainer.labels.matrix import joint_bins
from trainer.labels.people import SEX_AND_AGE, SexAndAge, sex_and_age_bins
from trainer.labels.sex_and_years import SEXES, age_group_names

PAPER_AGE_LIMITS = PAPER.data.age_limits
BIN_NAMES = [f"{sex} {ages}" for ages in age_group_names(PAPER_AGE_LIMITS) for sex in SEXES]


def one_picture(sex: float, low: float, high: float, limits: tuple[float, ...] = PAPER_AGE_LIMITS) -> int:
    people = SexAndAge(*(np.array([value], np.float32) for value in (sex, low, high)))
    return int(joint_bins(1, SEX_AND_AGE, people.values, limits).of[0])


@pytest.mark.parametrize(
    ("sex", "low", "high", "name"),
    [
        (-1, 19, 20, "female 0-19"),
        (1, 20, 21, "male 20-29"),
        (1, 20, 30, "male 20-29"),
        (-1, 10, 20, "female 0-19"),
        (1, 15, 40, "male 20-29"),
        (-1, 70, 90, "female 80-100"),
        (-0.5, 100, 101, "female 80-100"),
        (0.5, 0, 3, "male 0-19"),
    ],
)
def test_the_middle_of_an_age_range_decides_the_bin(sex: float, low: float, high: float, name: str) -> None:
    assert BIN_NAMES[one_picture(sex, low, high)] == name


def test_ages_beyond_the_last_limit_are_not_used() -> None:
    assert one_picture(1, 101, 102) == -1
    assert one_picture(1, 70, 90, (30.0, float("inf"))) == 3


drawn_people = st.lists(st.tuples(st.sampled_from([-1.0, 0.5, 1.0]), st.floats(0, 120), st.floats(0, 20)), min_size=1)


@given(drawn_people)
def test_the_bins_of_sex_and_age_are_the_papers(drawn: list[tuple[float, float, float]]) -> None:
    sex, low, span = (np.array(column, np.float32) for column in zip(*drawn, strict=True))
    people = SexAndAge(sex, low, low + span)
    bins = joint_bins(len(drawn), SEX_AND_AGE, people.values, PAPER_AGE_LIMITS)
    assert bins.of.tolist() == sex_and_age_bins(sex, people.middle, PAPER_AGE_LIMITS).tolist()
    assert bins.names == BIN_NAMES
