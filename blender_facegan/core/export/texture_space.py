"""A mesh as it lies in a texture: which texels its polygons cover, who lies on whom, and edges grown outwards."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_COLORS = 3
_HIDDEN = 0.5
"""Share of its texels that a polygon may lose to others before it is left out."""


class Covering(NamedTuple):
    """Texels (row times width and column, rows from below) and the triangles that cover them, a pair for each."""

    texels: NDArray[np.int64]
    triangles: NDArray[np.int64]


class Overlap(NamedTuple):
    """hidden: bool [P], polygons that lie under others of higher rank.

    weighed: share of the whole square that polygons of weight cover. share: how much of that is shared.
    """

    hidden: NDArray[np.bool_]
    share: float
    weighed: float


def rasterised(triangles: Floats, width: int, height: int) -> Covering:
    """The texels whose middle lies in a triangle. Triangles with a common side never share one.

    triangles: [T, 3, 2] in UV units, v upwards. What lies outside 0 to 1 is left away.
    """
    points = np.asarray(triangles, np.float64) * (width, height)
    rows = np.ceil(points[..., 1] - 0.5)
    first = np.clip(rows.min(axis=1), 0, height).astype(np.int64)
    count = np.maximum(np.clip(rows.max(axis=1), 0, height).astype(np.int64) - first, 0)
    spans, row = _expanded(first, count)
    left, right = _crossings(points, spans, row.astype(np.float64) + 0.5)
    start = np.clip(np.ceil(left - 0.5), 0, width).astype(np.int64)
    length = np.maximum(np.clip(np.ceil(right - 0.5), 0, width).astype(np.int64) - start, 0)
    owner, column = _expanded(start, length)
    return Covering(row[owner] * width + column, spans[owner])


def _expanded(first: NDArray[np.int64], count: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For runs of `count` numbers from `first` on: the run of each number, and the number."""
    runs = np.repeat(np.arange(len(count)), count)
    before = np.cumsum(count) - count
    return runs, first[runs] + np.arange(len(runs)) - before[runs]


def _crossings(points: Floats, spans: NDArray[np.int64], heights: Floats) -> tuple[Floats, Floats]:
    """Where a line at each height enters and leaves its triangle."""
    left = np.full(len(spans), np.inf)
    right = np.full(len(spans), -np.inf)
    for one, other in ((0, 1), (1, 2), (2, 0)):
        first, second = points[:, one], points[:, other]
        # The same side is reckoned the same way in both of its triangles, or rounding would leave gaps.
        swapped = (first[:, 1] > second[:, 1]) | ((first[:, 1] == second[:, 1]) & (first[:, 0] > second[:, 0]))
        low = np.where(swapped[:, None], second, first)[spans]
        high = np.where(swapped[:, None], first, second)[spans]
        crosses = (low[:, 1] <= heights) & (heights < high[:, 1])
        rise = np.where(crosses, high[:, 1] - low[:, 1], 1.0)
        place = low[:, 0] + (heights - low[:, 1]) * (high[:, 0] - low[:, 0]) / rise
        left = np.where(crosses, np.minimum(left, place), left)
        right = np.where(crosses, np.maximum(right, place), right)
    return np.where(np.isfinite(left), left, 0.0), np.where(np.isfinite(right), right, 0.0)


def overlap(
    triangles: Floats, polygons: NDArray[np.int64], weight: Floats, rank: NDArray[np.int64], side: int
) -> Overlap:
    """Which polygons give way to others on the same texels, looked at on a grid of `side` texels.

    triangles: [T, 3, 2], UV units. polygons: of each triangle, [T]. weight: of each polygon, [P], above 0 where it
    matters what lies there. rank: of each polygon; of two on one texel the higher is kept, of equals the later.
    """
    covering = rasterised(triangles, side, side)
    owners = polygons[covering.triangles]
    order = np.argsort(rank[owners], kind="stable")
    top = np.full(side * side, -1, np.int64)
    top[covering.texels[order]] = owners[order]
    lost = np.bincount(owners[top[covering.texels] != owners], minlength=len(weight))
    whole = np.bincount(owners, minlength=len(weight))
    layers = np.bincount(covering.texels, minlength=side * side)
    heavy = np.zeros(side * side, bool)
    heavy[covering.texels[weight[owners] > 0]] = True
    shared = heavy & (layers > 1)
    count = float(heavy.sum())
    return Overlap(lost > _HIDDEN * np.maximum(whole, 1), float(shared.sum() / max(count, 1.0)), count / side**2)


def grown(pixels: NDArray[np.uint8], changed: NDArray[np.bool_], covered: NDArray[np.bool_], margin: int) -> None:
    """Lets what was changed grow beyond its islands, `margin` texels far, in place.

    pixels: [H, W, C], contiguous; a fourth channel, which is alpha, stays. changed: of the covered texels, those that
    count, [H, W]. A texel beyond takes the mean of the changed ones that reach it; one that only unchanged ones reach
    keeps its value, and goes on keeping others out. The work grows with the length of the edges, not with the area.
    """
    height, width = covered.shape
    flat, grows = pixels.reshape(height * width, -1), changed.ravel().copy()
    taken = covered.ravel().copy()
    edge = np.flatnonzero(taken & ~_surrounded(covered).ravel())
    for _ in range(margin):
        sources, targets = _neighbours(edge, height, width)
        fresh = ~taken[targets]
        sources, targets = sources[fresh], targets[fresh]
        if not len(targets):
            return
        edge = np.unique(targets)
        _take_means(flat, sources[grows[sources]], targets[grows[sources]], grows)
        taken[edge] = True


def _take_means(
    flat: NDArray[np.uint8], sources: NDArray[np.int64], targets: NDArray[np.int64], grows: NDArray[np.bool_]
) -> None:
    """Each target takes the mean of its sources, and grows from then on."""
    texels, places = np.unique(targets, return_inverse=True)
    if not len(texels):
        return
    count = np.bincount(places)
    for channel in range(min(flat.shape[1], _COLORS)):
        total = np.bincount(places, weights=flat[sources, channel])
        flat[texels, channel] = np.round(total / count)
    grows[texels] = True


def _surrounded(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    padded = np.pad(known, 1)
    inner: NDArray[np.bool_] = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return inner


def _neighbours(texels: NDArray[np.int64], height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of a texel and one beside, above or below it."""
    row, column = np.divmod(texels, width)
    pairs = [
        (texels[inside], texels[inside] + step)
        for inside, step in (
            (column > 0, -1),
            (column < width - 1, 1),
            (row > 0, -width),
            (row < height - 1, width),
        )
    ]
    return np.concatenate([one for one, _ in pairs]), np.concatenate([other for _, other in pairs])
