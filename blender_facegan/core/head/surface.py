"""A mesh as plain arrays."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Surface", "welded_islands"]

_WELD = 1e-5
"""Vertices nearer than this share of the mesh's size are one: exporters split them along UV seams."""

_PRIMES = np.array([73856093, 19349663, 83492791], np.int64)


@dataclass(frozen=True)
class Surface:
    """The rest shape of a mesh.

    vertices: float64 [V, 3]. corners: int32 [C], the vertex of each corner of a polygon. sizes: int32 [P], corners of
    each polygon. materials: int32 [P], the slot of each polygon. shown: bool [V], false where a modifier hides it.
    """

    vertices: NDArray[np.float64]
    corners: NDArray[np.int32]
    sizes: NDArray[np.int32]
    materials: NDArray[np.int32]
    shown: NDArray[np.bool_]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """The first corner of each polygon: int64 [P]."""
        starts: NDArray[np.int64] = np.cumsum(self.sizes, dtype=np.int64) - self.sizes
        return starts

    @cached_property
    def fans(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Triangles as fans of the polygons, int32 [T, 3], and the polygon of each, int64 [T]. Hidden ones are out."""
        counts = (self.sizes - 2).clip(0).astype(np.int64)
        owner = np.repeat(np.arange(len(self.sizes)), counts)
        step = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        first = self.starts[owner]
        triangles = np.stack(
            (self.corners[first], self.corners[first + step + 1], self.corners[first + step + 2]), axis=1
        )
        if self.shown.all():
            return triangles, owner
        seen = self.shown[triangles].all(axis=1)
        return triangles[seen], owner[seen]


def welded_islands(vertices: NDArray[np.float64], triangles: NDArray[np.int32]) -> NDArray[np.int64]:
    """Which connected piece each vertex belongs to: int64 [V], the smallest index of the piece as its name.

    Vertices in one place count as one.
    """
    size = float(np.ptp(vertices, axis=0).max()) if len(vertices) else 0.0
    cells = np.round(vertices / max(size * _WELD, 1e-12)).astype(np.int64)
    # Three large primes make one number of a cell (Teschner et al., VMV 2003), which sorts much faster than three.
    _, same = np.unique(cells @ _PRIMES, return_inverse=True)
    ends = same[triangles]
    edges = np.concatenate((ends[:, (0, 1)], ends[:, (1, 2)], ends[:, (2, 0)]))
    label = np.arange(int(same.max()) + 1 if len(same) else 0)
    while True:
        low = np.minimum(label[edges[:, 0]], label[edges[:, 1]])
        after = label.copy()
        np.minimum.at(after, label[edges[:, 0]], low)
        np.minimum.at(after, label[edges[:, 1]], low)
        # Pointer jumping: each label takes its label's label until nothing moves.
        while True:
            jumped = after[after]
            if np.array_equal(jumped, after):
                break
            after = jumped
        if np.array_equal(after, label):
            break
        label = after
    return label[same]
