"""Who the characters are, as a table that people and other programs read and write: `object,sex,age,seed,skin`.

For people from photographs it has the columns `person,consent,model,latent` too.
"""

import csv
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.cast.member import check_consent
from ...core.errors import CrowdError
from ...core.people.ages import MAX_AGE
from ...core.people.latents import latent_text, read_latent
from ...core.people.skin_tones import DARKEST_TONE, LIGHTEST_TONE
from ...core.people.spreadsheet import Spreadsheet, reading
from ...core.people.values import MAX_WRITTEN_SEED, read_sex
from ..records import Character, character
from .latents import drop_person, write_latent

_ROWS_AT_ONCE = 256
_REQUIRED, _OPTIONAL = ("object", "sex", "age"), ("seed", "skin")
_OF_PERSON = ("person", "consent", "model", "latent")
"""Of people from photographs: all of them or none."""
_NUMBERS = {"age", "skin"}
_DIGEST = 16
"""Hexadecimal digits that tell a model file: see `core.model.file.model_digest`."""


@dataclass(frozen=True)
class Row:
    """A row: the object's name, FEMALE or MALE, years; a seed and a skin tone (1 to 10) where the table has them.

    person, consent, model, latent: of a person from a photograph, as `records.Character` has them; else empty.
    """

    name: str
    sex: str
    age: float
    seed: int | None = None
    skin: float | None = None
    person: str = ""
    consent: str = ""
    model: str = ""
    latent: str = ""


