"""What a source of photographs offers, those listed in a table, and the list of sources there are."""

import importlib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Protocol, cast

from trainer.errors import UserError, meant
from trainer.labels.declaration import Declaration
from trainer.labels.label import Value
from trainer.labels.tables import Row, read_table

SOURCES = {
    "fairface": "trainer.data.sources.fairface:FairFace",
    "folder": "trainer.data.sources.folder:Folder",
    "imdb_wiki": "trainer.data.sources.imdb_wiki:ImdbWiki",
    "utkface": "trainer.data.sources.utkface:UtkFace",
}
MOST_SHARED = 10_000


@dataclass(frozen=True, slots=True)
class Photograph:
    """A labelled photograph.

    `file` is relative to the collection's folder, with forward slashes. `values` are its labels by name: a sex -1
    female ... +1 male, an age that lies in [low, high) years. `extra` holds further columns, kept for auditing only.
    """

    file: str
    values: Mapping[str, Value] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def age(self) -> tuple[float, float]:
        """The years that hold the age; NaN where it is not told."""
        value = self.values.get("age", (math.nan, math.nan))
        return float(value[0]), float(value[1])

    def told(self) -> dict[str, Any]:
        """All that is known, as plain values, by which one preparation is told from another.

        Laid out as it always was, so that preparations of before are known again.
        """
        sex = self.values.get("sex", (math.nan,))[0]
        further = {name: value for name, value in self.values.items() if name not in ("sex", "age")}
        facts = {"file": self.file, "sex": sex, "age_low": self.age[0], "age_high": self.age[1], "extra": self.extra}
        return facts | ({"further": further} if further else {})


@dataclass(frozen=True)
class Provenance:
    """Where the photographs come from and on which terms; `licence` is an SPDX expression where one fits."""

    title: str
    licence: str
    attribution: str


@dataclass(frozen=True)
class Listing:
    """What a collection lists.

    Its photographs; how many rows its own rules left out, by rule; how many it kept although something about them is
    odd, by remark.
    """

    photographs: list[Photograph]
    left_out: dict[str, int] = field(default_factory=dict)
    remarks: dict[str, int] = field(default_factory=dict)


def is_inside(file: str) -> bool:
    """Whether a path that a table gives, with forward slashes, is one below the collection's folder, on any system."""
    parts = PurePosixPath(file).parts
    absolute = PurePosixPath(file).is_absolute() or PureWindowsPath(file).drive != ""
    return bool(parts) and not absolute and ".." not in parts and "\0" not in file


def files_under(folder: Path) -> list[Path]:
    """All files under `folder`, by name, also in linked folders, each of which is looked into once.

    Raises `UserError` for a folder in it that cannot be looked into.
    """

    def refuse(error: OSError) -> None:
        raise UserError(f"{error.filename}: cannot be looked into ({error.strerror or error}); mend its permissions")

    found, seen, left = [], set[str](), [folder]
    while left:
        for parent, inner, names in os.walk(left.pop(0), onerror=refuse):
            real = os.path.realpath(parent)
            if real in seen:
                inner.clear()
                continue
            seen.add(real)
            found += [Path(parent) / name for name in names]
            left += [path for path in (Path(parent) / name for name in sorted(inner)) if path.is_symlink()]
    return sorted(found, key=lambda path: path.relative_to(folder).parts)


def is_file(path: Path) -> bool:
    """Whether there is such a file; no where its name is one that no system takes."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_text(path: Path) -> bool:
    """Whether a file's name is UTF-8, so that a table can hold it."""
    try:
        path.as_posix().encode()
    except UnicodeEncodeError:
        return False
    return True


class Source(Protocol):
    """Reads the labels of one kind of collection; it never opens a picture."""

    @property
    def provenance(self) -> Provenance | None:
        """Where such a collection comes from; None where only the user can tell."""

    def read(self, folder: Path) -> Listing:
        """The photographs under `folder`. Raises UserError for a table that is missing or wrong."""


def find_source(name: str) -> Source:
    """The source called `name`. Raises UserError for an unknown name."""
    if name not in SOURCES:
        raise UserError(f"no source {name!r}{meant(name, SOURCES)}; there are: {', '.join(SOURCES)}")
    module, _, attribute = SOURCES[name].partition(":")
    return cast(Source, getattr(importlib.import_module(module), attribute)())


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
    """The photograph of a row."""
    told = row.cells[file_column].replace("\\", "/")
    if not is_inside(told):
        raise row.error(file_column, f"{told!r} is no path inside the folder")
    file = PurePosixPath(told).as_posix()
    values: dict[str, Value] = {}
    for one in declaration.in_table:
        try:
            values[one.label.name] = one.read_cell(row.number_text(one.column))
        except ValueError as error:
            raise row.error(one.column, str(error)) from None
    used = {file_column, *(one.column for one in declaration.in_table)}
    extra = tuple((name, cell) for name, cell in row.cells.items() if name not in used)
    return Photograph(file, _shared(tuple(values.items())), _shared(extra))


@lru_cache(MOST_SHARED)
def _shared(told: tuple[tuple[str, Any], ...]) -> Mapping[str, Any]:
    """What is told by name: the same for all photographs of which the same is told, so that a million share it."""
    return dict(told)
