"""Which pictures each person of a study is shown, balanced over kinds, sexes and age groups."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from trainer.errors import UserError
from trainer.labels.sex import SEXES
from trainer.labels.years import AGE_GROUP_LIMITS, age_group_names

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
