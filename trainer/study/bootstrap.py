"""Intervals for answers that share both people and pictures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.statistics.estimates import wilson_interval

DRAWS = 4000
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A share 0 ... 1: its `value`, its 95 % interval, of how many answers, and the bootstrap's draws [DRAWS]."""

    value: float
    low: float
    high: float
    answers: int
    draws: NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """`value` float64 [N], mostly 0 or 1; `person` and `picture` int64 [N] say whose answer to what it is.

    `stratum` int64 [N] keeps kinds of pictures apart when pictures are drawn, so that their balance stays.
    """

    value: NDArray[np.float64]
    person: NDArray[np.int64]
    picture: NDArray[np.int64]
    stratum: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, rows: NDArray[np.bool_]) -> "Answers":
        return Answers(self.value[rows], self.person[rows], self.picture[rows], self.stratum[rows])


def estimate(answers: Answers, seed: int = 0) -> Estimate | None:
    """The mean with its percentile interval, people and pictures drawn anew with replacement; None without answers.

    Both are drawn independently and an answer weighs the product (the pigeonhole bootstrap: Owen, Annals of Applied
    Statistics 1, 2007), so the interval speaks of other people and other pictures; it is a little too wide rather than
    too narrow. With one person only the pictures vary. Where all answers are the same there is nothing to draw from:
    then it is Wilson's, as if every person (one person: every picture) had answered once.
    """
    if len(answers) == 0:
        return None
    rng = np.random.default_rng(seed)
    people, person = np.unique(answers.person, return_inverse=True)
    pictures, picture = np.unique(answers.picture, return_inverse=True)
    total = np.zeros((len(people), len(pictures)))
    count = np.zeros_like(total)
    np.add.at(total, (person, picture), answers.value)
    np.add.at(count, (person, picture), 1.0)
    weight_of_people = rng.multinomial(len(people), np.full(len(people), 1 / len(people)), DRAWS).astype(np.float64)
    weight_of_pictures = np.empty((DRAWS, len(pictures)))
    stratum_of_picture = np.zeros(len(pictures), np.int64)
    stratum_of_picture[picture] = answers.stratum
    for stratum in np.unique(stratum_of_picture):
        members = np.flatnonzero(stratum_of_picture == stratum)
        weight_of_pictures[:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), DRAWS)
    above = ((weight_of_people @ total) * weight_of_pictures).sum(1)
    below = ((weight_of_people @ count) * weight_of_pictures).sum(1)
    value = float(answers.value.mean())
    # Few answers: a draw may hold none of them, and says nothing.
    draws = np.where(below > 0, above / np.maximum(below, 1e-12), value)
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if value in (0.0, 1.0):
        trials = len(pictures) if len(people) == 1 else min(len(people), len(pictures))
        low, high = wilson_interval(int(value) * trials, trials)
    return Estimate(value, float(low), float(high), len(answers), draws)


def difference(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float]:
    """The 95 % interval of first minus second, from the draws [DRAWS] of two independent studies."""
    low, high = np.quantile(first - second, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
