"""Tables as people's programs write them."""

from pathlib import Path

import pytest

from trainer.data.sources.tables import read_table
from trainer.errors import UserError


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
