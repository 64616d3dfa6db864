"""A head's relief: how far its surface comes forward, as a small picture seen from the front."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["EMPTY", "Window", "relief"]

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
    corners = np.stack((across, down, points[:, 2]), axis=1)[triangles]
    low = np.ceil(corners[:, :, :2].min(axis=1) - 0.5).clip(0, size).astype(np.int64)
    high = np.floor(corners[:, :, :2].max(axis=1) + 0.5).clip(0, size).astype(np.int64)
    extent = (high - low).clip(0)
    seen = np.flatnonzero(extent[:, 0] * extent[:, 1])
    corners, low, extent = corners[seen], low[seen], extent[seen]
    counts = extent[:, 0] * extent[:, 1]
    owner = np.repeat(np.arange(len(seen)), counts)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    row, column = within // extent[owner, 0], within % extent[owner, 0]
    x, y = low[owner, 0] + column, low[owner, 1] + row
    inside, depth = _interpolated(corners, owner, x + 0.5, y + 0.5)
    place, depth = (y * size + x)[inside], depth[inside]
    order = np.argsort(depth, kind="stable")
    picture = np.full(size * size, EMPTY, np.float32)
    # The last of several values for one place is the one that stays: the foremost.
    picture[place[order]] = depth[order]
    return picture.reshape(size, size)


def _interpolated(
    corners: NDArray[np.float64], owner: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Whether each point lies in its triangle, and the depth there, from barycentric coordinates."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    safe = np.where(np.abs(area) > 1e-12, area, np.inf)
    dx, dy = x - a[owner, 0], y - a[owner, 1]
    to_c = (dy * (b - a)[owner, 0] - dx * (b - a)[owner, 1]) / safe[owner]
    to_b = (dx * (c - a)[owner, 1] - dy * (c - a)[owner, 0]) / safe[owner]
    inside = (to_b >= -1e-9) & (to_c >= -1e-9) & (to_b + to_c <= 1 + 1e-9) & (np.isfinite(safe)[owner])
    depth = a[owner, 2] + to_b * (b - a)[owner, 2] + to_c * (c - a)[owner, 2]
    return inside, depth
