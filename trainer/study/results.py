"""One person's answers: read, and held against the key. What does not fit is refused in one line."""

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.errors import UserError
from trainer.files import parsed_json
from trainer.study.design import AGE_NAMES, SEX_NAMES, Asked, Key

FORMAT = "facegan-study-result/1"
LARGEST = 512 * 1024
"""Bytes; a result of 1,000 questions is some 150,000."""
LONGEST_ANSWER_MS = 24 * 3600 * 1000
MOST_CHECKS_WRONG = 1 / 5
"""Share of the checks that an attentive person may get wrong: a slip or two, not more."""
FASTEST_MEDIAN_MS = 350
"""Nobody sees a face, judges it and presses a key in less, half of the time."""
PERSON = re.compile(r"[0-9a-f]{32}")


class ResultError(Exception):
    """Why a result cannot be counted, in a few words."""


@dataclass(frozen=True)
class Answer:
    """One question as answered: `show` the pictures in the order on screen, `ms` from their showing to the answer.

    `asked` is what the key knows of it. The answer is photograph or made, left or right, sex and age group, yes or no.
    """

    part: str
    show: tuple[str, ...]
    answer: str
    ms: int
    asked: Asked

    @property
    def chosen(self) -> str:
        """The picture chosen of a pair."""
        return self.show[("left", "right").index(self.answer)]

    @property
    def passed(self) -> bool | None:
        """Whether a check was answered right; None where it is no check."""
        if self.asked.expected is None:
            return None
        return (self.chosen if len(self.show) == 2 else self.answer) == self.asked.expected


@dataclass(frozen=True)
class Result:
    """One person's answers."""

    person: str
    finished: str
    answers: tuple[Answer, ...]

    @property
    def checks(self) -> tuple[int, int]:
        """Attention checks: how many were answered wrong, of how many."""
        outcomes = [answer.passed for answer in self.answers if answer.passed is not None]
        return outcomes.count(False), len(outcomes)

    def inattention(self) -> str | None:
        """Why this person is set apart, or None."""
        wrong, checks = self.checks
        if wrong > MOST_CHECKS_WRONG * checks:
            return f"{wrong} of {checks} attention checks wrong"
        times = sorted(answer.ms for answer in self.answers)
        if times[len(times) // 2] < FASTEST_MEDIAN_MS:
            return f"half of the answers came within {times[len(times) // 2]} ms"
        return None


def parse_result(data: bytes, key: Key) -> Result:
    """The result in `data`, held against the study's key. Raises `ResultError`."""
    if len(data) > LARGEST:
        raise ResultError(f"has more than {LARGEST:,} bytes, so it is no result of a study")
    try:
        document = parsed_json(data)
    except ValueError:
        raise ResultError("is cut off or no JSON; ask for the file again") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ResultError("is no result of a study")
    if document.get("study") != key.study:
        raise ResultError(f"belongs to another study ({str(document.get('study'))[:16]}, not {key.study})")
    if document.get("digest") != key.digest:
        raise ResultError("was given on a page that is not this study's as it was made")
    try:
        return _result(document, key)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise ResultError("has been edited or damaged: what it holds cannot be read") from None


def _result(document: dict[str, Any], key: Key) -> Result:
    person, number = document["person"], document["deck"]
    if not PERSON.fullmatch(person) or type(number) is not int or not 0 <= number < len(key.decks):
        raise ResultError("has been edited or damaged: no such person or deck")
    if document["checksum"] != checksum(document):
        raise ResultError("has been edited: its checksum does not fit its answers")
    deck = key.decks[number]
    answers = tuple(_answer(entry, deck) for entry in document["answers"])
    wanted = {(part, pictures) for part, questions in deck.items() for pictures in questions}
    given = [(answer.part, frozenset(answer.show)) for answer in answers]
    if len(given) != len(set(given)):
        raise ResultError("has been edited: a question is answered twice")
    if missing := len(wanted) - len(given):
        raise ResultError(f"is not finished: {missing} of {len(wanted)} answers are missing")
    return Result(person, str(document["finished"])[:40], answers)


def _answer(entry: dict[str, Any], deck: dict[str, dict[frozenset[str], Asked]]) -> Answer:
    part, show, answer, ms = entry["part"], tuple(entry["show"]), entry["answer"], entry["ms"]
    asked = deck.get(part, {}).get(frozenset(show))
    if asked is None or len(show) != len(asked.show):
        raise ResultError("has been edited: it answers a question that was not asked")
    if answer not in allowed_answers(part, len(show)):
        raise ResultError(f"has been edited: {str(answer)[:40]!r} is no answer to the question")
    if type(ms) is not int or not 0 <= ms <= LONGEST_ANSWER_MS:
        raise ResultError(f"has been edited: an answer took {str(ms)[:20]} ms")
    return Answer(part, show, answer, ms, asked)


def allowed_answers(part: str, pictures: int) -> tuple[str, ...]:
    """Every answer to a question of `part` that shows so many pictures."""
    if part == "labels":
        return tuple(f"{sex} {group}" for sex in SEX_NAMES for group in AGE_NAMES)
    if part == "background":
        return ("yes", "no")
    return ("left", "right") if pictures == 2 else ("photograph", "made")


def checksum(document: dict[str, Any]) -> str:
    """CRC-32 over who answered what, as the page writes it: finds damage and careless edits, not a forger."""
    lines = [FORMAT, "{study} {digest} {person} {deck}".format_map(document)]
    lines += [
        "|".join([entry["part"], ",".join(entry["show"]), entry["answer"], str(entry["ms"])])
        for entry in document["answers"]
    ]
    text = "\n".join(lines)
    return f"{zlib.crc32(text.encode()):08x}"


@dataclass(frozen=True)
class Collected:
    """All that was found: results that count, people set apart with the reason, and one line for each refused file."""

    counted: tuple[Result, ...]
    apart: tuple[tuple[Result, str], ...]
    refused: tuple[str, ...]

    @property
    def people(self) -> int:
        """How many finished, attentive or not."""
        return len(self.counted) + len(self.apart)


def collect(paths: Sequence[Path], key: Key) -> Collected:
    """The results in files and folders (their `*.json`), each person once: the first that was finished counts.

    Raises `UserError` where no result can be counted at all.
    """
    refused: list[str] = []
    readable: list[tuple[Path, Result]] = []
    for path in _files(paths, refused):
        try:
            readable.append((path, parse_result(_read(path), key)))
        except ResultError as error:
            refused.append(f"{path}: {error}")
    first: dict[str, Path] = {}
    results: list[Result] = []
    for path, result in sorted(readable, key=lambda entry: entry[1].finished):
        if result.person in first:
            refused.append(f"{path}: is by the same person as {first[result.person]}, which counts")
            continue
        first[result.person] = path
        results.append(result)
    apart = tuple((result, reason) for result in results if (reason := result.inattention()) is not None)
    counted = tuple(result for result in results if result.inattention() is None)
    if not results:
        raise UserError("; ".join(refused))
    return Collected(counted, apart, tuple(refused))


def _files(paths: Iterable[Path], refused: list[str]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("*.json"))
            if not inside:
                refused.append(f"{path}: holds no results (*.json)")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            refused.append(f"{path}: no such file or folder")
    return list({path.resolve(): path for path in found}.values())


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise ResultError(f"cannot be read ({error.strerror or error})") from None
