"""Sex and age as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.labels.sex_and_years import age_group, age_group_names, parse_age, parse_sex


@pytest.mark.parametrize(
    ("text", "value"),
    [("female", -1), ("F", -1), (" Male ", 1), ("m", 1), ("woman", -1), ("Man", 1), ("0.25", 0.25), ("-0.5", -0.5)],
)
def test_a_sex_is_a_word_or_a_number(text: str, value: float) -> None:
    assert parse_sex(text) == value


@pytest.mark.parametrize("text", ["", "x", "3", "-1.01", "nan", "inf", "femal", "0_0", "０.5", "0x1"])
def test_another_sex_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="give female, male"):
        parse_sex(text)


@pytest.mark.parametrize("text", ["0", "1", "2", "-1", "0.0", "1.0", "+1", "1e0", " 1 "])
def test_a_whole_number_is_no_sex_since_collections_disagree_on_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"write female and male, or declare it in labels\.toml"):
        parse_sex(text)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("34", 34, 35),
        ("34.5", 34.5, 35.5),
        ("0", 0, 1),
        ("20-29", 20, 30),
        ("0 - 2", 0, 3),
        ("3–9", 3, 10),
        ("70+", 70, 90),
        ("more than 70", 70, 90),
        ("40-40", 40, 41),
    ],
)
def test_an_age_is_a_half_open_range(text: str, low: float, high: float) -> None:
    assert parse_age(text) == (low, high)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-3",
        "old",
        "29-20",
        "121",
        "nan",
        "1e1",
        "20-",
        "+70",
        "20-30-40",
        "20-999",
        "20-121",
        "1_0",
        "３４",
        "3_0-4_0",
        "+34",
        "inf",
        "0x10",
    ],
)
def test_another_age_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="age"):
        parse_age(text)


@given(st.floats(0, 119))
def test_an_age_is_in_the_group_that_its_name_tells(age: float) -> None:
    name = age_group_names()[age_group(age, age)]
    low, high = (float(name[:-1]), math.inf) if name.endswith("+") else map(float, name.split("-"))
    assert low <= age < high + 1


def test_an_age_beyond_the_last_limit_is_in_no_group() -> None:
    assert age_group(70, 90, [20, 80]) == -1
