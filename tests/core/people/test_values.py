"""Sex, age and seed as other tools write them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.people.values import (
    PeopleValueError,
    SexValues,
    read_age,
    read_id,
    read_seed,
    read_sex,
)


@pytest.mark.parametrize(
    ("value", "values", "sex"),
    [
        ("female", "AUTO", -1.0),
        (" Male ", "SIGNED", 1.0),
        ("F", "ZERO_ONE", -1.0),
        (0, "AUTO", -1.0),
        (1, "AUTO", 1.0),
        (False, "AUTO", -1.0),
        (True, "AUTO", 1.0),
        (-0.25, "AUTO", -0.25),
        (-1, "SIGNED", -1.0),
        (0, "SIGNED", 0.0),
        (0.0, "ZERO_ONE", -1.0),
        (0.75, "ZERO_ONE", 0.5),
    ],
)
def test_each_way_to_write_a_sex(value: object, values: SexValues, sex: float) -> None:
    assert read_sex(value, values) == sex


@pytest.mark.parametrize(
    ("value", "values"),
    [
        ("lady", "AUTO"),
        ("", "AUTO"),
        (-1, "AUTO"),  # with 0 for women, or with -1?
        (0.0, "AUTO"),
        (2, "AUTO"),
        (1.5, "AUTO"),
        (-1.5, "SIGNED"),
        (-0.5, "ZERO_ONE"),
        (float("nan"), "SIGNED"),
        (None, "AUTO"),
        ([1], "AUTO"),
    ],
)
def test_a_sex_that_could_be_another_is_refused(value: object, values: SexValues) -> None:
    with pytest.raises(PeopleValueError, match="sex"):
        read_sex(value, values)


@given(st.floats(-1, 1).filter(bool))
def test_decimals_are_kept_as_they_are(value: float) -> None:
    assert read_sex(value) == read_sex(value, "SIGNED") == value


@given(st.floats(0, 120))
def test_every_age_of_people_is_taken(age: float) -> None:
    assert read_age(age) == age


@given(st.integers(0, 2**31 - 1))
def test_seeds_are_whole_numbers_however_written(seed: int) -> None:
    assert read_seed(seed) == read_seed(float(seed)) == seed


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (read_age, -1),
        (read_age, 121),
        (read_age, float("inf")),
        (read_age, True),
        (read_age, "30"),
        (read_seed, -1),
        (read_seed, 2**31),
        (read_seed, 0.5),
        (read_seed, float("nan")),
        (read_id, float("inf")),
        (read_id, True),
    ],
)
def test_what_is_no_age_and_no_number_is_refused(read: Callable[[object], float], value: object) -> None:
    with pytest.raises(PeopleValueError, match=str(value)[:3]):
        read(value)
