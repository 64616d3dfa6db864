"""Which colours skin has, and the correction of a face's tint and exposure to them.

A colour is looked at as (ln R/G, ln B/G) of its linear RGB and its luminance Y. Along Y, the colours of skin lie around
a line, the locus; what lies off it is told in standard deviations (Mahalanobis) of the spread around it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data.light.colour import LUMINANCE, Floats

LOCUS = np.array(
    [
        (0.04, 1.02, -0.43),
        (0.08, 1.05, -0.52),
        (0.125, 1.00, -0.50),
        (0.175, 0.92, -0.43),
        (0.25, 0.84, -0.39),
        (0.35, 0.79, -0.36),
        (0.45, 0.72, -0.335),
        (0.62, 0.55, -0.26),
    ]
)
"""Y, ln R/G, ln B/G: medians of bins of 1,405 official portraits and 1,500 FairFace photographs, smoothed by eye."""
COVARIANCE = np.array([[0.0203, -0.0081], [-0.0081, 0.0294]])
"""Of what is left around the locus, in those portraits."""
PRECISION = np.linalg.inv(COVARIANCE)
FAR_OFF = 3.0
"""Standard deviations from the locus beyond which a skin looks wrong: purple, pink, white or green."""
LEFT_OVER = 1.0
"""Standard deviations that a corrected skin may lie off the locus: people differ, and so much of it is theirs."""
SHOULDERS = (0.08, 0.36)
"""Luminances between which a skin's exposure is left as it is."""
DARKEST, LIGHTEST = 0.05, 0.45
"""What darker and lighter skins are drawn in to, by tanh, order and all."""
ROSY = np.array([1.0, 1.0]) / float(np.sqrt(COVARIANCE.sum()))
"""Undertone: along this axis of the residual, in standard deviations: above 0 rosy, below 0 olive.

It lies across the axis of lamps, which turn red up and blue down together or the other way round.
"""
SMALLEST = 1e-4


def on_locus(luminance: float) -> NDArray[np.float64]:
    """The ln R/G and ln B/G of skin of this luminance, [2]: interpolated in ln Y, constant beyond the table."""
    at = np.log(max(luminance, SMALLEST))
    knots = np.log(LOCUS[:, 0])
    return np.array([np.interp(at, knots, LOCUS[:, 1]), np.interp(at, knots, LOCUS[:, 2])])


def residual(colour: Floats) -> NDArray[np.float64]:
    """How far a linear RGB colour [3] lies off the locus: ln R/G and ln B/G, [2]."""
    red, green, blue = np.log(np.maximum(np.asarray(colour, np.float64), SMALLEST))
    return np.array([red - green, blue - green]) - on_locus(float(colour @ LUMINANCE))


def sigmas(off: NDArray[np.float64]) -> float:
    """The length of a residual [2] in standard deviations (Mahalanobis)."""
    return float(np.sqrt(off @ PRECISION @ off))


def undertone(off: NDArray[np.float64]) -> float:
    """A residual's [2] part along `ROSY`, in standard deviations: above 0 rosy, below 0 olive."""
    return float(off @ ROSY)


def even_exposure(luminance: float) -> float:
    """The luminance that a skin is drawn in to: the same between the shoulders, never outside darkest ... lightest."""
    low, high = SHOULDERS
    if luminance > high:
        return high + (LIGHTEST - high) * float(np.tanh((luminance - high) / (LIGHTEST - high)))
    if luminance < low:
        return low - (low - DARKEST) * float(np.tanh((low - luminance) / (low - DARKEST)))
    return luminance


@dataclass(frozen=True)
class Tint:
    """A correction of colour: the factors of linear red, green and blue [3], and that of the skin's luminance."""

    gains: Floats
    exposure: float


def correction(colour: Floats) -> Tint:
    """What takes a skin of linear RGB `colour` [3] to the locus and into its exposure: von Kries factors.

    The residual is shrunk to at most `LEFT_OVER` standard deviations. Where the exposure changes, the locus itself
    moves, and the residual is kept with regard to the place it moves to.
    """
    luminance = max(float(colour @ LUMINANCE), SMALLEST)
    target = even_exposure(luminance)
    off = residual(colour)
    shrink = min(1.0, LEFT_OVER / max(sigmas(off), 1e-9))
    wanted = on_locus(target) + shrink * off
    ratios = np.exp(np.array([wanted[0], 0.0, wanted[1]]))
    goal = ratios * (target / float(ratios @ LUMINANCE))
    return Tint(np.asarray(goal / np.maximum(colour, SMALLEST), np.float32), target / luminance)
