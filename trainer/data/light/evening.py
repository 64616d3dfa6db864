"""One aligned face, evened: what the lamp did to it is measured and taken out.

First the shading (`shading`), so that the skin's colour is measured in even light, then tint and exposure (`locus`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data.light import locus, shading
from trainer.data.light.colour import Floats, cheek_colours, decode, encode, luminance, skin_colour
from trainer.data.light.head import generic_head
from trainer.data.light.locus import SMALLEST
from trainer.data.light.tone import lightness, skin_tone

PHOTOGRAPHS, EVEN = "photographs", "even"
"""What `light` says in a dataset.json and on a model's card: faces as they were lit, or in even light."""
SHOULDER = 0.8
"""Linear light from which brightened pixels are drawn in, so that they meet white without an edge."""

BURNT, DIMMED = 250, 0.85
"""A pixel is lost whose brightest channel is at or above the one and which is multiplied by less than the other."""
FACE = 0.5
"""Weight in the generic head from which a pixel counts as face."""


@dataclass(frozen=True)
class Light:
    """What is measured of the light on a face and of its skin.

    - `side_light`: natural logarithm of one cheek's luminance over the other's, positive where the picture's left one
      is the brighter.
    - `double_light`: how far the two cheeks' colours lie apart, in standard deviations of skin's (Mahalanobis): two
      lamps of two colours.
    - `off_skin`: how far the skin's colour lies off the locus, in the same.
    - `undertone`: the part of it across the axis of lamps: above 0 rosy, below 0 olive.
    - `skin_luminance`: linear, 0 to 1. `skin_lightness`: the same as CIE L*. `skin_tone`: the same from 1 to 10.
    """

    side_light: float
    double_light: float
    off_skin: float
    undertone: float
    skin_luminance: float

    @property
    def skin_lightness(self) -> float:
        """CIE L* of the skin."""
        return float(lightness(self.skin_luminance))

    @property
    def skin_tone(self) -> float:
        """The skin's tone, 1 (lightest) to 10, by the luminance of evened skin."""
        return float(skin_tone(self.skin_luminance))


def measure(light: Floats, eye_distance: float, eye_height: float) -> Light:
    """The light on a face in linear RGB [H, W, 3]; eyes as shares of the side."""
    left, right = (np.maximum(cheek, SMALLEST) for cheek in cheek_colours(light, eye_distance, eye_height))
    skin = np.maximum(skin_colour(light, eye_distance, eye_height), SMALLEST)
    off = locus.residual(skin)
    apart = np.log(left / left[1]) - np.log(right / right[1])
    return Light(
        side_light=float(np.log(luminance(left) / luminance(right))),
        double_light=locus.sigmas(apart[[0, 2]].astype(np.float64)),
        off_skin=locus.sigmas(off),
        undertone=locus.undertone(off),
        skin_luminance=float(luminance(skin)),
    )


@dataclass(frozen=True)
class Evened:
    """A face in even light.

    `picture` uint8 sRGB [H, W, 3]. `lost`: share of the face that was burnt out where light was taken away, so that it
    is grey now instead of skin. `exposure`: what the skin's luminance was multiplied by.
    """

    picture: NDArray[np.uint8]
    lost: float
    exposure: float


def even(picture: NDArray[np.uint8], eye_distance: float, eye_height: float) -> Evened:
    """The face `picture` uint8 sRGB [H, W, 3] in even light; eyes as shares of the side.

    The reference for any other program that evens faces: `shading_gain`, then the factors of `locus.correction` for
    the colour that the skin then has, then `drawn_in`.
    """
    seen = decode(picture)
    gain = shading_gain(seen, eye_distance, eye_height)
    flat = seen * gain[..., None]
    tint = locus.correction(skin_colour(flat, eye_distance, eye_height))
    dimmed = (picture.max(axis=2) >= BURNT) & (gain * tint.exposure < DIMMED)
    face = generic_head(*gain.shape, eye_distance, eye_height).weight > FACE
    return Evened(encode(drawn_in(flat * tint.gains, seen)), float(dimmed[face].mean()), tint.exposure)


def shading_gain(light: Floats, eye_distance: float, eye_height: float) -> Floats:
    """What takes the low orders of its light out of a face in linear RGB [H, W, 3]: a factor for each pixel [H, W]."""
    height, width = light.shape[:2]
    small = area_mean(luminance(light), shading.FIT_SIDE)
    skin = float(luminance(skin_colour(light, eye_distance, eye_height)))
    lamp = shading.fit(small, skin, eye_distance, eye_height)
    return shading.gain(lamp, height, width, eye_distance, eye_height)


def drawn_in(light: Floats, seen: Floats) -> Floats:
    """Linear light [H, W, 3] with what exceeds `SHOULDER` drawn in below white, all three colours alike.

    Only as far as the pixel was not as bright in the picture as it was `seen`: what was white may stay white.
    """
    brightest = light.max(axis=2)
    knee = np.maximum(SHOULDER, np.minimum(seen.max(axis=2), 0.999))
    over = np.maximum(brightest - knee, 0)
    wanted = np.minimum(brightest, knee) + (1 - knee) * np.tanh(over / (1 - knee))
    share = np.divide(wanted, brightest, out=np.ones_like(wanted), where=brightest > 0)
    return np.asarray(light * share[..., None])


def area_mean(raster: Floats, side: int) -> Floats:
    """A raster [H, W] reduced or enlarged to [side, side]: each pixel the mean of the area that it covers."""
    return np.asarray(area_shares(raster.shape[0], side) @ raster @ area_shares(raster.shape[1], side).T)


def area_shares(length: int, side: int) -> Floats:
    """How much each of `length` cells counts in each of `side` cells over the same stretch, [side, length]."""
    edges = np.arange(side + 1) * (length / side)
    low = np.maximum(edges[:-1, None], np.arange(length)[None, :])
    high = np.minimum(edges[1:, None], np.arange(1, length + 1)[None, :])
    return np.asarray(np.maximum(high - low, 0) / (length / side), np.float32)