class Reading:
    """A table of people while it is read: some rows at a time, so that a million of them hold no window.

    The file has the columns object, sex (female, male), age and, if wanted, seed and skin (1 to 10); rows of people
    from photographs have person, consent, model and latent as well. `unused` are its other columns. Both the beginning
    and `go_on` raise CrowdError for a file that cannot be read, wrong columns, a wrong value, or an object named twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.people: list[Row] = []
        self._names: set[str] = set()
        with reading(path):
            self._bytes = max(1, path.stat().st_size)
            self._sheet = Spreadsheet(path, _REQUIRED)
        self._rows = self._sheet.rows()
        _check_columns(path, self._sheet.columns)
        self.unused = [name for name in self._sheet.columns if name not in _REQUIRED + _OPTIONAL + _OF_PERSON]

    @property
    def share(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return 1.0 if self._sheet.is_closed else min(1.0, self._sheet.position / self._bytes)

    def go_on(self, seconds: float = math.inf) -> bool:
        """Read on for so long; whether everything has been read."""
        until = time.monotonic() + seconds
        with reading(self.path):
            for line, cells in self._rows:
                for name in _NUMBERS & cells.keys():
                    cells[name] = self._sheet.decimal(cells[name])
                person = _row(self.path, line, cells)
                if person.name in self._names:
                    raise CrowdError(
                        rpt_("{} stands twice").format(person.name), rpt_("keep one row for each object"), self.path
                    )
                self._names.add(person.name)
                self.people.append(person)
                if len(self.people) % _ROWS_AT_ONCE == 0 and time.monotonic() > until:
                    return False
        self.close()
        return True

    def close(self) -> None:
        """Let go of the file."""
        self._sheet.close()


def import_in_steps(filepath: str) -> None:
    """Have Blender run *Import People* on the file while its window stays free, as an undo step of its own."""
    bpy.ops.facegan.read_people("INVOKE_DEFAULT", filepath=filepath, in_steps=True)  # type: ignore[attr-defined]  # added by registration


def read_people(path: Path) -> list[Row]:
    """All rows of a table. Raises CrowdError as `Reading`."""
    table = Reading(path)
    try:
        table.go_on()
    finally:
        table.close()
    return table.people


def apply_people(people: Iterable[Row], objects: Iterable[bpy.types.Object]) -> tuple[int, list[str]]:
    """Sets who the objects are by hand; returns how many, and the names that no editable object has."""
    by_name = {obj.name: obj for obj in objects if obj.type == "MESH" and obj.is_editable}
    missing, count = [], 0
    for person in people:
        if person.name not in by_name:
            missing.append(person.name)
            continue
        record = character(by_name[person.name])
        record.sex, record.age = person.sex, person.age
        if person.latent:
            write_latent(record, person.latent, person.model, person.person, person.consent)
        elif person.seed is not None:
            drop_person(record)
            record.seed = person.seed
        if person.skin is not None:
            record.skin_tone = person.skin
        count += 1
    return count, missing


def write_people(path: Path, objects: Iterable[bpy.types.Object]) -> int:
    """Writes a row for every character among the objects and returns how many. Raises CrowdError.

    The columns of people from photographs are there if anybody is one.
    """
    people = [(obj.name, character(obj)) for obj in objects if character(obj).is_character]
    further = _OF_PERSON if any(record.latent for _, record in people) else ()
    rows = [
        (
            *(name, record.sex.lower(), f"{record.age:.7g}", record.seed, _skin_told(record)),
            *(record.person, record.consent, record.latent_model, record.latent)[: len(further)],
        )
        for name, record in people
    ]
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow((*_REQUIRED, *_OPTIONAL, *further))
            writer.writerows(rows)
    except (OSError, UnicodeEncodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CrowdError(rpt_("cannot be written ({})").format(reason), rpt_("choose another folder"), path) from error
    return len(rows)


def _check_columns(path: Path, columns: list[str]) -> None:
    missing = [name for name in _REQUIRED if name not in columns]
    partly = 0 < len(set(_OF_PERSON) & set(columns)) < len(_OF_PERSON)
    if missing or partly or len(set(columns)) != len(columns):
        found = ", ".join(columns) or "nothing"
        raise CrowdError(
            rpt_("has the columns {}").format(found),
            rpt_("they must be object, sex, age and, if wanted, seed, skin, and all of person, consent, model, latent"),
            path,
        )


def _row(path: Path, line: int, row: Mapping[str, str]) -> Row:
    def refuse(reason: str) -> CrowdError:
        return CrowdError(reason, where=rpt_("{}, line {}").format(path, line))

    try:
        sex = "MALE" if read_sex(row["sex"]) > 0 else "FEMALE"
        of_person = _of_person(row)
    except (CrowdError, ValueError) as error:
        raise refuse(str(error)) from error
    age = _number(row["age"])
    if age is None or not 0 <= age <= MAX_AGE:
        raise refuse(rpt_("the age {!r} is not a number of years from 0 to {:g}").format(row["age"], MAX_AGE))
    text = row.get("seed", "").strip()
    if text and not (text.isascii() and text.isdigit() and int(text) <= MAX_WRITTEN_SEED):
        raise refuse(rpt_("the seed {!r} is not a whole number from 0 to {}").format(text, MAX_WRITTEN_SEED))
    skin = row.get("skin", "").strip()
    tone = _number(skin)
    if skin and (tone is None or not LIGHTEST_TONE <= tone <= DARKEST_TONE):
        raise refuse(rpt_("the skin tone {!r} is not a number from 1 to 10").format(skin))
    return Row(row["object"], sex, age, int(text) if text else None, tone, **of_person)


def _of_person(row: Mapping[str, str]) -> dict[str, str]:
    """What the row has of a person from a photograph; nothing where it is no such row. Raises CrowdError, ValueError.

    The age is the character's, who may have been made younger since: the person's own was looked at before.
    """
    told = {column: row.get(column, "").strip() for column in _OF_PERSON}
    if not any(told.values()):
        return {}
    name = told["person"] or row["object"]
    check_consent(told["consent"], name)
    if len(told["model"]) != _DIGEST or not all(digit in "0123456789abcdef" for digit in told["model"]):
        raise ValueError(rpt_("the model {!r} is not {} hexadecimal digits").format(told["model"][:20], _DIGEST))
    return {**told, "person": name, "latent": latent_text(read_latent(told["latent"]))}


def _skin_told(record: Character) -> str:
    """The tone that was asked for; nothing where the skin is as the model made it, and may be again."""
    return f"{record.skin_tone:.5g}" if record.skin_asked or record.skin_tone_by_hand else ""


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
