"""The colour of a face's skin, and the sRGB curve."""

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

_LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Rec. 709, of linear RGB."""
_PATCHES = ((-0.5, 0.62, 0.22), (0.5, 0.62, 0.22), (0.0, -0.42, 0.24))
"""Cheeks and forehead: centre (right of the middle, below the eyes) and half side, in eye distances."""


def linear_from_srgb(values: ArrayLike) -> NDArray[np.float32]:
    """Linear light from sRGB values of 0 to 1 (IEC 61966-2-1): float32 of the same shape."""
    encoded = np.asarray(values, np.float32)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)


def srgb_from_linear(values: ArrayLike) -> NDArray[np.float32]:
    """Encoded sRGB values of 0 to 1 from linear light, negative light as 0 (IEC 61966-2-1): float32, same shape."""
    light = np.maximum(np.asarray(values, np.float32), 0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)


LIGHT_OF_BYTES: Final = linear_from_srgb(np.arange(256) / 255)
"""Linear light of every byte, float32 [256]."""


def luminance(light: NDArray[Any]) -> NDArray[Any]:
    """Luminance [...] of linear RGB [..., 3], of the same type."""
    red, green, blue = (light[..., i] * light.dtype.type(share) for i, share in enumerate(_LUMINANCE))
    # In this order whatever the shape, unlike a matrix product.
    total: NDArray[Any] = red + green + blue
    return total


def skin_colour(face: NDArray[np.uint8], eye_distance: float, eye_height: float) -> NDArray[np.float32]:
    """The skin's colour: float32 [3], linear RGB of 0 to 1; see `skin_colours`. face: uint8 [H, W, 3], sRGB."""
    colour: NDArray[np.float32] = skin_colours(face[None], eye_distance, eye_height)[0]
    return colour


def skin_colours(faces: NDArray[np.uint8], eye_distance: float, eye_height: float) -> NDArray[np.float32]:
    """The skins' colours: float32 [N, 3], linear RGB of 0 to 1.

    faces: uint8 [N, H, W, 3], sRGB, row 0 at the top. eye_distance and eye_height: the card's, shares of the side.
    """
    count, height, width = faces.shape[:3]
    chosen = patch_pixels(height, width, eye_distance, eye_height)
    return typical_colours(LIGHT_OF_BYTES[faces.reshape(count, -1, 3).take(chosen, axis=1)])


def typical_colours(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean colours [N, 3] of that half of the pixels [N, Q, 3], linear RGB, nearest to the median luminance.

    pixels: contiguous. So a fringe, a beard, glasses or a highlight over less than half of them changes nothing.
    """
    own = luminance(pixels)
    distance = np.abs(own - middles(own)[:, None])
    kept = (distance <= middles(distance)[:, None]).astype(np.float32)
    colours: NDArray[np.float32] = (kept[:, None] @ pixels)[:, 0] / kept.sum(axis=1, keepdims=True)
    return colours


def middles(rows: NDArray[Any]) -> NDArray[Any]:
    """The median of each row: [N] of [N, Q], of the same type."""
    half = rows.shape[1] // 2
    ordered = np.partition(rows, (half - 1, half), axis=1) if rows.shape[1] > 1 else rows
    upper = ordered[:, half]
    return upper if rows.shape[1] % 2 else (upper + ordered[:, half - 1]) * rows.dtype.type(0.5)


@lru_cache(maxsize=16)
def patch_pixels(height: int, width: int, eye_distance: float, eye_height: float) -> NDArray[np.intp]:
    """The pixels of a face's cheeks and forehead, counted row by row; one that two of them share stands twice."""
    unit = eye_distance * width
    numbers = np.arange(height * width).reshape(height, width)
    found = []
    for right, down, half in _PATCHES:
        x, y = width / 2 + right * unit, eye_height * height + down * unit
        top, left = max(round(y - half * unit), 0), max(round(x - half * unit), 0)
        patch = numbers[top : max(round(y + half * unit), top + 1), left : max(round(x + half * unit), left + 1)]
        found.append(patch.ravel())
    return np.concatenate(found)
