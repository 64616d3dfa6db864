"""The figures of a silhouette: what hangs together, and where it is at its top."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_COARSE = 96
"""Side to which a silhouette is shrunk before it is taken apart."""
_LEAST = 0.06
"""A figure of less than this share of the largest one is a bag or a speck."""
_SIDE_BY_SIDE = 4
"""What stands side by side at a figure's top that is looked at, from the left."""


@dataclass(frozen=True)
class Figure:
    """One of the figures of a silhouette.

    mask: bool [H, W] of the shrunk silhouette. scale: its pixels in those of the picture, down and across. top, height:
    in pixels of the picture.
    """

    mask: NDArray[np.bool_]
    scale: tuple[float, float]
    top: float
    height: float

    def middles(self, depth: float) -> list[float]:
        """The middles of what stands side by side in the uppermost pixels, of a depth in pixels of the picture."""
        first = int(self.top / self.scale[0])
        rows = self.mask[first : first + max(1, round(depth / self.scale[0]))]
        columns = np.flatnonzero(rows.any(axis=0))
        if not len(columns):
            return []
        ends = np.concatenate(([-1], np.flatnonzero(np.diff(columns) > 1), [len(columns) - 1]))
        runs = [columns[start + 1 : stop + 1] for start, stop in itertools.pairwise(ends)]
        found = [float((run[0] + run[-1] + 1) / 2 * self.scale[1]) for run in runs[:_SIDE_BY_SIDE]]
        whole = rows.sum(axis=0)
        found.append(float(((np.arange(len(whole)) + 0.5) * whole).sum() / whole.sum() * self.scale[1]))
        return found


def figures_of(silhouette: NDArray[np.bool_]) -> list[Figure]:
    """The figures of a silhouette, bool [H, W], the largest first."""
    height, width = silhouette.shape
    rows, columns = min(height, _COARSE), min(width, _COARSE)
    scale = height / rows, width / columns
    down = (np.arange(height) * rows // height).astype(np.intp)
    across = (np.arange(width) * columns // width).astype(np.intp)
    flat = (down[:, None] * columns + across[None]).ravel()
    covered = np.bincount(flat, weights=silhouette.ravel(), minlength=rows * columns)
    shrunk = (covered / np.bincount(flat, minlength=rows * columns) > 0.4).reshape(rows, columns)
    labels = _labelled(shrunk)
    counts = np.bincount(labels[shrunk], minlength=1) if shrunk.any() else np.zeros(1, int)
    found = []
    for label in np.argsort(-counts, kind="stable"):
        if counts[label] < max(_LEAST * counts.max(), 1):
            break
        mask = labels == label
        used = np.flatnonzero(mask.any(axis=1))
        found.append(Figure(mask, scale, float(used[0] * scale[0]), float((used[-1] - used[0] + 1) * scale[0])))
    return found


def _labelled(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """A number for each pixel of a mask that all those which touch it share; -1 outside."""
    labels = np.where(mask, np.arange(mask.size).reshape(mask.shape), -1)
    while True:
        padded = np.pad(labels, 1, constant_values=-1)
        rows, columns = mask.shape
        around = np.max([padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)], axis=0)
        spread = np.where(mask, around, -1)
        # Names of names: a pixel takes what the pixel it is named after has taken.
        spread = np.where(mask, np.maximum(spread, spread.ravel()[spread.clip(0)]), -1)
        if (spread == labels).all():
            return labels
        labels = spread
