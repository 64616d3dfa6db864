"""Who is on which photographs: a table of file, sex and age, name, and who has agreed to it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trainer.errors import UserError
from trainer.labels.label import number_in
from trainer.labels.people import SEX
from trainer.labels.tables import Row, read_table

YOUNGEST = 16.0
"""Years; nobody younger is taken in from a photograph."""
OLDEST = 120.0
LONGEST_NAME, LONGEST_CONSENT = 100, 1000
NEEDED = ("file", "sex", "age")
MORE = ("name", "consent")


@dataclass(frozen=True)
class Sitter:
    """A person and their photographs. `sex` -1 female, +1 male; `age` in years; `consent`: who has agreed, and when."""

    name: str
    sex: float
    age: float
    consent: str
    photographs: tuple[Path, ...]


def read_sitters(path: Path, folder: Path, *, with_consent: bool = True) -> list[Sitter]:
    """The people of a table (columns file, sex, age; name, where somebody has several photographs; consent).

    Files are looked for in `folder`. Raises `UserError` that names the line: a file or a value that is none, a person
    who is told of in two ways, is under 16 or, `with_consent`, has not agreed.
    """
    sitters: dict[str, Sitter] = {}
    for row in read_table(path, NEEDED, MORE):
        sitter = read_sitter(row, folder)
        check_sitter(sitter, f"{row.path}, line {row.line}", with_consent=with_consent)
        known = sitters.get(sitter.name)
        if known is None:
            sitters[sitter.name] = sitter
            continue
        if (known.sex, known.age, known.consent) != (sitter.sex, sitter.age, sitter.consent):
            raise UserError(
                f"{row.path}, line {row.line}: {sitter.name} has another sex, age or consent than before; give them"
                " the same, or another name"
            )
        sitters[sitter.name] = replace(known, photographs=(*known.photographs, *sitter.photographs))
    if not sitters:
        raise UserError(f"{path}: lists nobody")
    return list(sitters.values())


def read_sitter(row: Row, folder: Path) -> Sitter:
    """One row's person and photograph. Raises `UserError`."""
    file = folder / row.cells["file"]
    if not row.cells["file"] or not file.is_file():
        raise row.error("file", f"{file}: no such photograph")
    name = row.cells.get("name") or Path(row.cells["file"]).stem
    sex, age = (read_number(row, column) for column in ("sex", "age"))
    return Sitter(name, sex, age, row.cells.get("consent", ""), (file,))


def read_number(row: Row, column: str) -> float:
    """A sex or an age of a row. Raises `UserError`."""
    try:
        return (parse_sex if column == "sex" else parse_age)(row.number_text(column))
    except UserError as error:
        raise row.error(column, str(error)) from None


def parse_sex(text: str) -> float:
    """A sex, -1 female or +1 male, or between. Raises `UserError`."""
    try:
        value = float(SEX.read_request(text.strip())[0])
    except ValueError as error:
        raise UserError(f"the sex {text!r} {error}") from None
    if not value:
        raise UserError("the sex 0 is neither female nor male; say which")
    return value


def parse_age(text: str) -> float:
    """An age in years. Raises `UserError`."""
    value = number_in(text.strip())
    if math.isnan(value):
        raise UserError(f"the age {text!r} is no number of years")
    return value


def check_sitter(sitter: Sitter, where: str, *, with_consent: bool = True) -> None:
    """Raises `UserError`, beginning with `where`, for a person who cannot be taken in."""
    if not sitter.name or len(sitter.name) > LONGEST_NAME or not sitter.name.isprintable():
        raise UserError(f"{where}: the name {sitter.name[:30]!r} is not 1 to {LONGEST_NAME} plain characters")
    if not sitter.age <= OLDEST:
        raise UserError(f"{where}: {sitter.name}: an age of {sitter.age:g} years; give up to {OLDEST:g}")
    if not with_consent:
        return
    if sitter.age < YOUNGEST:
        raise UserError(
            f"{where}: {sitter.name} is {sitter.age:g} years old, and nobody under {YOUNGEST:g} is taken in; leave them"
            " out"
        )
    if not sitter.consent.strip():
        raise UserError(
            f"{where}: no consent of {sitter.name} is stated; say in the column consent who agreed, and when"
        )
    if len(sitter.consent) > LONGEST_CONSENT or not sitter.consent.isprintable():
        raise UserError(f"{where}: the consent of {sitter.name} is not one line of up to {LONGEST_CONSENT} characters")


def with_two_photographs(sitters: Sequence[Sitter], path: Path) -> list[Sitter]:
    """Those of whom there are two photographs. Raises `UserError` where they are too few to compare strangers."""
    found = [sitter for sitter in sitters if len(sitter.photographs) > 1]
    if len(found) < 20:
        raise UserError(
            f"{path}: has two photographs of {len(found)} people; 20 at least, to compare them with strangers"
        )
    return found
