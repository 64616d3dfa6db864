"""Tables as people's programs write them."""

from pathlib import Path

import pytest

from trainer.errors import UserError
from trainer.labels.tables import read_table


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
    table.write_bytes(b"\xff\x00\x01")
    with pytest.raises(UserError, match="UTF-8"):
        list(read_table(table, ["file"]))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, separator: str, encoding: str, end: str) -> None:
    rows = [["File", "Sex", "notes", ""], ["ä.jpg", "f", 'x "y", z; \t', ""], ["", "", "", ""], ["b.jpg", "m", "", ""]]
    lines = [separator.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows]
    table = tmp_path / "labels.csv"
    table.write_bytes(end.join([*lines, ""]).encode(encoding))
    read = list(read_table(table, ["file", "sex"]))
    assert [row.cells for row in read] == [
        {"file": "ä.jpg", "sex": "f", "notes": 'x "y", z; '.rstrip()},
        {"file": "b.jpg", "sex": "m", "notes": ""},
    ]
    assert [row.line for row in read] == [2, 4]


def test_a_separator_that_a_spreadsheet_tells_in_the_first_line_is_taken(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("sep=;\nfile;age\na,b.jpg;34,5\n", encoding="utf-8")
    (row,) = read_table(table, ["file", "age"])
    assert (row.cells["file"], row.number_text("age"), row.line) == ("a,b.jpg", "34.5", 3)


def test_a_comma_table_has_no_decimal_commas(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text('file,age\na.jpg,"34,5"\n', encoding="utf-8")
    (row,) = read_table(table, ["file", "age"])
    assert row.number_text("age") == "34,5"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("file,age,age\na.jpg,1,2\n", "the column age stands twice"),
        ("file,age,AGE\na.jpg,1,2\n", "the column age stands twice"),
        ("file,age,x,x\na.jpg,1,2,3\n", "the column x stands twice"),
        ("file;sex\na.jpg;f\n", "no column age; it has file, sex, separated by semicolons"),
        ("", "no column file, age; it has nothing"),
        ("file,age\na.jpg,1,2\n", "line 2: has 3 cells, the header has 2"),
        ('file,age,note\na.jpg,1,"open\nb.jpg,2,x\n', "close every quote"),
        (f"file,age\na.jpg,{'1' * 200_000}\n", "line 2: .*131,072 characters"),
        (f"file,age,{'1' * 200_000}\na.jpg,1,2\n", "131,072 characters"),
    ],
)
def test_a_table_that_could_be_misread_is_refused_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    table = tmp_path / "labels.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=told) as refusal:
        list(read_table(table, ["file", "age"]))
    assert "\n" not in str(refusal.value)


def test_a_folder_in_the_place_of_a_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        list(read_table(tmp_path, ["file"]))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_wide_text_without_a_mark_is_told_and_not_printed(tmp_path: Path, encoding: str) -> None:
    table = tmp_path / "labels.csv"
    table.write_bytes("file,age\na.jpg,1\n".encode(encoding))
    with pytest.raises(UserError, match=r"labels\.csv: is no UTF-8 text .*; save it as CSV UTF-8") as refusal:
        list(read_table(table, ["file", "age"]))
    assert "\0" not in str(refusal.value)


def test_a_table_may_begin_with_empty_rows(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("\n;;\nfile;age\na.jpg;34,5\n", encoding="utf-32")
    (row,) = read_table(table, ["file", "age"])
    assert (row.cells["file"], row.number_text("age"), row.line) == ("a.jpg", "34.5", 4)
