"""Finds faces of a crowd that look alike."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.products import rows_by_rows

LIKENESS = 20.0
"""A distance below which two faces strike the eye as one. Of 18 million pairs among 6,000 photographs of different
people about 50 are nearer; two shots of one sitting mostly are."""
_LUMA, _CHROMA = 12, 4
"""Lowest frequencies kept along each axis, of the brightness and of each colour difference."""
_CONTRAST, _LEAST_CONTRAST = 50.0, 5.0
"""Root mean square of the brightness that every face is brought to, and the least that it is taken to have had, so that
an empty picture stays empty: steps of 1/255."""
_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)
"""Brightness and the two colour differences of sRGB values (JFIF, after BT.601)."""
_BATCH, _BLOCK = 256, 1024
"""Pictures that are described at a time, and descriptors on either side of a block of distances."""


class Pair(NamedTuple):
    """Two faces by their index, `first` below `second`, and the distance of their descriptors."""

    first: int
    second: int
    distance: float


def descriptors(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What faces are compared by: float32 [N, 175]. images: uint8 [N, H, W, 3], sRGB, H and W at least 12.

    The lowest frequencies of an orthonormal cosine transform (DCT-II): 12 x 12 of the brightness without its mean, and
    brought to one contrast, since a dim picture of somebody is the same face; and 4 x 4 of both colour differences. The
    distance of two descriptors is the root mean square difference of the pictures so treated, in steps of 1/255.
    """
    count, height, width = images.shape[:3]
    down, across = _cosines(_LUMA, height), _cosines(_LUMA, width)
    features = _LUMA**2 - 1
    result = np.empty((count, features + 2 * _CHROMA**2), np.float32)
    for start in range(0, count, _BATCH):
        rows = result[start : start + _BATCH]
        planes = np.moveaxis(images[start : start + _BATCH].astype(np.float32) @ _YCC.T, -1, 1)
        lines = rows_by_rows(planes.reshape(-1, width), across).reshape(*planes.shape[:3], _LUMA)
        spectrum = rows_by_rows(np.moveaxis(lines, 2, 3).reshape(-1, height), down)
        spectrum = spectrum.reshape(len(rows), 3, _LUMA, _LUMA)
        rows[:, :features] = spectrum[:, 0].reshape(len(rows), -1)[:, 1:]
        rows[:, features:] = spectrum[:, 1:, :_CHROMA, :_CHROMA].reshape(len(rows), -1)
    result /= np.float32(np.sqrt(height * width))
    brightness = result[:, :features]
    contrast = np.sqrt(np.einsum("ij,ij->i", brightness, brightness))[:, None]
    brightness *= np.float32(_CONTRAST) / np.maximum(contrast, np.float32(_LEAST_CONTRAST))
    return result


def closest_pairs(images: NDArray[np.uint8], k: int) -> list[Pair]:
    """The k pairs that are most alike, the closest first; fewer where there are fewer pairs.

    images: uint8 [N, H, W, 3], sRGB. Memory grows with N, not with its square.
    """
    return _search(descriptors(images), np.inf, k)


def near_clones(images: NDArray[np.uint8], threshold: float = LIKENESS, limit: int = 10_000) -> list[Pair]:
    """The pairs nearer than `threshold` (see `descriptors`), the closest first, at most `limit` of them.

    images: uint8 [N, H, W, 3], sRGB. Memory grows with N, not with its square.
    """
    return _search(descriptors(images), threshold, limit)


def _cosines(count: int, size: int) -> NDArray[np.float32]:
    """The first `count` rows of the orthonormal DCT-II matrix of `size` points."""
    angles = np.pi / size * np.outer(np.arange(count), np.arange(size) + 0.5)
    rows = np.cos(angles) * np.sqrt(2 / size)
    rows[0] /= np.sqrt(2)
    result: NDArray[np.float32] = rows.astype(np.float32)
    return result


def _search(vectors: NDArray[np.float32], threshold: float, limit: int) -> list[Pair]:
    best = np.empty((0, 2), np.int64)
    distances = np.empty(0, np.float64)
    for start in range(0, len(vectors), _BLOCK):
        for other in range(start, len(vectors), _BLOCK):
            bound = distances[-1] if len(distances) == limit and limit else threshold
            pairs = _candidates(vectors, start, other, bound, limit)
            best = np.concatenate([best, pairs])
            distances = np.concatenate([distances, _distances(vectors, pairs)])
            order = np.lexsort((best[:, 1], best[:, 0], distances))[:limit]
            order = order[distances[order] < threshold]
            best, distances = best[order], distances[order]
    return [Pair(int(a), int(b), float(d)) for (a, b), d in zip(best, distances, strict=True)]


def _candidates(vectors: NDArray[np.float32], start: int, other: int, bound: float, limit: int) -> NDArray[np.int64]:
    """Up to `limit` pairs (n, 2) between two blocks that may be nearer than `bound`."""
    a, b = vectors[start : start + _BLOCK], vectors[other : other + _BLOCK]
    squares = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b) - 2 * rows_by_rows(a, b)
    if start == other:
        squares[np.tril_indices(len(a))] = np.inf
    # The expanded square loses digits to cancellation: ask for a little more, `_distances` is exact.
    slack = 1e-5 * float(np.abs(squares[np.isfinite(squares)]).max(initial=0.0)) + 1e-3
    found = np.flatnonzero((squares.ravel() <= bound**2 + slack) & np.isfinite(squares.ravel()))
    if len(found) > limit:
        found = found[np.argpartition(squares.ravel()[found], limit - 1)[:limit]] if limit else found[:0]
    rows, columns = np.divmod(found, len(b))
    return np.stack([rows + start, columns + other], axis=1)


def _distances(vectors: NDArray[np.float32], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    difference = vectors[pairs[:, 0]].astype(np.float64) - vectors[pairs[:, 1]]
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", difference, difference)
    return np.sqrt(squares)
