"""Linear light, and the colour of a face's skin."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Rec. 709 luminance of linear RGB."""
PATCHES = ((-0.5, 0.62, 0.22), (0.5, 0.62, 0.22), (0.0, -0.42, 0.24))
"""Left cheek, right cheek, forehead: centre (right of the middle, below the eyes) and half side, in eye distances."""
KEPT = 0.5
"""Share of the patches' pixels that the colour rests on: those nearest to the median luminance."""
WHITE = 0.985
"""Encoded value from which a channel counts as burnt out."""


def linear_from_srgb(values: NDArray[Any]) -> Floats:
    """Linear light from sRGB values of 0 to 1 (IEC 61966-2-1): float32 of the same shape."""
    encoded = np.asarray(values, np.float32)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)


def srgb_from_linear(values: NDArray[Any]) -> Floats:
    """Encoded sRGB values of 0 to 1 from linear light, negative light as 0 (IEC 61966-2-1): float32, same shape."""
    light = np.maximum(np.asarray(values, np.float32), 0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** np.float32(1 / 2.4) - 0.055).astype(np.float32)


_DECODED = linear_from_srgb(np.arange(256) / 255)


def decode(picture: NDArray[np.uint8]) -> Floats:
    """Linear RGB of 0 to 1, float32 [H, W, 3], of a picture uint8 sRGB [H, W, 3]."""
    return np.asarray(_DECODED[picture])


def encode(light: Floats) -> NDArray[np.uint8]:
    """The picture uint8 sRGB [H, W, 3] of linear RGB [H, W, 3], what lies outside 0 to 1 cut off."""
    return np.asarray(np.round(srgb_from_linear(np.minimum(light, 1)) * 255), np.uint8)


def luminance(light: Floats) -> Floats:
    """Luminance [...] of linear RGB [..., 3]."""
    return np.asarray(light @ LUMINANCE)


def patch_places(height: int, width: int, eye_distance: float, eye_height: float) -> list[tuple[slice, slice]]:
    """Rows and columns of each of the `PATCHES` of a face of H x W pixels; eyes as shares of the side."""
    unit, places = eye_distance * width, []
    for right, down, half in PATCHES:
        x, y = width / 2 + right * unit, eye_height * height + down * unit
        top, left = max(round(y - half * unit), 0), max(round(x - half * unit), 0)
        bottom, end = max(round(y + half * unit), top + 1), max(round(x + half * unit), left + 1)
        places.append((slice(top, bottom), slice(left, end)))
    return places


def patch(light: Floats, number: int, eye_distance: float, eye_height: float) -> Floats:
    """The pixels [P, 3] of one of the `PATCHES` of a face [H, W, 3]; eyes as shares of the side."""
    height, width, channels = light.shape
    rows, columns = patch_places(height, width, eye_distance, eye_height)[number]
    return light[rows, columns].reshape(-1, channels)


def skin_colour(light: Floats, eye_distance: float, eye_height: float) -> Floats:
    """The skin's colour, linear RGB float32 [3], of a face in linear RGB [H, W, 3]; eyes as shares of the side.

    Cheeks and forehead are looked at; of their pixels the half nearest to the median luminance is averaged, so that a
    fringe, a beard, glasses or a highlight over less than half of them changes nothing. (The add-on measures the skin
    of what it draws in the same way.)
    """
    return typical(np.concatenate([patch(light, number, eye_distance, eye_height) for number in range(len(PATCHES))]))


def cheek_colours(light: Floats, eye_distance: float, eye_height: float) -> tuple[Floats, Floats]:
    """The colours of the cheek on the picture's left and of that on its right, linear RGB float32 [3] each."""
    left, right = (typical(patch(light, number, eye_distance, eye_height)) for number in (0, 1))
    return left, right


def typical(pixels: Floats) -> Floats:
    """The mean colour [3] of the half of the pixels [P, 3] that is nearest to their median luminance."""
    own = luminance(pixels)
    distance = np.abs(own - np.median(own))
    kept = pixels[distance <= np.quantile(distance, KEPT)]
    return np.asarray(kept.mean(axis=0, dtype=np.float32))
