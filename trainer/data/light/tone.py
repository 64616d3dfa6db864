"""Skin tones as numbers from 1, the lightest, to 10, the darkest, named by the Monk scale."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainer.data.light.locus import DARKEST, LIGHTEST

MONK = ("f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a", "292420")
"""The ten swatches (Monk Skin Tone Scale, Ellis Monk, CC BY 4.0), sRGB. They name tones and are never aimed at.

They run from paper white to near-black, L* 94 to 15, which no skin reflects, and lie yellower than skin does.
"""
COUNT = len(MONK)


def lightness(luminance: ArrayLike) -> NDArray[np.float64]:
    """CIE L* (0 to 100) of a luminance Y of 0 to 1, same shape."""
    light = np.asarray(luminance, np.float64)
    return np.where(light > 216 / 24389, 116 * np.cbrt(light) - 16, light * 24389 / 27)


def luminance_of_lightness(value: ArrayLike) -> NDArray[np.float64]:
    """The luminance Y of a CIE L*, same shape."""
    high = np.asarray(value, np.float64)
    return np.where(high > 8, ((high + 16) / 116) ** 3, high * 27 / 24389)


_LIGHT, _DARK = float(lightness(LIGHTEST)), float(lightness(DARKEST))


def skin_tone(luminance: ArrayLike) -> NDArray[np.float64]:
    """The tone, 1 to 10, of evened skin of luminance Y, same shape.

    The ten tones are spread evenly in L* over what evened skin reflects (`LIGHTEST` to `DARKEST`: 5.1 of L* each), as
    the swatches are over what paper does.
    """
    share = (_LIGHT - lightness(luminance)) / (_LIGHT - _DARK)
    return np.clip(1 + (COUNT - 1) * share, 1, COUNT)


def luminance_of_tone(tone: ArrayLike) -> NDArray[np.float64]:
    """The luminance Y that skin of a tone (1 to 10) has: the inverse of `skin_tone`, same shape."""
    share = (np.asarray(tone, np.float64) - 1) / (COUNT - 1)
    return luminance_of_lightness(_LIGHT - share * (_LIGHT - _DARK))
