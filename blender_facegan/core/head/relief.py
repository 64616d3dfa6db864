"""A head's relief: how far its surface comes forward, as a small picture seen from the front."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

EMPTY = np.float32(-np.inf)
"""Depth where nothing is."""


class Window(NamedTuple):
    """What a picture shows: the square of `side` around the centre (x, y). y goes up, in the unit of the points."""

    x: float
    y: float
    side: float


def relief(points: NDArray[np.float64], triangles: NDArray[np.int32], window: Window, size: int) -> NDArray[np.float32]:
    """The foremost surface under each pixel: float32 [size, size], row 0 at the top, EMPTY where there is none.

    points: [V, 3], x to the right, y up, z towards the viewer. triangles: [T, 3]. The view is orthographic.
    """
    scale = size / window.side
    across = (points[:, 0] - window.x) * scale + size / 2
    down = (window.y - points[:, 1]) * scale + size / 2
    corners = triangles[_in_sight(across, down, triangles, size)].T.copy()
    x, y = across[corners], down[corners]
    left, right = _pixels(x, size)
    top, bottom = _pixels(y, size)
    seen = np.flatnonzero((right > left) & (bottom > top))
    spanned = _Spanned(x[:, seen], y[:, seen], points[:, 2][corners[:, seen]])
    place, depth = spanned.depths(left[seen], right[seen], top[seen], bottom[seen], size)
    picture = np.full(size * size, EMPTY, np.float32)
    if len(place):
        # Of so few places numpy makes an order without comparing.
        order = np.argsort(place.astype(np.uint16) if size <= 256 else place, kind="stable")
        place = place[order]
        first = np.flatnonzero(np.diff(place, prepend=-1))
        picture[place[first]] = np.maximum.reduceat(depth[order], first)
    return picture.reshape(size, size)


def _in_sight(
    across: NDArray[np.float64], down: NDArray[np.float64], triangles: NDArray[np.int32], size: int
) -> NDArray[np.bool_]:
    """Triangles that are not all on one side of the picture (the outcodes of Cohen and Sutherland)."""
    code = (across < 0).view(np.uint8) | (across > size).view(np.uint8) << 1
    code |= (down < 0).view(np.uint8) << 2 | (down > size).view(np.uint8) << 3
    seen: NDArray[np.bool_] = (code[triangles[:, 0]] & code[triangles[:, 1]] & code[triangles[:, 2]]) == 0
    return seen


def _pixels(values: NDArray[np.float64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first pixel whose middle a triangle may reach, and the one after the last: [T]. values: [3, T]."""
    least = np.minimum(np.minimum(values[0], values[1]), values[2])
    most = np.maximum(np.maximum(values[0], values[1]), values[2])
    first = np.ceil(least - 0.5).clip(0, size).astype(np.int64)
    last = np.floor(most + 0.5).clip(0, size).astype(np.int64)
    return first, last


class _Spanned:
    """Triangles as two edges from their first corner, whose shares are barycentric coordinates. x, y, z: [3, T]."""

    def __init__(self, x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]) -> None:
        self._x, self._y, self._z = x[0], y[0], z[0]
        self._to_b = x[1] - x[0], y[1] - y[0], z[1] - z[0]
        self._to_c = x[2] - x[0], y[2] - y[0], z[2] - z[0]
        area = self._to_b[0] * self._to_c[1] - self._to_b[1] * self._to_c[0]
        self._area = np.where(np.abs(area) > 1e-12, area, np.inf)

    def depths(
        self,
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        top: NDArray[np.int64],
        bottom: NDArray[np.int64],
        size: int,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The pixels whose middles lie in a triangle, counted row by row, and its depth there; [T]: the boxes.

        What is the same along a row is worked out once for it.
        """
        (b_x, b_y, b_z), (c_x, c_y, c_z) = self._to_b, self._to_c
        owner, row = _counted_on(np.flatnonzero(np.isfinite(self._area)), top, bottom)
        dy = (row + 0.5) - self._y[owner]
        of_row, column = _counted_on(np.arange(len(owner)), left[owner], right[owner])
        down_b, down_c = (dy * b_x[owner])[of_row], (dy * c_x[owner])[of_row]
        owner, start = owner[of_row], (row * size)[of_row]
        dx, area = (column + 0.5) - self._x[owner], self._area[owner]
        share_c = (down_b - dx * b_y[owner]) / area
        share_b = (dx * c_y[owner] - down_c) / area
        inside = np.flatnonzero((share_b >= -1e-9) & (share_c >= -1e-9) & (share_b + share_c <= 1 + 1e-9))
        owner = owner[inside]
        depth = self._z[owner] + share_b[inside] * b_z[owner] + share_c[inside] * c_z[owner]
        return (start + column)[inside], depth


def _counted_on(
    owners: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each of the owners the numbers from its `first` to before its `last`, one after the other, and whose."""
    counts = (last - first)[owners]
    before = np.cumsum(counts) - counts
    numbers = np.arange(int(counts.sum())) + np.repeat(first[owners] - before, counts)
    return np.repeat(owners, counts), numbers
