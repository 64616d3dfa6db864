"""Keeps the faces of a crowd apart while they are made: who looks like another is made again from another seed."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.products import rows_by_rows
from .descriptors import LIKENESS, descriptors

BATCH = 1024
"""Faces that are admitted together, and descriptors on either side of a block of comparisons."""
_ROUNDS = 6
"""How often a face is made again at most. Of the default model's faces 0.6 % are too like one of 1,000 others, so that
two rounds nearly always do."""
_SHARE, _LEAST = 0.1, 16
"""Faces made again at most: this share of those admitted, and so many more. A model without variety costs no more."""

Remake = Callable[[Sequence[int]], tuple[NDArray[np.uint8], Sequence[int]]]
"""Makes the faces of some rows of a batch again: their pictures, uint8 [n, H, W, 3], and their new seeds."""


class AlikePair(NamedTuple):
    """Two faces, by the names that they were given, and the distance of their descriptors."""

    first: int
    second: int
    distance: float


class Separation:
    """The faces that are admitted: those that come after keep their distance from them.

    Faces of one seed are one person, at another age or on purpose, and are never held to be too alike. Memory grows
    with the crowd (0.7 kB a face), not with its square. likeness: the least distance, see `core.likeness.descriptors`.
    """

    def __init__(self, likeness: float = LIKENESS) -> None:
        self._likeness = likeness
        self._blocks: list[_Faces] = []
        self._admitted = 0
        self.remade = 0
        self.left = 0
        """Faces that are still too like another, since they may not change or no round is left."""
        self.closest: AlikePair | None = None
        """The most alike of all pairs with a face that `admit` was given."""

    def add(self, likeness: NDArray[np.float32], names: Sequence[int], seeds: Sequence[int]) -> None:
        """Takes in faces that are there and stay as they are, by their descriptors, float32 [N, D]."""
        for start in range(0, len(likeness), BATCH):
            chosen = slice(start, start + BATCH)
            self._blocks.append(_Faces(likeness[chosen], np.array(names[chosen]), np.array(seeds[chosen])))

    def admit(
        self,
        pictures: NDArray[np.uint8],
        names: Sequence[int],
        seeds: Sequence[int],
        may_change: Sequence[bool],
        remake: Remake,
    ) -> NDArray[np.float32]:
        """Admits up to BATCH new faces, in place: of two that are alike, the later one that may change is made again.

        pictures: uint8 [N, H, W, 3], sRGB, H and W at least 12. Returns their descriptors in the end, float32 [N, D].
        Raises ValueError for more than BATCH faces.
        """
        if len(pictures) > BATCH:
            raise ValueError(f"{len(pictures)} faces are more than a batch of {BATCH}")
        self._admitted += len(pictures)
        faces = _Faces(descriptors(pictures), np.array(names), np.array(seeds))
        free = np.array(may_change, bool)
        before = self._before(faces)
        for _ in range(_ROUNDS):
            budget = int(_SHARE * self._admitted) + _LEAST - self.remade
            rows = self._blamed(faces, before, free)[: max(budget, 0)]
            if not len(rows):
                break
            pictures[rows], faces.seeds[rows] = remake([int(row) for row in rows])
            faces.vectors[rows] = descriptors(pictures[rows])
            again = self._before(_Faces(faces.vectors[rows], faces.names[rows], faces.seeds[rows]))
            before.squares[rows], before.names[rows] = again.squares, again.names
            self.remade += len(rows)
        self._finish(faces, before)
        return faces.vectors

    def _before(self, faces: "_Faces") -> "_Nearest":
        """For each face the nearest of those that were admitted earlier."""
        nearest = _Nearest.nobody(len(faces.vectors))
        for block in self._blocks:
            squares = _squares(faces, block)
            column = squares.argmin(axis=1)
            found = squares[np.arange(len(squares)), column]
            nearer = found < nearest.squares
            nearest.squares[nearer], nearest.names[nearer] = found[nearer], block.names[column[nearer]]
        return nearest

    def _blamed(self, faces: "_Faces", before: "_Nearest", free: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The rows to make again: so few that nobody is too like another of those that are left."""
        limit = self._likeness**2
        blamed = (before.squares < limit) & free
        alike = _among(faces) < limit
        for row in np.flatnonzero(alike.any(axis=1)):
            earlier = np.flatnonzero(alike[row, :row] & ~blamed[:row])
            if not len(earlier) or blamed[row]:
                continue
            if free[row]:
                blamed[row] = True
            else:
                blamed[earlier] |= free[earlier]
        return np.flatnonzero(blamed)

    def _finish(self, faces: "_Faces", before: "_Nearest") -> None:
        among = _among(faces)
        among[np.triu_indices(len(among))] = np.inf
        for row, squares in enumerate(among):
            column = int(squares.argmin()) if row else 0
            inside, outside = float(squares[column]), float(before.squares[row])
            self.left += min(inside, outside) < self._likeness**2
            other = int(faces.names[column]) if inside < outside else int(before.names[row])
            distance = float(np.sqrt(min(inside, outside)))
            if np.isfinite(distance) and (self.closest is None or distance < self.closest.distance):
                self.closest = AlikePair(other, int(faces.names[row]), distance)
        self._blocks.append(faces)


class _Faces(NamedTuple):
    """Descriptors float32 [N, D], and what each face is called and made from, int64 [N]."""

    vectors: NDArray[np.float32]
    names: NDArray[np.int64]
    seeds: NDArray[np.int64]


class _Nearest(NamedTuple):
    """Squared distances to the nearest face, infinite where there is none, and what it is called."""

    squares: NDArray[np.float32]
    names: NDArray[np.int64]

    @classmethod
    def nobody(cls, count: int) -> "_Nearest":
        return cls(np.full(count, np.inf, np.float32), np.zeros(count, np.int64))


def _squares(a: _Faces, b: _Faces) -> NDArray[np.float32]:
    """Squared distances, float32 [N, M], infinite between faces of one seed."""
    halves = np.einsum("ij,ij->i", b.vectors, b.vectors) / 2
    squares = rows_by_rows(a.vectors, b.vectors)
    np.subtract(halves, squares, out=squares)
    squares *= 2
    squares += np.einsum("ij,ij->i", a.vectors, a.vectors)[:, None]
    np.maximum(squares, 0, out=squares)
    for row in np.flatnonzero(np.isin(a.seeds, b.seeds)):
        squares[row, b.seeds == a.seeds[row]] = np.inf
    return squares


def _among(faces: _Faces) -> NDArray[np.float32]:
    return _squares(faces, faces)
