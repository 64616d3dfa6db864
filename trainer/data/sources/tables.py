"""Photographs listed in a CSV file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer.data.sources.source import Listing, Photograph, is_inside
from trainer.errors import UserError
from trainer.labels.declaration import Declaration
from trainer.labels.label import Value
from trainer.labels.tables import Row, read_table

MOST_SHARED = 10_000


def list_table(folder: Path, table: Path, declaration: Declaration, file_column: str = "file") -> Listing:
    """The photographs of `table`, whose paths are relative to `folder`, with the labels that are declared.

    All other columns become `extra`. Raises UserError for a wrong cell (naming line and column), a file listed twice, a
    path out of the folder, no rows.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    photographs: list[Photograph] = []
    seen: dict[str, int] = {}
    shared: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in read_table(table, [file_column, *dict.fromkeys(one.column for one in declaration.in_table)]):
        photograph = _photograph(row, declaration, file_column, shared)
        if photograph.file in seen:
            raise row.error(file_column, f"{photograph.file} stands on line {seen[photograph.file]} too")
        seen[photograph.file] = row.line
        photographs.append(photograph)
    if not photographs:
        raise UserError(f"{table}: lists no photographs")
    return Listing(photographs)


def _photograph(
    row: Row, declaration: Declaration, file_column: str, shared: dict[tuple[Any, ...], Mapping[str, Any]]
) -> Photograph:
    """The photograph of a row; `shared` holds what others had, so that a million of them share their few labels."""
    file = row.cells[file_column].replace("\\", "/")
    if not is_inside(file):
        raise row.error(file_column, f"{file!r} is no path inside the folder")
    values: dict[str, Value] = {}
    for one in declaration.in_table:
        try:
            values[one.label.name] = one.read_cell(row.number_text(one.column))
        except ValueError as error:
            raise row.error(one.column, str(error)) from None
    used = {file_column, *(one.column for one in declaration.in_table)}
    extra = {name: cell for name, cell in row.cells.items() if name not in used}
    return Photograph(file, _shared(values, shared), _shared(extra, shared))


def _shared(told: dict[str, Any], shared: dict[tuple[Any, ...], Mapping[str, Any]]) -> Mapping[str, Any]:
    """`told`, or an equal one of before. Only so many are remembered: a column of names or numbers is never shared."""
    key = tuple(told.items())
    if len(shared) < MOST_SHARED:
        return shared.setdefault(key, told)
    return shared.get(key, told)
