"""Photographs listed in a CSV file."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from trainer.data.sources.source import Listing, Photograph
from trainer.errors import UserError
from trainer.labels.declaration import Declaration
from trainer.labels.label import Value


@dataclass(frozen=True)
class Row:
    """A row of a table: its line number in the file, and its cells by column name."""

    path: Path
    line: int
    cells: dict[str, str]

    def error(self, column: str, problem: str) -> UserError:
        """What is wrong with one cell, as a line that names file, line and column."""
        return UserError(f"{self.path}, line {self.line}, column {column}: {problem}")


def read_table(path: Path, required: Sequence[str]) -> Iterator[Row]:
    """The rows of a CSV file with a header. Raises UserError: unreadable, a column missing, a row cut short."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; it is to be a table with the columns {', '.join(required)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as a UTF-8 table ({error})") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    reader.fieldnames = columns = [name.strip() for name in reader.fieldnames or []]
    if missing := [name for name in required if name not in columns]:
        raise UserError(f"{path}: no column {', '.join(missing)}; it has {', '.join(columns) or 'nothing'}")
    for cells in reader:
        if None in cells or None in cells.values():
            raise UserError(f"{path}, line {reader.line_num}: has not the header's {len(columns)} cells")
        yield Row(path, reader.line_num, cells)


def list_table(folder: Path, table: Path, declaration: Declaration, file_column: str = "file") -> Listing:
    """The photographs of `table`, whose paths are relative to `folder`, with the labels that are declared.

    All other columns become `extra`. Raises UserError for a wrong cell (naming line and column), a file listed twice, a
    path out of the folder, no rows.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    photographs: list[Photograph] = []
    seen: dict[str, int] = {}
    for row in read_table(table, [file_column, *dict.fromkeys(one.column for one in declaration.in_table)]):
        photograph = _photograph(row, declaration, file_column)
        if photograph.file in seen:
            raise row.error(file_column, f"{photograph.file} stands on line {seen[photograph.file]} too")
        seen[photograph.file] = row.line
        photographs.append(photograph)
    if not photographs:
        raise UserError(f"{table}: lists no photographs")
    return Listing(photographs)


def _photograph(row: Row, declaration: Declaration, file_column: str) -> Photograph:
    file = row.cells[file_column].strip().replace("\\", "/")
    if not file or PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts:
        raise row.error(file_column, f"{file!r} is no path inside the folder")
    values: dict[str, Value] = {}
    for one in declaration.in_table:
        try:
            values[one.label.name] = one.label.read_cell(row.cells[one.column])
        except ValueError as error:
            raise row.error(one.column, str(error)) from None
    used = {file_column, *(one.column for one in declaration.in_table)}
    return Photograph(file, values, {name: cell for name, cell in row.cells.items() if name not in used})
