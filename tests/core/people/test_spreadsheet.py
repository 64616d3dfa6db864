"""Tables as people's programs write them."""

import csv
import random
from pathlib import Path

import pytest

from blender_facegan.core.errors import CrowdError
from blender_facegan.core.people.spreadsheet import Spreadsheet, reading

WANTED = ("object", "sex", "age")


def read(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The columns and the rows of a table."""
    with reading(path):
        sheet = Spreadsheet(path, WANTED)
        try:
            return sheet.columns, list(sheet.rows())
        finally:
            sheet.close()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, separator: str, encoding: str, end: str) -> None:
    rows = [
        ["", "", "", ""],
        ["Object", " SEX", "notes", ""],
        ["Zoë", "f", 'x "y", z; \t', ""],
        ["", "", "", ""],
        ["李\n2", "m", "", ""],
    ]
    lines = [separator.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows[1:]]
    path = tmp_path / "people.csv"
    path.write_bytes(end.join([separator * 3, *lines, ""]).encode(encoding))
    columns, found = read(path)
    assert columns == ["object", "sex", "notes"]
    assert [cells["object"] for _, cells in found] == ["Zoë", "李\n2"]
    assert found[0] == (3, {"object": "Zoë", "sex": "f", "notes": 'x "y", z; \t'})


def test_a_first_line_may_tell_the_separator_and_semicolons_mean_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("sep=;\nobject;age\nA,B;34,5\n", encoding="utf-8")
    with reading(path):
        sheet = Spreadsheet(path, WANTED)
        ((line, cells),) = sheet.rows()
    assert (line, cells["object"], sheet.decimal(cells["age"]), sheet.decimal("a,b")) == (3, "A,B", "34.5", "a,b")
    sheet.close()
    path.write_text('object,age\nA,"34,5"\n', encoding="utf-8")
    with reading(path):
        sheet = Spreadsheet(path, WANTED)
    assert sheet.decimal("34,5") == "34,5"
    sheet.close()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"object,age\nA\n", "line 2: has 1 values for 2 columns: mend the row"),
        (b"object,age\nA,1,2\n", "line 2: has 3 values for 2 columns: mend the row"),
        (b'object,age\n"A,1\nB,2\n', "cannot be read as CSV"),
        (b'"object,age\nA,1\n', "cannot be read as CSV|has 2 values for 1 columns"),
        (b"object,age\nA," + b"1" * 3_000_000, "cannot be read as CSV .*field larger"),
        (b"object,age\n\xe4,1\n", "cannot be read as CSV .*save it as CSV in UTF-8"),
        ("object,age\nA,1\n".encode("utf-16-le"), "is no text: save it as CSV in UTF-8"),
        (b"\xff\xfeo", "cannot be read as CSV"),
    ],
)
def test_what_could_be_misread_is_refused_in_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    before = csv.field_size_limit()
    with pytest.raises(CrowdError, match=told) as refusal:
        read(path)
    assert "\n" not in str(refusal.value)
    assert "people.csv" in str(refusal.value)
    assert csv.field_size_limit() == before


def test_whatever_stands_in_a_table_it_is_read_or_refused(tmp_path: Path) -> None:
    dice, refusals = random.Random(17), []
    pieces = ["object", "sex", "age", ",", ";", "\t", "\n", "\r", '"', "34,5", "ä", "\0", " ", "sep=;\n", "\ufeff", "x"]
    for _ in range(1500):
        text = "".join(dice.choices(pieces, k=dice.randint(0, 20)))
        path = tmp_path / "people.csv"
        path.write_bytes(text.encode(dice.choice(["utf-8", "utf-16", "utf-8-sig", "utf-16-be", "cp1252"]), "replace"))
        try:
            read(path)
        except CrowdError as error:
            refusals.append(str(error))
    assert [told for told in refusals if "\n" in told] == []
    assert 100 < len(refusals) < 1400
