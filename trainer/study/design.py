"""Which pictures each person of a study is shown, balanced over kinds, sexes and age groups."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from trainer.errors import UserError

Protocol = Literal["single", "pair"]
Kind = Literal["photograph", "made", "check"]

PARTS = ("real", "labels", "background")
"""The questions, in the order in which they are asked: which is real; which sex and age; would you use this face."""
AGE_LIMITS = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, float("inf"))
"""Upper limits of the age groups that people choose from. Coarser at both ends than FairFace's nine groups, whose
first and last have too few held-out photographs to be balanced."""
AGE_NAMES = ("0-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60+")
SEX_NAMES = ("female", "male")
STRATA = len(SEX_NAMES) * len(AGE_NAMES)
DECKS = 48
"""Selections of pictures to draw from, one for each person: many, so that every picture is shown about as often."""
CHECK_MILLISECONDS = 2000
"""Under a time limit, a check stays this long at least: it has to be read."""


@dataclass(frozen=True)
class Options:
    """What a study asks.

    `faces`: made faces, and as many photographs. `real`, `labels`, `background`: how many questions of each part one
    person gets, checks not counted; 0 leaves the part out. `show_for`: times in ms after which the picture is hidden,
    in equal shares; empty: it stays.
    """

    protocol: Protocol = "single"
    faces: int = 168
    real: int = 56
    labels: int = 28
    background: int = 28
    show_for: tuple[int, ...] = ()

    def questions(self, part: str) -> int:
        """How many questions of `part` one person gets, without checks."""
        return {"real": self.real, "labels": self.labels, "background": self.background}[part]

    def checks(self, part: str) -> int:
        """How many attention checks go with them."""
        count = self.questions(part)
        if count == 0:
            return 0
        return max(2, count // 7) if part == "real" else max(1, count // 14)

    @property
    def asked(self) -> int:
        """How many questions one person gets, checks included."""
        return sum(self.questions(part) + self.checks(part) for part in PARTS)

    def photographs_shown(self, part: str) -> int:
        """How many photographs, and as many made faces, one person sees in `part`."""
        return self.questions(part) if part == "real" and self.protocol == "pair" else self.questions(part) // 2

    def refuse_nonsense(self) -> None:
        """Raises `UserError` where the numbers make no study."""
        if self.real < 2 or self.labels < 0 or self.background < 0:
            raise UserError("a study asks at least 2 questions of its first part (--real), 0 or more of the others")
        odd = [f"--{part} {self.questions(part)}" for part in PARTS if self.questions(part) % 2]
        if odd:
            raise UserError(f"{', '.join(odd)}: give even numbers, half of the faces are made and half are photographs")
        if self.faces < STRATA or self.faces % STRATA:
            raise UserError(
                f"--faces {self.faces}: give a multiple of {STRATA}, as many for each sex in each of "
                f"{len(AGE_NAMES)} age groups"
            )
        needed = sum(self.photographs_shown(part) for part in PARTS)
        if needed > self.faces:
            raise UserError(f"one person would see {needed} made faces, more than the {self.faces} there are (--faces)")
        if any(not 20 <= time <= 60_000 for time in self.show_for):
            raise UserError(f"--show-for {' '.join(map(str, self.show_for))}: give times from 20 to 60000 ms")


@dataclass(frozen=True)
class Picture:
    """One picture of a study. `sex` 0 female, 1 male; `group` an index into AGE_NAMES; both -1 for a check.

    `partner` joins a made face and the photograph that it is shown beside. `origin` tells where it came from.
    """

    kind: Kind
    sex: int = -1
    group: int = -1
    partner: int = -1
    origin: dict[str, Any] = field(default_factory=dict)

    @property
    def stratum(self) -> int:
        """Sex and age group as one number, 0 ... STRATA - 1."""
        return 2 * self.group + self.sex


@dataclass(frozen=True)
class Question:
    """What is shown at once: one picture, or the two of a pair, by index.

    `milliseconds`: how long (None: until answered). `expected`: a check's right answer; in a pair, the right picture.
    """

    show: tuple[int, ...]
    milliseconds: int | None = None
    expected: str | int | None = None


Deck = dict[str, list[Question]]
"""The questions of one person by part."""


def group_of(age: float) -> int:
    """The index into AGE_NAMES of an age in years."""
    return next(index for index, limit in enumerate(AGE_LIMITS) if age < limit)


class _Dealer:
    """Deals pictures so that within a kind and stratum none is dealt twice before all were dealt once."""

    def __init__(self, pictures: Sequence[Picture], dice: np.random.Generator) -> None:
        self._dice = dice
        self._dealt: dict[tuple[str, int], int] = {}
        self._strata_dealt: dict[tuple[str, int], int] = {}
        self._members: dict[tuple[str, int], list[int]] = {}
        for index, picture in enumerate(pictures):
            if picture.kind != "check":
                self._members.setdefault((picture.kind, picture.stratum), []).append(index)

    def strata(self, part: str, count: int, in_deck: list[int]) -> list[int]:
        """`count` strata: those that this deck has least of, then those that came short in earlier decks.

        `in_deck` [STRATA] counts what the deck has; it is brought up to date.
        """
        chosen: list[int] = []
        for _ in range(count):
            least = min(
                range(STRATA), key=lambda s: (in_deck[s], self._strata_dealt.get((part, s), 0), self._dice.random())
            )
            self._strata_dealt[part, least] = self._strata_dealt.get((part, least), 0) + 1
            in_deck[least] += 1
            chosen.append(least)
        return chosen

    def deal(self, part: str, kind: str, stratum: int, taken: set[int]) -> int:
        """A picture that this deck does not hold yet, one of those dealt least often in `part`."""
        free = [index for index in self._members[kind, stratum] if index not in taken]
        least = min(free, key=lambda index: (self._dealt.get((part, index), 0), self._dice.random()))
        self._dealt[part, least] = self._dealt.get((part, least), 0) + 1
        taken.add(least)
        return least


def draw_decks(
    pictures: Sequence[Picture], checks: dict[str, list[Question]], options: Options, dice: np.random.Generator
) -> list[Deck]:
    """DECKS selections of `pictures`, each with half made and half photographs of the same sexes and age groups.

    In the protocol `single` the two kinds are dealt independently of each other. In pairs the partners are fixed:
    were a face shown beside different partners, who is on the same side could be worked out from the decks.
    """
    dealer = _Dealer(pictures, dice)
    return [_deck(dealer, pictures, checks, options, dice) for _ in range(DECKS)]


def _deck(
    dealer: _Dealer,
    pictures: Sequence[Picture],
    checks: dict[str, list[Question]],
    options: Options,
    dice: np.random.Generator,
) -> Deck:
    taken: set[int] = set()
    in_deck = [0] * STRATA
    deck: Deck = {}
    for part in PARTS:
        if options.questions(part) == 0:
            continue
        strata = dealer.strata(part, options.photographs_shown(part), in_deck)
        if part == "real" and options.protocol == "pair":
            made = [dealer.deal(part, "made", stratum, taken) for stratum in strata]
            taken.update(pictures[index].partner for index in made)
            shown: list[tuple[int, ...]] = [(index, pictures[index].partner) for index in made]
        else:
            shown = [(dealer.deal(part, kind, s, taken),) for kind in ("made", "photograph") for s in strata]
        times = exposures(len(shown), options.show_for, dice) if part == "real" else [None] * len(shown)
        questions = [Question(show, time) for show, time in zip(shown, times, strict=True)]
        deck[part] = [*questions, *checks[part]]
    return deck


def exposures(count: int, show_for: Sequence[int], dice: np.random.Generator) -> list[int | None]:
    """How long each of `count` questions shows its picture, [count], in ms or None.

    Every time comes equally often in either half: made faces first, then photographs.
    """
    if not show_for:
        return [None] * count
    halves = (count // 2, count - count // 2)
    times: list[int | None] = []
    for half in halves:
        cycle = np.resize(dice.permutation(np.asarray(show_for)), half)
        times += [int(time) for time in dice.permutation(cycle)]
    return times
