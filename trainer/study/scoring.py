"""From answers to figures: errors, obedience to labels, fitness for the background, the pictures' records; stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.errors import UserError
from trainer.files import file_at, read_document
from trainer.study.bootstrap import DRAWS, Answers, Estimate, estimate
from trainer.study.design import AGE_NAMES, SEX_NAMES, Key, Truth
from trainer.study.results import Answer, Collected, Result

CHANCE = 0.5
FORMAT = "facegan-study-report/1"
REPORT = "report.json"


@dataclass(frozen=True)
class Figure:
    """One row of the report: what, of which group of people shown ("all", a sex, an age group), and its estimate."""

    name: str
    group: str
    estimate: Estimate


@dataclass(frozen=True)
class PictureRecord:
    """How often a picture was taken for a photograph, of how many times it was judged."""

    name: str
    truth: Truth
    convincing: int
    judged: int

    @property
    def score(self) -> float:
        """The share, drawn towards one half where few judged (the mean of a uniform prior's posterior)."""
        return (self.convincing + 1) / (self.judged + 2)


@dataclass(frozen=True)
class Scores:
    """All figures of a study, in the report's order, and the record of every picture that was judged."""

    figures: tuple[Figure, ...]
    pictures: tuple[PictureRecord, ...]

    def get(self, name: str, group: str = "all") -> Estimate | None:
        """The estimate of one figure, None where nothing was answered."""
        return next((row.estimate for row in self.figures if (row.name, row.group) == (name, group)), None)


Given = list[tuple[int, Answer]]
"""Answers with the number of the person who gave them."""


def score(results: Sequence[Result], key: Key) -> Scores:
    """The figures of `results`, checks left out. Every call gives the same figures."""
    given = [
        (number, answer)
        for number, result in enumerate(results)
        for answer in result.answers
        if answer.asked.expected is None
    ]
    figures = [*_real_figures(given, key), *_label_figures(given, key), *_background_figures(given, key)]
    return Scores(tuple(figures), _picture_records(given, key))


def _subject(answer: Answer, key: Key) -> str:
    """The picture that an answer is about: of a pair, the made one."""
    return next((name for name in answer.show if key.pictures[name].kind == "made"), answer.show[0])


def is_wrong(answer: Answer, key: Key) -> bool:
    """Whether a face was taken for what it is not."""
    if len(answer.show) == 2:
        return key.pictures[answer.chosen].kind != "photograph"
    return answer.answer != key.pictures[answer.show[0]].kind


def _figures(name: str, given: Given, key: Key, value: Callable[[Answer], float]) -> list[Figure]:
    """The figure over all, by sex and by age group."""
    subjects = [_subject(answer, key) for _, answer in given]
    numbers = {subject: index for index, subject in enumerate(sorted(set(subjects)))}
    truths = [key.pictures[subject] for subject in subjects]
    answers = Answers(
        np.array([value(answer) for _, answer in given], np.float64),
        np.array([person for person, _ in given], np.int64),
        np.array([numbers[subject] for subject in subjects], np.int64),
        np.array([int(truth.kind == "made") for truth in truths], np.int64),
    )
    groups = [("all", np.ones(len(given), np.bool_))]
    groups += [(sex, np.array([truth.sex == sex for truth in truths], np.bool_)) for sex in SEX_NAMES]
    groups += [(group, np.array([truth.group == group for truth in truths], np.bool_)) for group in AGE_NAMES]
    found = [(group, estimate(answers[rows])) for group, rows in groups]
    return [Figure(name, group, value) for group, value in found if value is not None]


def _of_kind(given: Given, key: Key, kind: str) -> Given:
    return [entry for entry in given if key.pictures[entry[1].show[0]].kind == kind]


def _real_figures(given: Given, key: Key) -> list[Figure]:
    asked = [entry for entry in given if entry[1].part == "real"]
    figures = _figures("error", asked, key, lambda answer: float(is_wrong(answer, key)))
    if key.protocol == "single":
        for kind, name in (("made", "made taken for photographs"), ("photograph", "photographs taken for made")):
            figures += _figures(name, _of_kind(asked, key, kind), key, lambda answer: float(is_wrong(answer, key)))
    times = sorted({answer.asked.milliseconds for _, answer in asked if answer.asked.milliseconds is not None})
    for time in times:
        shown = [entry for entry in asked if entry[1].asked.milliseconds == time]
        figures += _figures(f"error at {time} ms", shown, key, lambda answer: float(is_wrong(answer, key)))[:1]
    return figures


def _label_figures(given: Given, key: Key) -> list[Figure]:
    asked = [entry for entry in given if entry[1].part == "labels"]

    def sex_is_right(answer: Answer) -> float:
        return float(answer.answer.split()[0] == key.pictures[answer.show[0]].sex)

    def groups_off(answer: Answer) -> int:
        said, true = answer.answer.split()[1], key.pictures[answer.show[0]].group
        return abs(AGE_NAMES.index(said) - AGE_NAMES.index(true))

    figures: list[Figure] = []
    for kind, subject in (("made", "made faces"), ("photograph", "photographs")):
        own = _of_kind(asked, key, kind)
        figures += _figures(f"sex as labelled, {subject}", own, key, sex_is_right)
        figures += _figures(f"age group as labelled, {subject}", own, key, lambda a: float(groups_off(a) == 0))
        figures += _figures(f"age within one group, {subject}", own, key, lambda a: float(groups_off(a) <= 1))
    return figures


def _background_figures(given: Given, key: Key) -> list[Figure]:
    asked = [entry for entry in given if entry[1].part == "background"]
    figures: list[Figure] = []
    for kind, subject in (("made", "made faces"), ("photograph", "photographs")):
        own = _of_kind(asked, key, kind)
        figures += _figures(f"fit for the background, {subject}", own, key, lambda a: float(a.answer == "yes"))
    return figures


def _picture_records(given: Given, key: Key) -> tuple[PictureRecord, ...]:
    convincing: dict[str, int] = {}
    judged: dict[str, int] = {}
    for _, answer in given:
        if answer.part != "real":
            continue
        for name in answer.show:
            taken = answer.chosen == name if len(answer.show) == 2 else answer.answer == "photograph"
            convincing[name] = convincing.get(name, 0) + taken
            judged[name] = judged.get(name, 0) + 1
    records = [PictureRecord(name, key.pictures[name], convincing[name], judged[name]) for name in sorted(judged)]
    return tuple(sorted(records, key=lambda record: record.score, reverse=True))


@dataclass(frozen=True)
class Earlier:
    """What another study's report says: its `error` 0 ... 1, with the bootstrap's draws [DRAWS]."""

    study: str
    title: str
    protocol: str
    exposures: list[int]
    error: float
    draws: NDArray[np.float64]


def document(
    collected: Collected, scores: Scores, key: Key, exposures: list[int], about: dict[str, Any]
) -> dict[str, Any]:
    """All figures with their intervals, everybody by number and nobody by name, the record of each picture."""
    error = scores.get("error")
    return {
        "format": FORMAT,
        "title": key.title,
        "study": key.study,
        "protocol": key.protocol,
        "exposures": exposures,
        "about": about,
        "people": {"counted": len(collected.counted), "set_apart": [reason for _, reason in collected.apart]},
        "refused": list(collected.refused),
        "figures": [
            {
                "name": figure.name,
                "group": figure.group,
                "value": round(figure.estimate.value, 6),
                "interval": [round(figure.estimate.low, 6), round(figure.estimate.high, 6)],
                "answers": figure.estimate.answers,
            }
            for figure in scores.figures
        ],
        "pictures": {
            record.name: {"taken_for_photograph": record.convincing, "judged": record.judged, "kind": record.truth.kind}
            for record in scores.pictures
        },
        "draws": [] if error is None else [round(float(draw), 5) for draw in error.draws],
    }


def read_earlier(path: Path) -> Earlier:
    """Another study's report, by its folder or its report.json. Raises `UserError` where it is none."""
    path = file_at(path, REPORT)
    found = read_document(path, FORMAT, f"{path}: no such report; make one with `python -m trainer study score`")
    try:
        draws = np.array(found["draws"], np.float64)
        (error,) = (row["value"] for row in found["figures"] if (row["name"], row["group"]) == ("error", "all"))
        told = (found["study"], found["title"], found["protocol"], list(found["exposures"]))
        earlier = Earlier(*told, float(error), draws)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{path}: is damaged ({error!r}); score that study anew") from None
    if draws.shape != (DRAWS,):
        raise UserError(f"{path}: holds no answers to compare with")
    return earlier
