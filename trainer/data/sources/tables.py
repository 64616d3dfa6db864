"""Photographs listed in a CSV file."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from trainer.data.labels import Row, parse_age, parse_sex, read_table
from trainer.data.sources.source import Listing, Photograph
from trainer.errors import UserError


def list_table(folder: Path, table: Path, columns: Mapping[str, str]) -> Listing:
    """The photographs of `table`, whose paths are relative to `folder`.

    `columns` names the table's columns for `file`, `sex` and `age`; all others become `extra`. Raises UserError
    for a wrong cell (naming line and column), a file listed twice, a path out of the folder, no rows.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    photographs: list[Photograph] = []
    seen: dict[str, int] = {}
    for row in read_table(table, list(columns.values())):
        photograph = _photograph(row, columns)
        if photograph.file in seen:
            raise row.error(columns["file"], f"{photograph.file} stands on line {seen[photograph.file]} too")
        seen[photograph.file] = row.line
        photographs.append(photograph)
    if not photographs:
        raise UserError(f"{table}: lists no photographs")
    return Listing(photographs)


def _photograph(row: Row, columns: Mapping[str, str]) -> Photograph:
    file = row.cells[columns["file"]].strip().replace("\\", "/")
    if not file or PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts:
        raise row.error(columns["file"], f"{file!r} is no path inside the folder")
    try:
        sex = parse_sex(row.cells[columns["sex"]])
    except ValueError as error:
        raise row.error(columns["sex"], str(error)) from None
    try:
        low, high = parse_age(row.cells[columns["age"]])
    except ValueError as error:
        raise row.error(columns["age"], str(error)) from None
    extra = {name: cell for name, cell in row.cells.items() if name not in columns.values()}
    return Photograph(file, sex, low, high, extra)
