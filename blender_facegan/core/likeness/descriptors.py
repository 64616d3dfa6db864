"""What faces are compared by."""

import numpy as np
from numpy.typing import NDArray

from ..engine.products import rows_by_rows

LIKENESS = 20.0
"""A distance below which two faces strike the eye as one. Of 18 million pairs among 6,000 photographs of different
people about 50 are nearer; two shots of one sitting mostly are."""
LEAST_SIDE = 12
"""Pixels of the smallest pictures that can be described."""
_LUMA, _CHROMA = LEAST_SIDE, 4
"""Lowest frequencies kept along each axis, of the brightness and of each colour difference."""
LENGTH = _LUMA**2 - 1 + 2 * _CHROMA**2
"""Numbers of a descriptor."""
_CONTRAST, _LEAST_CONTRAST = 50.0, 5.0
"""Root mean square of the brightness that every face is brought to, and the least that it is taken to have had, so that
an empty picture stays empty: steps of 1/255."""
_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)
"""Brightness and the two colour differences of sRGB values (JFIF, after BT.601)."""
_BATCH = 16
"""Pictures that are described at a time: they stay in a core's cache."""


def descriptors(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What faces are compared by: float32 [N, 175]. images: uint8 [N, H, W, 3], sRGB, H and W at least 12.

    The lowest frequencies of an orthonormal cosine transform (DCT-II): 12 x 12 of the brightness without its mean, and
    brought to one contrast, since a dim picture of somebody is the same face; and 4 x 4 of both colour differences. The
    distance of two descriptors is the root mean square difference of the pictures so treated, in steps of 1/255.
    """
    count, height, width = images.shape[:3]
    down, across = _cosines(_LUMA, height), _cosines(_LUMA, width)
    features = _LUMA**2 - 1
    result = np.empty((count, LENGTH), np.float32)
    for start in range(0, count, _BATCH):
        rows = result[start : start + _BATCH]
        planes = np.ascontiguousarray(np.moveaxis(images[start : start + _BATCH], -1, 0)).astype(np.float32)
        # Picture by picture, since BLAS would start its threads on all rows at once.
        lines = np.ascontiguousarray(np.moveaxis(rows_by_rows(planes, across), 2, 3))
        # The colours are mixed last, since that is the same on fewer numbers.
        spectrum = np.einsum("yc,cnuv->nyuv", _YCC, rows_by_rows(lines, down))
        rows[:, :features] = spectrum[:, 0].reshape(len(rows), -1)[:, 1:]
        rows[:, features:] = spectrum[:, 1:, :_CHROMA, :_CHROMA].reshape(len(rows), -1)
    result /= np.float32(np.sqrt(height * width))
    brightness = result[:, :features]
    contrast = np.sqrt(np.einsum("ij,ij->i", brightness, brightness))[:, None]
    brightness *= np.float32(_CONTRAST) / np.maximum(contrast, np.float32(_LEAST_CONTRAST))
    return result


def _cosines(count: int, size: int) -> NDArray[np.float32]:
    """The first `count` rows of the orthonormal DCT-II matrix of `size` points."""
    angles = np.pi / size * np.outer(np.arange(count), np.arange(size) + 0.5)
    rows = np.cos(angles) * np.sqrt(2 / size)
    rows[0] /= np.sqrt(2)
    result: NDArray[np.float32] = rows.astype(np.float32)
    return result
