"""Smaller pictures of faces, for crowds that are only seen from afar."""

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
