"""Photographs listed in a CSV file."""

from pathlib import Path, PurePosixPath

from trainer.data.sources.source import Listing, Photograph
from trainer.errors import UserError
from trainer.labels.declaration import Declaration, Value
from trainer.labels.sex_and_age import Row, read_table


def list_table(folder: Path, table: Path, declaration: Declaration, file_column: str = "file") -> Listing:
    """The photographs of `table`, whose paths are relative to `folder`, with the labels that are declared.

    All other columns become `extra`. Raises UserError for a wrong cell (naming line and column), a file listed twice, a
    path out of the folder, no rows.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    photographs: list[Photograph] = []
    seen: dict[str, int] = {}
    for row in read_table(table, [file_column, *dict.fromkeys(label.column for label in declaration.in_table)]):
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
    values: dict[tuple[str, str], Value] = {}
    for label in declaration.in_table:
        try:
            values[label.spec.name, label.spec.kind] = label.read(row.cells[label.column])
        except ValueError as error:
            raise row.error(label.column, str(error)) from None
    sex = values.pop(("sex", "binary"), None)
    age = values.pop(("age", "number"), None)
    used = {file_column, *(label.column for label in declaration.in_table)}
    extra = {name: cell for name, cell in row.cells.items() if name not in used}
    unknown = Photograph(file)
    return Photograph(
        file,
        unknown.sex if sex is None else float(sex[0]),
        unknown.age_low if age is None else float(age[0]),
        unknown.age_high if age is None else float(age[1]),
        extra,
        {name: value for (name, _), value in values.items()},
    )
