"""What the figures of a study mean, in sentences, and what they cannot mean."""

from dataclasses import dataclass
from typing import Any

from trainer.errors import UserError
from trainer.study.bootstrap import Estimate, difference
from trainer.study.design import Key
from trainer.study.results import FASTEST_MEDIAN_MS, MOST_CHECKS_WRONG, Collected
from trainer.study.scoring import CHANCE, Earlier, Scores


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{100 * share:.1f} %"


def interval(estimate: Estimate) -> str:
    """An estimate's 95 % interval."""
    return f"{percent(estimate.low)} to {percent(estimate.high)}"


def people(count: int) -> str:
    """So many people."""
    return "1 person" if count == 1 else f"{count} people"


@dataclass(frozen=True)
class Verdict:
    """A sentence for each thing that was asked, and what limits it."""

    findings: tuple[str, ...]
    limits: tuple[str, ...]


def verdict(collected: Collected, scores: Scores, key: Key, other: Earlier | None) -> Verdict:
    """What the study shows. Raises `UserError` where `other` asked something else."""
    error = scores.get("error")
    if error is None:
        return Verdict(("Nobody who passed the checks answered: nothing can be said.",), _who_was_left_out(collected))
    findings = [_against_chance(error, key, len(collected.counted))]
    if other is not None:
        findings.append(_against_other(error, key, other))
    return Verdict(tuple(findings), (*_how_far(len(collected.counted)), *_who_was_left_out(collected)))


def _against_chance(error: Estimate, key: Key, count: int) -> str:
    task = "of the pairs" if key.protocol == "pair" else "of the faces"
    who = "the one person" if count == 1 else people(count)
    measured = f"{percent(error.value)} {task} were judged wrong by {who} (95 % interval {interval(error)})"
    if error.high < CHANCE:
        return f"{measured}: they can be told apart, better than by chance (50 %)."
    if error.low > CHANCE:
        return f"{measured}: the made faces are taken for real more often than by chance (50 %)."
    return f"{measured}: this does not tell the answers from chance (50 %), nor does it show that they are chance."


def _against_other(error: Estimate, key: Key, other: Earlier) -> str:
    if other.study == key.study:
        raise UserError("--against names a report on this same study; give one on another study")
    if (other.protocol, other.exposures) != (key.protocol, exposures(key)):
        raise UserError(
            f"the study {other.title!r} cannot be compared: it asked {told(other.protocol, other.exposures)}, "
            f"this one {told(key.protocol, exposures(key))}"
        )
    low, high = difference(error.draws, other.draws)
    step = 100 * (error.value - other.error)
    measured = f"{abs(step):.1f} points {'more' if step >= 0 else 'fewer'} errors than in “{other.title}”"
    span = f"95 % interval {100 * low:+.1f} to {100 * high:+.1f} points"
    if low > 0:
        return f"{measured} ({span}): harder to tell from photographs."
    if high < 0:
        return f"{measured} ({span}): easier to tell from photographs."
    return f"{measured} ({span}): no difference is shown."


def exposures(key: Key) -> list[int]:
    """The times for which faces were shown, in ms; none where they stayed."""
    asked = [asked for deck in key.decks for asked in deck["real"].values() if asked.expected is None]
    return sorted({question.milliseconds for question in asked if question.milliseconds is not None})


def told(protocol: str, times: list[int]) -> str:
    """A protocol in words."""
    what = "pairs" if protocol == "pair" else "one face at a time"
    return f"{what}, " + (f"shown for {', '.join(map(str, times))} ms" if times else "without a time limit")


def _how_far(count: int) -> tuple[str, ...]:
    if count == 1:
        return (
            "One person answered. The interval tells what this person would say to other faces like these; it cannot "
            "tell what other people would say. One person can show which pictures give themselves away, and whether "
            "a model got better or worse for the same eyes. That people in general can or cannot tell the faces "
            "apart, one person cannot show.",
        )
    if count < 10:
        return (
            f"{people(count).capitalize()} answered. The intervals allow for other people and other faces, but with "
            "fewer than ten people they are rough, and most likely too narrow.",
        )
    return ("The intervals allow for other people like these and for other faces like these.",)


def _who_was_left_out(collected: Collected) -> tuple[str, ...]:
    rule = (
        f"more than {percent(MOST_CHECKS_WRONG)} of the attention checks wrong, or half of the answers within "
        f"{FASTEST_MEDIAN_MS} ms"
    )
    apart = len(collected.apart)
    sentences = [f"{people(apart).capitalize()} set apart as inattentive ({rule}), out of {collected.people}."]
    if collected.refused:
        files = "1 file was" if len(collected.refused) == 1 else f"{len(collected.refused)} files were"
        sentences.append(f"{files} not counted; each is listed below.")
    return tuple(sentences)


def describe(key: Key) -> dict[str, Any]:
    """What the study was, for the head of a report."""
    return {"study": key.study, "protocol": told(key.protocol, exposures(key)), **key.about}
