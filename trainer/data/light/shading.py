"""The low orders of a lamp's light on a face, fitted over a generic head and taken out of its luminance.

A face's luminance over its template is taken for the shading of a white head, and that for nine functions of the
normal: the spherical harmonics to the second order, by which any far light falls on a matt surface (Basri and Jacobs,
PAMI 2003; Ramamoorthi and Hanrahan, SIGGRAPH 2001). Luminance alone: fitted for each colour, a face between two lamps
turns coloured.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trainer.data.light.colour import Floats
from trainer.data.light.head import Head, generic_head

FIT_SIDE = 64
"""Side in pixels of what the light is fitted on, whatever the picture's."""
RIDGE = 30 * np.array([0, 0.3, 0.3, 0.5, 2, 2, 2, 2, 2], np.float32)
"""Holds the fit back where a face tells little: nothing for the mean, much for the second order."""
ROUNDS = 4
CAUCHY = 2.385
"""Residuals of this many standard deviations weigh half (Cauchy's weight at 95 % efficiency)."""
STRENGTH = 0.9
"""Exponent of the gain: the last tenth of a shading is left, since the fit is no truth."""
SHADING = (0.22, 4.0)
"""Shading over its median beyond which it is not believed."""
GAIN = (0.4, 2.6)
"""Least and most that a pixel is multiplied by."""
BEYOND = ((0.055, 0.6), (0.16, 1.0))
"""How a gain is carried past the face: standard deviations of the blur, in sides, each with what it is trusted."""
EDGE = 0.03
"""Standard deviation, in sides, of the blur by which a face's gain gives way to the carried one."""
FADE = 0.02
"""Share of face under the widest blur at which the carried gain is half of the face's."""


def basis(normals: Floats) -> Floats:
    """The nine functions [P, 9] of unit normals [P, 3], all but the first about 0 in the mean over a face."""
    x, y, z = normals.T
    functions = [np.ones_like(x), x, y, z - 0.8, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1.9]
    return np.asarray(np.stack(functions, axis=1), np.float32)


@dataclass(frozen=True)
class Canvas:
    """What a fit or a gain needs of a crop: the head's functions [P, 9], template and weight [P], a pixel a row."""

    functions: Floats
    template: Floats
    weight: Floats


@lru_cache(maxsize=8)
def _canvas(height: int, width: int, eye_distance: float, eye_height: float) -> Canvas:
    head: Head = generic_head(height, width, eye_distance, eye_height)
    return Canvas(basis(head.normals.reshape(-1, 3)), np.maximum(head.template.ravel(), 0.2), head.weight.ravel())


def fit(luminance: Floats, skin: float, eye_distance: float, eye_height: float) -> Floats:
    """The light [9] on a face of `luminance` [64, 64] whose skin has the luminance `skin`; eyes as shares of the side.

    Ridge regression, then four rounds with Cauchy's weights, so that hair, glasses and a beard have little say.
    """
    canvas = _canvas(FIT_SIDE, FIT_SIDE, eye_distance, eye_height)
    seen = luminance.ravel() / (canvas.template * max(skin, 1e-3))
    used = canvas.weight > 0
    functions, seen, fixed = canvas.functions[used], seen[used], canvas.weight[used]
    weight = fixed
    for turn in range(ROUNDS + 1):
        weighted = functions * weight[:, None]
        light = np.linalg.solve(weighted.T @ functions + np.diag(RIDGE), weighted.T @ seen)
        if turn == ROUNDS:
            break
        left = np.abs(seen - functions @ light)
        spread = 1.4826 * float(np.median(left[fixed > 0.5])) + 1e-4
        weight = np.asarray(fixed / (1 + (left / np.float32(CAUCHY * spread)) ** 2), np.float32)
    return np.asarray(light, np.float32)


def shading(light: Floats, height: int, width: int, eye_distance: float, eye_height: float) -> Floats:
    """The shading [H, W] by `light` [9] over its median on the face, within `SHADING`."""
    canvas = _canvas(height, width, eye_distance, eye_height)
    plain = canvas.functions @ light
    middle = max(float(np.median(plain[canvas.weight > 0.5])), 1e-3)
    return np.asarray(np.clip(plain / middle, *SHADING).reshape(height, width), np.float32)


def gain(light: Floats, height: int, width: int, eye_distance: float, eye_height: float) -> Floats:
    """What each pixel [H, W] is multiplied by to take `light` [9] out; past the face it is carried on, and fades."""
    canvas = _canvas(height, width, eye_distance, eye_height)
    own = np.clip(shading(light, height, width, eye_distance, eye_height) ** -STRENGTH, *GAIN)
    return carried(np.log(own), face_share(canvas.weight.reshape(height, width)))


def face_share(weight: Floats) -> Floats:
    """Where the fit holds, 0 at the face's edge to 1 within, [H, W].

    Eyes and mouth belong to it: their low weight only says that they tell little.
    """
    inside = (weight > 0).astype(np.float32)
    return np.asarray(np.clip(2 * blurred(inside, EDGE * weight.shape[1]) - 1, 0, 1), np.float32)


def carried(logarithm: Floats, face: Floats) -> Floats:
    """Gains [H, W] from their logarithm on the `face` (0 to 1, [H, W]), beyond it by normalised blur."""
    side = logarithm.shape[1]
    beyond, trusted = np.zeros_like(logarithm), np.zeros_like(logarithm)
    for deviation, trust in BEYOND:
        cover = blurred(face, deviation * side)
        own = blurred(logarithm * face, deviation * side) / np.maximum(cover, 1e-6)
        share = trust * cover / (cover + FADE) * (1 - trusted)
        beyond += share * own
        trusted += share
    return np.exp(face * logarithm + (1 - face) * beyond)


def blurred(raster: Floats, deviation: float) -> Floats:
    """A raster [H, W] under a Gaussian of this standard deviation in pixels, nothing beyond its edge."""
    return np.asarray(kernel(raster.shape[0], deviation) @ raster @ kernel(raster.shape[1], deviation).T)


@lru_cache(maxsize=16)
def kernel(length: int, deviation: float) -> NDArray[np.float32]:
    """The matrix [length, length] that blurs a line by a Gaussian of this standard deviation in pixels."""
    distance = np.arange(length)[:, None] - np.arange(length)[None, :]
    return np.asarray(np.exp(-0.5 * (distance / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi)), np.float32)
