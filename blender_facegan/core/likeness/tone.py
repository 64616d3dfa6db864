"""Skin tones as numbers from 1, the lightest, to 10, the darkest, named by the Monk scale.

Its swatches name tones and are never aimed at: they run from paper white to near-black, L* 94 to 15, which no skin
reflects, and lie yellower than skin does.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..people.skin_tones import DARKEST_TONE, LIGHTEST_TONE
from .locus import DARKEST, LIGHTEST
from .skin import luminance as luminance_of


def lightness(luminance: ArrayLike) -> NDArray[np.float64]:
    """CIE L* (0 to 100) of a luminance Y of 0 to 1, same shape."""
    light = np.asarray(luminance, np.float64)
    return np.where(light > 216 / 24389, 116 * np.cbrt(light) - 16, light * 24389 / 27)


_LIGHT, _DARK = float(lightness(LIGHTEST)), float(lightness(DARKEST))


def skin_tone(luminance: ArrayLike) -> NDArray[np.float64]:
    """The tone, 1 to 10, of evened skin of luminance Y, same shape.

    The tones are spread evenly in L* over what evened skin reflects: 5.1 of L* each.
    """
    share = (_LIGHT - lightness(luminance)) / (_LIGHT - _DARK)
    return np.clip(LIGHTEST_TONE + (DARKEST_TONE - LIGHTEST_TONE) * share, LIGHTEST_TONE, DARKEST_TONE)


def tone_of(colour: Sequence[float]) -> float:
    """The tone of a skin of this colour, linear RGB."""
    return float(tones_of([colour])[0])


def tones_of(colours: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """The tones [N] of skins of these colours, linear RGB [N, 3]."""
    return skin_tone(luminance_of(np.array(colours, np.float64).reshape(-1, 3)))


def luminance_of_tone(tone: ArrayLike) -> NDArray[np.float64]:
    """The luminance Y of skin of a tone (1 to 10), same shape: the inverse of `skin_tone`."""
    share = (np.asarray(tone, np.float64) - LIGHTEST_TONE) / (DARKEST_TONE - LIGHTEST_TONE)
    value = _LIGHT - share * (_LIGHT - _DARK)
    return np.where(value > 8, ((value + 16) / 116) ** 3, value * 27 / 24389)
