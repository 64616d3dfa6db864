"""Which triangle is seen under each pixel of a picture."""

import numpy as np
from numpy.typing import NDArray


def drawn_triangles(
    points: NDArray[np.float64], triangles: NDArray[np.int32], width: int, height: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The pixels of a picture that show something, the foremost triangle of each, and where on it.

    points: [V, 3], across and down in pixels from the upper left, and how far towards the viewer. Returns places
    int64 [N] in rows from the top, triangles int64 [N], and the shares of their corners float64 [N, 3].
    """
    corners = points[triangles]
    most = np.array((width, height))
    first = np.ceil(corners[:, :, :2].min(axis=1) - 0.5).clip(0, most).astype(np.int64)
    last = np.floor(corners[:, :, :2].max(axis=1) + 0.5).clip(0, most).astype(np.int64)
    extent = last - first
    chosen = np.flatnonzero((extent > 0).all(axis=1))
    counts = extent[chosen].prod(axis=1)
    owner = np.repeat(chosen, counts)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    column = first[owner, 0] + within % extent[owner, 0].clip(1)
    row = first[owner, 1] + within // extent[owner, 0].clip(1)
    shares, inside = _shares(corners[owner], column + 0.5, row + 0.5)
    place, owner, shares = (row * width + column)[inside], owner[inside], shares[inside]
    depth = (shares * corners[owner, :, 2]).sum(axis=1)
    order = np.lexsort((-depth, place))
    foremost = order[np.concatenate(([True], np.diff(place[order]) > 0))] if len(order) else order
    return place[foremost], owner[foremost], shares[foremost]


def _shares(
    corners: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Barycentric coordinates of places in triangles, and whether each is inside."""
    (ax, ay), (bx, by), (cx, cy) = (corners[:, corner, :2].T for corner in range(3))
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    safe = np.where(np.abs(area) > 1e-9, area, np.inf)
    to_b = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / safe
    to_c = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / safe
    shares = np.stack((1 - to_b - to_c, to_b, to_c), axis=1)
    return shares, (shares > -1e-6).all(axis=1) & np.isfinite(safe)
