"""The colour of a face's skin, and the sRGB curve."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Rec. 709 luminance of linear RGB."""
_PATCHES = ((-0.5, 0.62, 0.22), (0.5, 0.62, 0.22), (0.0, -0.42, 0.24))
"""Cheeks and forehead: centre (right of the middle, below the eyes) and half side, in eye distances."""
_KEPT = 0.5
"""Share of the patches' pixels that the colour rests on: those nearest to the median luminance."""


def linear_from_srgb(values: ArrayLike) -> NDArray[np.float32]:
    """Linear light from sRGB values of 0 to 1 (IEC 61966-2-1): float32 of the same shape."""
    encoded = np.asarray(values, np.float32)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)


def srgb_from_linear(values: ArrayLike) -> NDArray[np.float32]:
    """Encoded sRGB values of 0 to 1 from linear light, negative light as 0 (IEC 61966-2-1): float32, same shape."""
    light = np.maximum(np.asarray(values, np.float32), 0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)


def skin_colour(face: NDArray[np.uint8], eye_distance: float, eye_height: float) -> NDArray[np.float32]:
    """The skin's colour: float32 [3], linear RGB of 0 to 1.

    face: uint8 [H, W, 3], sRGB, row 0 at the top. eye_distance and eye_height: the card's, shares of the side. Cheeks
    and forehead are looked at; of their pixels the half nearest to the median luminance is averaged, so that a fringe,
    a beard, glasses or a highlight over less than half of them changes nothing.
    """
    height, width = face.shape[:2]
    unit = eye_distance * width
    pixels = []
    for right, down, half in _PATCHES:
        x, y = width / 2 + right * unit, eye_height * height + down * unit
        top, left = max(round(y - half * unit), 0), max(round(x - half * unit), 0)
        patch = face[top : max(round(y + half * unit), top + 1), left : max(round(x + half * unit), left + 1)]
        pixels.append(patch.reshape(-1, 3))
    light = linear_from_srgb(np.concatenate(pixels) / np.float32(255))
    luminance = light @ _LUMINANCE
    distance = np.abs(luminance - np.median(luminance))
    kept = light[distance <= np.quantile(distance, _KEPT)]
    colour: NDArray[np.float32] = kept.mean(axis=0, dtype=np.float32)
    return colour
