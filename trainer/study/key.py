"""The key of a study: what every picture is, and which questions each deck asks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.errors import UserError
from trainer.files import read_document
from trainer.study.design import Protocol

FORMAT = "facegan-study-key/1"
KEY = "key.json"
PUBLIC = "public"
RESULTS = "results"


@dataclass(frozen=True)
class Truth:
    """What a picture is: `kind` photograph, made or check; `sex` and age `group` by name, empty for a check."""

    kind: str
    sex: str
    group: str


@dataclass(frozen=True)
class Asked:
    """A question of a deck: the names of its pictures, how long they show, and a check's right answer.

    The right answer of a pair's check is the name of a picture.
    """

    show: tuple[str, ...]
    milliseconds: int | None
    expected: str | None


@dataclass(frozen=True)
class Key:
    """A study as its maker knows it. `decks` hold the questions by part, then by the set of pictures shown."""

    study: str
    digest: str
    title: str
    protocol: Protocol
    pictures: dict[str, Truth]
    decks: list[dict[str, dict[frozenset[str], Asked]]]
    about: dict[str, Any]


def read_key(folder: Path) -> Key:
    """The key of the study in `folder`. Raises `UserError`: there is none, or it is damaged."""
    path = folder / KEY
    none = f"{folder}: holds no {KEY}, so it is no study's folder; make one with `python -m trainer study make`"
    document = read_document(path, FORMAT, none)
    try:
        return _key(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: is damaged ({error!r}); take it from a copy of the study") from None


def _key(document: dict[str, Any]) -> Key:
    plain = {name: document[name] for name in ("study", "digest", "title", "protocol", "about")}
    pictures = {
        name: Truth(entry["kind"], entry["sex"] or "", entry["group"] or "")
        for name, entry in document["pictures"].items()
    }
    decks = [
        {part: {frozenset(entry["show"]): _asked(entry) for entry in asked} for part, asked in deck.items()}
        for deck in document["decks"]
    ]
    return Key(**plain, pictures=pictures, decks=decks)


def _asked(entry: dict[str, Any]) -> Asked:
    return Asked(tuple(entry["show"]), entry["milliseconds"], entry["expected"])
