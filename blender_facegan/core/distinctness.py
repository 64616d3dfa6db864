"""Finds faces of a crowd that look alike."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pair", "closest_pairs", "descriptors", "near_clones"]

_LUMA, _CHROMA = 10, 4
"""Lowest frequencies kept along each axis, of the brightness and of each colour difference."""
_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)
"""Brightness and the two colour differences of sRGB values (JFIF, after BT.601)."""
_BLOCK = 1024


class Pair(NamedTuple):
    """Two faces by their index, `first` below `second`, and the distance of their descriptors."""

    first: int
    second: int
    distance: float


def descriptors(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What faces are compared by: float32 [N, 131]. images: uint8 [N, H, W, 3], sRGB, H and W at least 10.

    The lowest frequencies of an orthonormal cosine transform (DCT-II): 10 x 10 of the brightness without its
    mean, which is the picture's light and not the face, and 4 x 4 of both colour differences. Scaled so that
    the distance of two descriptors is the root mean square difference of the two smoothed pictures in steps
    of 1/255.
    """
    count, height, width = images.shape[:3]
    down, across = _cosines(_LUMA, height), _cosines(_LUMA, width)
    result = np.empty((count, _LUMA**2 - 1 + 2 * _CHROMA**2), np.float32)
    for start in range(0, count, 256):
        part = images[start : start + 256].astype(np.float32) @ _YCC.T
        spectrum = np.einsum("uh,nhwc->nuwc", down, part, optimize=True)
        spectrum = np.einsum("vw,nuwc->nuvc", across, spectrum, optimize=True)
        rows = result[start : start + 256]
        rows[:, : _LUMA**2 - 1] = spectrum[..., 0].reshape(len(part), -1)[:, 1:]
        rows[:, _LUMA**2 - 1 :] = spectrum[:, :_CHROMA, :_CHROMA, 1:].reshape(len(part), -1)
    return result / np.float32(np.sqrt(height * width))


def closest_pairs(images: NDArray[np.uint8], k: int) -> list[Pair]:
    """The k pairs that are most alike, the closest first; fewer where there are fewer pairs.

    images: uint8 [N, H, W, 3], sRGB. Memory grows with N, not with its square.
    """
    return _search(descriptors(images), np.inf, k)


def near_clones(images: NDArray[np.uint8], threshold: float, limit: int = 10_000) -> list[Pair]:
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
    squares = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b) - 2 * (a @ b.T)
    if start == other:
        squares[np.tril_indices(len(a))] = np.inf
    # The expanded square loses digits to cancellation: ask for a little more, `_distances` is exact.
    slack = 1e-5 * float(np.abs(squares[np.isfinite(squares)]).max(initial=0.0)) + 1e-3
    found = np.flatnonzero(squares.ravel() <= bound**2 + slack)
    if len(found) > limit:
        found = found[np.argpartition(squares.ravel()[found], limit - 1)[:limit]] if limit else found[:0]
    rows, columns = np.divmod(found, len(b))
    return np.stack([rows + start, columns + other], axis=1)


def _distances(vectors: NDArray[np.float32], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    difference = vectors[pairs[:, 0]].astype(np.float64) - vectors[pairs[:, 1]]
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", difference, difference)
    return np.sqrt(squares)
