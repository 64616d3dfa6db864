"""Which pictures each person of a study is shown, balanced over kinds, sexes and age groups; and the key to them.

The page draws one deck, a selection of pictures, for each person. It holds all of them, so they must not tell the
kinds apart, however many of them are compared. Were each of many overlapping decks half made and half photographs,
their equations could be solved. Hence:

- in the part `real`, half are made, and decks share either all of its faces or none: whoever compares decks learns what
  everybody is told, that half are photographs;
- in the other parts, the kind plays no part in the choice.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from trainer.errors import UserError
from trainer.files import read_document
from trainer.labels.sex_and_years import AGE_GROUP_LIMITS, SEXES, age_group_names

Protocol = Literal["single", "pair"]
Kind = Literal["photograph", "made", "check"]

PARTS = ("real", "labels", "background")
"""The questions, in the order in which they are asked: which is real; which sex and age; would you use this face."""
AGE_LIMITS = (*AGE_GROUP_LIMITS[1:7], math.inf)
"""Upper limits of the age groups that people choose from. Coarser at both ends than FairFace's nine groups, whose
first and last have too few held-out photographs to be balanced."""
AGE_NAMES = tuple(age_group_names(AGE_LIMITS))
SEX_NAMES = SEXES
STRATA = len(SEX_NAMES) * len(AGE_NAMES)
DECKS = 48
"""At most so many: enough that in every part every picture is shown about as often."""
CHECK_MILLISECONDS = 2000
"""Under a time limit, a check stays this long at least: it has to be read."""
KEY_FORMAT = "facegan-study-key/1"
KEY = "key.json"
PUBLIC = "public"
RESULTS = "results"


@dataclass(frozen=True)
class Options:
    """What a study asks; attention checks are not counted."""

    protocol: Protocol = "single"
    """One picture at a time, real or made; or two, of which one is real."""
    faces: int = 168
    """Made faces, and as many photographs: a multiple of 14 (two sexes, seven age groups)."""
    real: int = 56
    """Questions `real or made` for each person."""
    labels: int = 28
    """Questions `which sex, which age` for each person; 0 leaves them out."""
    background: int = 28
    """Questions `would you put this face in the background` for each person; 0 leaves them out."""
    show_for: tuple[int, ...] = ()
    """Hide the picture after so many ms. Several times are asked equally often. Default: it stays."""

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

    @property
    def photographs(self) -> int:
        """How many photographs, and as many made faces, one person sees in the part `real`."""
        return self.real if self.protocol == "pair" else self.real // 2

    def refuse_nonsense(self) -> None:
        """Raises `UserError` where the numbers make no study."""
        if self.real < 2 or self.labels < 0 or self.background < 0:
            raise UserError("a study asks at least 2 questions of its first part (--real), 0 or more of the others")
        if self.protocol == "single" and self.real % 2:
            raise UserError(f"--real {self.real}: give an even number: half are photographs, half are made")
        if self.faces < STRATA or self.faces % STRATA:
            raise UserError(
                f"--faces {self.faces}: give a multiple of {STRATA}, as many for each sex in each of "
                f"{len(AGE_NAMES)} age groups"
            )
        needed = 2 * self.photographs + self.labels + self.background
        if needed > 2 * self.faces:
            raise UserError(
                f"one person would see {needed} faces, more than the {2 * self.faces} there are (twice --faces)"
            )
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


class _Dealer:
    """Deals pictures: none twice before all of the same choice were dealt once."""

    def __init__(self, pictures: Sequence[Picture], rng: np.random.Generator) -> None:
        self._rng = rng
        self._dealt: dict[tuple[str, int], int] = {}
        self._strata_dealt: dict[tuple[str, int], int] = {}
        self._members: list[list[int]] = [[] for _ in range(STRATA)]
        self._pictures = pictures
        for index, picture in enumerate(pictures):
            if picture.kind != "check":
                self._members[picture.stratum].append(index)

    def strata(self, part: str, count: int, in_deck: list[int]) -> list[int]:
        """`count` strata: those that this deck has least of, then those that came short in earlier decks.

        `in_deck` [STRATA] counts what the deck has; it is brought up to date.
        """
        chosen: list[int] = []
        for _ in range(count):
            least = min(
                range(STRATA), key=lambda s: (in_deck[s], self._strata_dealt.get((part, s), 0), self._rng.random())
            )
            self._strata_dealt[part, least] = self._strata_dealt.get((part, least), 0) + 1
            in_deck[least] += 1
            chosen.append(least)
        return chosen

    def deal(self, part: str, stratum: int, taken: set[int], kind: str | None = None) -> int:
        """A picture that is not `taken`, one of those dealt least often in `part`; of `kind`, or of either."""
        free = [
            index
            for index in self._members[stratum]
            if index not in taken and kind in (None, self._pictures[index].kind)
        ]
        least = min(free, key=lambda index: (self._dealt.get((part, index), 0), self._rng.random()))
        self._dealt[part, least] = self._dealt.get((part, least), 0) + 1
        taken.add(least)
        return least


def draw_decks(
    pictures: Sequence[Picture], checks: dict[str, list[Question]], options: Options, rng: np.random.Generator
) -> list[Deck]:
    """Up to DECKS selections of `pictures`, with their checks; sexes and age groups are even in each.

    `options` must have passed `refuse_nonsense`.
    """
    dealer = _Dealer(pictures, rng)
    sets = _disjoint_sets(dealer, pictures, options)
    variants = max(1, DECKS // len(sets))
    return [_deck(dealer, faces, pictures, checks, options, rng) for _ in range(variants) for faces in sets[:DECKS]]


def _disjoint_sets(dealer: _Dealer, pictures: Sequence[Picture], options: Options) -> list[list[tuple[int, ...]]]:
    """The faces of the part `real`: as many sets as there are faces for. In pairs the partners are fixed."""
    taken: set[int] = set()
    sets: list[list[tuple[int, ...]]] = []
    for _ in range(options.faces // options.photographs):
        strata = dealer.strata("real", options.photographs, [0] * STRATA)
        made = [dealer.deal("real", stratum, taken, "made") for stratum in strata]
        if options.protocol == "pair":
            sets.append([(index, pictures[index].partner) for index in made])
        else:
            photographs = [dealer.deal("real", stratum, taken, "photograph") for stratum in strata]
            sets.append([(index,) for index in (*made, *photographs)])
    return sets


def _deck(
    dealer: _Dealer,
    faces: list[tuple[int, ...]],
    pictures: Sequence[Picture],
    checks: dict[str, list[Question]],
    options: Options,
    rng: np.random.Generator,
) -> Deck:
    taken = {index for shown in faces for index in shown}
    in_deck = [0] * STRATA
    for index in taken:
        in_deck[pictures[index].stratum] += 1
    times = exposures(len(faces), options.show_for, rng)
    deck: Deck = {"real": [Question(shown, time) for shown, time in zip(faces, times, strict=True)] + checks["real"]}
    for part in PARTS[1:]:
        if options.questions(part):
            strata = dealer.strata(part, options.questions(part), in_deck)
            deck[part] = [Question((dealer.deal(part, stratum, taken),)) for stratum in strata] + checks[part]
    return deck


def exposures(count: int, show_for: Sequence[int], rng: np.random.Generator) -> list[int | None]:
    """How long each of `count` questions shows its picture, [count], in ms or None; every time equally often.

    The kind plays no part in it: the times stand in the public decks.
    """
    if not show_for:
        return [None] * count
    cycle = np.resize(rng.permutation(np.asarray(show_for)), count)
    return [int(time) for time in rng.permutation(cycle)]


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
    document = read_document(path, KEY_FORMAT, none)
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
