"""Smaller copies of pictures, each texel the mean light of four."""

import numpy as np
from numpy.typing import NDArray

from ..likeness.skin import LIGHT_OF_BYTES, srgb_from_linear


def halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The next mip level: uint8 [..., H/2, W/2, C], sRGB, of [..., H, W, C]. A side of one texel stays.

    A fourth channel is alpha, whose mean is plain. Raises ValueError for an odd side above one.
    """
    height, width, channels = pixels.shape[-3:]
    if (height > 1 and height % 2) or (width > 1 and width % 2):
        raise ValueError(f"{width} by {height} texels have no half")
    down, across = 1 + (height > 1), 1 + (width > 1)
    light = LIGHT_OF_BYTES[pixels[..., :3]]
    mean = _pooled(light, down, across)
    result = np.empty((*mean.shape[:-1], channels), np.uint8)
    result[..., :3] = np.round(srgb_from_linear(mean) * 255)
    if channels == 4:
        result[..., 3:] = np.round(_pooled(pixels[..., 3:].astype(np.float32), down, across))
    return result


def mip_levels(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The picture, its half and so on down to one texel. Sides: powers of two."""
    levels = [pixels]
    while max(levels[-1].shape[-3:-1]) > 1:
        levels.append(halved(levels[-1]))
    return levels


def _pooled(values: NDArray[np.float32], down: int, across: int) -> NDArray[np.float32]:
    *lead, height, width, channels = values.shape
    blocks = values.reshape(*lead, height // down, down, width // across, across, channels)
    mean: NDArray[np.float32] = blocks.mean(axis=(-4, -2))
    return mean
