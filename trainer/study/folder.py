"""A study on disk: `public/`, which may be hosted and tells nothing, and `key.json`, which tells everything."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from trainer.errors import UserError
from trainer.pictures import png
from trainer.study.design import AGE_NAMES, KEY, KEY_FORMAT, PUBLIC, SEX_NAMES, Deck, Protocol, Question
from trainer.study.faces import Draft

FORMAT = "facegan-study/1"
PICTURES = "pictures"
SAME_TIME = 946_684_800
"""Every public file's time of change, 2000-01-01: the order of writing must not tell the kinds apart."""


@dataclass(frozen=True)
class Wording:
    """What the page shows beside the questions: its title, the photographs' credits, the pictures' size in CSS px."""

    title: str
    credits: tuple[str, ...]
    display: int


def write_study(
    out: Path, draft: Draft, protocol: Protocol, wording: Wording, about: dict[str, Any]
) -> tuple[str, int]:
    """Write the folder `out`, whole or not at all. Returns the study's id and the number of public pictures.

    Names and the study's id come from the system's randomness, never from the seed: who knows the seed and this code
    would know the names. Raises `UserError` where `out` holds something or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: is there already; give a new folder, or remove it first")
    names = [secrets.token_hex(8) for _ in draft.pictures]
    study = secrets.token_hex(8)
    public, key = _documents(draft, names, study, protocol, wording)
    # Stored, not deflated: pictures of one size are files of one length, so that it does not tell the smooth ones.
    encoded = {name: png(image, compression=0) for name, image in zip(names, draft.images, strict=True)}
    digest = _digest(public, encoded)
    public["digest"] = key["digest"] = digest
    key["about"] = about
    unfinished = out.with_name(f".{out.name}.unfinished")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        _write_public(unfinished / PUBLIC, public, encoded)
        _write_private(unfinished / KEY, json.dumps(key, indent=1, ensure_ascii=False) + "\n")
        if out.exists():
            out.rmdir()
        unfinished.rename(out)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise UserError(f"{out}: cannot be written ({error.strerror or error})") from error
    return study, len(names)


def _documents(
    draft: Draft, names: Sequence[str], study: str, protocol: Protocol, wording: Wording
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The public definition and the key.

    In the public one, pictures stand in the order of their meaningless names, and so do questions and the two pictures
    of a pair.
    """
    order = sorted(range(len(names)), key=lambda index: names[index])
    place = {index: position for position, index in enumerate(order)}

    def listed(questions: Sequence[Question]) -> list[list[Any]]:
        entries = [[sorted(place[index] for index in one.show), one.milliseconds] for one in questions]
        return sorted(entries, key=lambda entry: entry[0])

    public = {
        "format": FORMAT,
        "study": study,
        "title": wording.title,
        "credits": list(wording.credits),
        "display": wording.display,
        "protocol": protocol,
        "sexes": list(SEX_NAMES),
        "groups": list(AGE_NAMES),
        "pictures": [names[index] for index in order],
        "decks": [{part: listed(questions) for part, questions in deck.items()} for deck in draft.decks],
    }
    key = {
        "format": KEY_FORMAT,
        "study": study,
        "title": wording.title,
        "protocol": protocol,
        "pictures": {
            names[index]: {
                "kind": picture.kind,
                "sex": SEX_NAMES[picture.sex] if picture.sex >= 0 else None,
                "group": AGE_NAMES[picture.group] if picture.group >= 0 else None,
                "origin": picture.origin,
            }
            for index, picture in enumerate(draft.pictures)
        },
        "decks": [_key_deck(deck, names) for deck in draft.decks],
    }
    return public, key


def _key_deck(deck: Deck, names: Sequence[str]) -> dict[str, Any]:
    return {
        part: [
            {
                "show": [names[index] for index in question.show],
                "milliseconds": question.milliseconds,
                "expected": names[question.expected] if isinstance(question.expected, int) else question.expected,
            }
            for question in questions
        ]
        for part, questions in deck.items()
    }


def _digest(public: dict[str, Any], encoded: dict[str, bytes]) -> str:
    """What tells one study from another: SHA-256 over the definition and all pictures, 32 hex digits."""
    state = hashlib.sha256(json.dumps(public, sort_keys=True).encode())
    for name in sorted(encoded):
        state.update(encoded[name])
    return state.hexdigest()[:32]


def page(public: dict[str, Any]) -> str:
    """The study's one page, script and style inside, so that it opens from disk and on any host."""
    source = files("trainer.study") / "page"
    # Inside a script element, "</" and "<!--" would end or hide it.
    definition = json.dumps(public, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")
    script = "\n".join(
        (source / name).read_text(encoding="utf-8") for name in ("record.js", "questions.js", "study.js")
    )
    text = (source / "study.html").read_text(encoding="utf-8")
    style = (source / "study.css").read_text(encoding="utf-8")
    for place, content in (("/*STYLE*/", style), ("/*DEFINITION*/", definition), ("/*SCRIPT*/", script)):
        before, _, after = text.partition(place)
        text = before + content + after
    return text


def _write_public(folder: Path, public: dict[str, Any], encoded: dict[str, bytes]) -> None:
    (folder / PICTURES).mkdir(parents=True)
    (folder / "index.html").write_text(page(public), encoding="utf-8")
    for name in sorted(encoded):
        (folder / PICTURES / f"{name}.png").write_bytes(encoded[name])
    for path in folder.rglob("*"):
        os.utime(path, (SAME_TIME, SAME_TIME))


def _write_private(path: Path, text: str) -> None:
    """Readable by its owner alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
