"""Smaller pictures, for what is only seen from afar: each pixel is the mean light of the area that it covers."""

import numpy as np
from numpy.typing import NDArray

from .skin import LIGHT_OF_BYTES, srgb_from_linear


def shrunk(faces: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The faces with a side of `side` pixels: uint8 [N, side, side, 3].

    faces: uint8 [N, H, H, 3], sRGB. Each pixel is the mean light of the area that it covers, so nothing flickers and
    the brightness stays. Raises ValueError for a side that is not from 1 to H.
    """
    count, height = faces.shape[:2]
    if not 1 <= side <= height:
        raise ValueError(f"a face of {height} pixels cannot be shrunk to {side}")
    if side == height:
        return faces
    weights = _coverage(height, side)
    rows = np.matmul(weights, LIGHT_OF_BYTES[faces].reshape(count, height, height * 3))
    light = np.matmul(weights, rows.reshape(count * side, height, 3)).reshape(count, side, side, 3)
    return np.round(srgb_from_linear(light) * 255).astype(np.uint8)


def _coverage(before: int, after: int) -> NDArray[np.float32]:
    """How much of each new pixel every old one covers: float32 [after, before], rows that sum to 1."""
    edges = np.arange(after + 1) * (before / after)
    starts = np.arange(before)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    result: NDArray[np.float32] = (np.maximum(overlap, 0) * (after / before)).astype(np.float32)
    return result


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
