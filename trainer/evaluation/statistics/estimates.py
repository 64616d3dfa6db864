"""Intervals and rank correlation, as scipy has them."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, spearmanr


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927, JASA 22): (low, high), both in 0 ... 1.

    Raises ValueError unless 0 <= successes <= trials and trials > 0.
    """
    interval = binomtest(successes, trials).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Spearman's rho of two [N] sequences, -1 ... 1; nan where one of them is constant or has fewer than 2 values."""
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return math.nan
    return float(spearmanr(first, second).statistic)
