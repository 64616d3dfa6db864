"""Sex and age as people write them."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import UserError
from trainer.labels.sex_and_age import age_group, age_group_names, parse_age, parse_sex, read_table


@pytest.mark.parametrize(
    ("text", "value"),
    [("female", -1), ("F", -1), (" Male ", 1), ("m", 1), ("-1", -1), ("1", 1), ("0.25", 0.25), ("-0.5", -0.5)],
)
def test_a_sex_is_a_word_or_a_number(text: str, value: float) -> None:
    assert parse_sex(text) == value


@pytest.mark.parametrize("text", ["", "x", "2", "-1.01", "nan", "inf", "femal"])
def test_another_sex_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="give female, male"):
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


@pytest.mark.parametrize("text", ["", "-3", "old", "29-20", "121", "nan", "1e1", "20-", "+70", "20-30-40"])
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


def test_a_table_without_a_column_names_it_and_those_there_are(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("file,gender\na.jpg,male\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"labels\.csv: no column sex, age; it has file, gender"):
        list(read_table(table, ["file", "sex", "age"]))


def test_a_row_cut_short_is_named_by_its_line(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("file,sex\na.jpg,male\nb.jpg\n", encoding="utf-8")
    with pytest.raises(UserError, match="line 3"):
        list(read_table(table, ["file", "sex"]))


def test_a_table_written_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_bytes('\ufefffile,sex\r\n"a, b.jpg",male\r\n'.encode())
    assert [row.cells for row in read_table(table, ["file", "sex"])] == [{"file": "a, b.jpg", "sex": "male"}]


def test_a_table_that_is_no_text_is_told(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(UserError, match="UTF-8"):
        list(read_table(table, ["file"]))
