"""Which colours skin has, and what takes a face's skin there.

A colour is looked at as (ln R/G, ln B/G) of its linear RGB and its luminance Y. Along Y the colours of skin lie around
a line, the locus; what lies off it is told in standard deviations (Mahalanobis) of the spread around it.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .skin import luminance as luminance_of

_LOCUS = np.array(
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
_KNOTS = np.log(_LOCUS[:, 0])
_COVARIANCE = np.array([[0.0203, -0.0081], [-0.0081, 0.0294]])
"""Of what is left around the locus, in those portraits."""
_PRECISION = np.linalg.inv(_COVARIANCE)
_ROSY = np.array([1.0, 1.0]) / float(np.sqrt(_COVARIANCE.sum()))
"""The axis of undertones, across that of lamps, which turn red up and blue down together or the other way round."""
_LEFT_OVER = 1.0
"""Standard deviations that a corrected skin may lie off the locus: people differ, and so much of it is theirs."""
_SHOULDERS = (0.08, 0.36)
"""Luminances between which a skin's exposure is left as it is."""
DARKEST: Final = 0.05
LIGHTEST: Final = 0.45
"""What darker and lighter skins are drawn in to."""
SMALLEST: Final = 1e-4
"""Luminance that a colour is taken to have at least."""


def on_locus(luminance: ArrayLike) -> NDArray[np.float64]:
    """The ln R/G and ln B/G [N, 2] of skin of these luminances [N]: interpolated in ln Y, constant beyond the table."""
    at = np.log(np.maximum(np.asarray(luminance, np.float64), SMALLEST))
    return np.stack([np.interp(at, _KNOTS, _LOCUS[:, 1]), np.interp(at, _KNOTS, _LOCUS[:, 2])], axis=-1)


def residual(colours: ArrayLike) -> NDArray[np.float64]:
    """How far linear RGB colours [N, 3] lie off the locus: ln R/G and ln B/G, [N, 2]."""
    light = np.asarray(colours, np.float64)
    logarithms = np.log(np.maximum(light, SMALLEST))
    ratios = np.stack([logarithms[..., 0] - logarithms[..., 1], logarithms[..., 2] - logarithms[..., 1]], axis=-1)
    off: NDArray[np.float64] = ratios - on_locus(luminance_of(light))
    return off


def sigmas(off: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lengths [N] of residuals [N, 2] in standard deviations (Mahalanobis)."""
    squares: NDArray[np.float64] = np.einsum("...i,ij,...j->...", off, _PRECISION, off)
    return np.sqrt(squares)


def undertone(off: NDArray[np.float64]) -> float:
    """The part of a residual [2] across the axis of lamps, in standard deviations: above 0 rosy, below 0 olive."""
    return float(off @ _ROSY)


def even_exposure(luminance: NDArray[np.float64]) -> NDArray[np.float64]:
    """The luminances [N] that skins are drawn in to: the same between the shoulders, by tanh towards either end."""
    low, high = _SHOULDERS
    above = high + (LIGHTEST - high) * np.tanh((luminance - high) / (LIGHTEST - high))
    below = low - (low - DARKEST) * np.tanh((low - luminance) / (low - DARKEST))
    return np.where(luminance > high, above, np.where(luminance < low, below, luminance))


def colour_factors(
    colours: NDArray[np.float32], strength: float, asked: NDArray[np.float64] | None = None
) -> NDArray[np.float32]:
    """What linear red, green and blue of faces are multiplied by, [N, 3], so that their skins lie in the locus.

    colours: the skins, linear RGB [N, 3]. strength: 0 (none of it) to 1, geometric. asked: the luminances [N] that
    skins are to have, nan where they keep their own, drawn in by `even_exposure`. A residual is shrunk to at most
    `_LEFT_OVER` standard deviations and kept with regard to the place that the skin moves to (von Kries).
    """
    light = np.maximum(np.asarray(colours, np.float64), SMALLEST)
    luminance = np.maximum(luminance_of(light), SMALLEST)
    target = luminance ** (1 - strength) * even_exposure(luminance) ** strength
    if asked is not None:
        target = np.where(np.isnan(asked), target, asked)
    off = residual(light)
    kept = np.minimum(1.0, _LEFT_OVER / np.maximum(sigmas(off), 1e-9)) ** strength
    wanted = on_locus(target) + kept[..., None] * off
    ratios = np.exp(np.stack([wanted[..., 0], np.zeros_like(target), wanted[..., 1]], axis=-1))
    factors: NDArray[np.float64] = ratios * (target / luminance_of(ratios))[..., None] / light
    return factors.astype(np.float32)
