"""The objects that make up a person and their meshes, as plain values, and how objects are grouped into persons."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .names import levels_of_detail, part_role

_WELD = 1e-5
"""Vertices nearer than this share of the mesh's size are one: exporters split them along UV seams."""

_PRIMES = np.array([73856093, 19349663, 83492791], np.int64)
_PARTS = frozenset({"EYE", "LASHES", "BROWS", "TEETH", "HAIR", "GLASSES", "HAT", "CLOTHES"})
_UPRIGHT = 0.8
"""Pieces without a root make a person that is at least this tall, in its breadth: with outstretched arms."""
_ANOTHER = 0.6
"""Of pieces without a root, one inside the other that is taller than this share of it is a person of its own."""
_RIGHT_BEFORE = 1.25
"""Flat pieces lie this near to a head's or a body's middle, in half its breadth and depth, and are no broader."""
_GIANT = 8.0
"""What is broader than this times the median is looked at from everywhere."""
_LONGER = 1.8
"""Hair before a head is at most this long, in the head's height."""


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


@dataclass(frozen=True)
class Bone:
    """A bone in its rest pose, in world space. parent: its name, empty at the root."""

    name: str
    parent: str
    head: NDArray[np.float64]
    tail: NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """One mesh object. to_world: float64 [4, 4], of the rest pose. materials: the name in each slot.

    chosen: bool [V], the vertices that the artist has chosen as the head; None where nothing is chosen on the mesh.
    """

    name: str
    surface: Surface
    to_world: NDArray[np.float64]
    materials: tuple[str, ...] = ()
    chosen: NDArray[np.bool_] | None = None

    @property
    def world(self) -> NDArray[np.float64]:
        """The vertices in world space: float64 [V, 3]."""
        turned: NDArray[np.float64] = self.surface.vertices @ self.to_world[:3, :3].T + self.to_world[:3, 3]
        return turned

    @property
    def role(self) -> str:
        """What the name says that it is, else what its only material says."""
        named = part_role(self.name)
        if named in ("", "SKIN") and len(set(self.materials)) == 1 and self.materials[0]:
            return part_role(self.materials[0]) or named
        return named


@dataclass(frozen=True)
class Person:
    """The mesh objects of one person, and its bones. mirrored: whether its parent turns left into right."""

    name: str
    parts: Sequence[Part]
    bones: Sequence[Bone] = ()
    mirrored: bool = False

    @property
    def is_told(self) -> bool:
        """Whether the artist has said where the head is."""
        return any(part.chosen is not None for part in self.parts)

    @property
    def chosen(self) -> NDArray[np.float64]:
        """The vertices in the world that the artist has chosen as the head: float64 [N, 3]."""
        told = [part.world[part.chosen] for part in self.parts if part.chosen is not None]
        return np.concatenate(told) if told else np.empty((0, 3))


@dataclass(frozen=True)
class Member:
    """What grouping needs to know of a mesh object.

    armature: of its modifier, else of its parents; empty without one. ancestors: its parents from the nearest to the
    root. mesh_ancestors: which of those are mesh objects. centre, size: of its bounding box in world space. role: what
    it is called, see `names.part_role`. has_face: whether it is known to show a face of its own. is_flat: whether its
    mesh is a plane, which alone is a billboard.
    """

    name: str
    armature: str
    ancestors: tuple[str, ...]
    mesh_ancestors: tuple[str, ...]
    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    role: str = ""
    has_face: bool = False
    is_flat: bool = False


def group(members: Sequence[Member]) -> list[list[int]]:
    """The members of each person, as indices, in the order in which each person's first one was given.

    Members of one armature are a person, and so are those that hang on one mesh. Members under a common root are a
    person where one stands within the other as seen from above; without a root what is called hair, eyes, clothes and
    the like, and what makes an upright figure with the other. A flat one belongs to the head or body that it is right
    before, if its name or a common root says so. Names that differ only in their level of detail (or have none: the
    finest) belong together wherever they stand. Without an armature, two that have faces of their own stay apart.
    """
    joined = _Union([member.has_face for member in members])
    first: dict[tuple[str, str], int] = {}
    levels = levels_of_detail([member.name for member in members])
    for index, (member, level) in enumerate(zip(members, levels, strict=True)):
        keys = [("armature", member.armature)] if member.armature else []
        keys += [("mesh", member.mesh_ancestors[-1])] if member.mesh_ancestors and not member.armature else []
        keys += [("mesh", member.name)] if not member.armature else []
        keys += [("level", level[0])] if level is not None and not member.armature else []
        for key in keys:
            joined.join(index, first.setdefault(key, index), key[0] != "mesh")
    _join_standing_together(members, joined)
    found: dict[int, list[int]] = {}
    for index in range(len(members)):
        found.setdefault(joined.root(index), []).append(index)
    return list(found.values())


def _join_standing_together(members: Sequence[Member], joined: "_Union") -> None:
    """Joins pieces without an armature to what they stand in: hair, eyes and glasses to a head, a head to a body."""
    by_root: dict[str, list[int]] = {}
    for index, member in enumerate(members):
        by_root.setdefault(member.ancestors[-1] if member.ancestors else "", []).append(index)
    for together in by_root.values():
        if len(together) < 2:
            continue
        boxes = _Boxes([members[index] for index in together])
        for place, inner in enumerate(boxes.order):
            member = members[together[inner]]
            if member.armature:
                continue
            hosts = boxes.hosts(place, member)
            if hosts and not _holds_several(boxes, hosts[0]):
                joined.join(together[inner], together[hosts[0]])


class _Boxes:
    """The bounding boxes of members under one root, the largest first in `order`."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.centre = np.array([member.centre for member in members])
        self.half = np.array([member.size for member in members]) / 2
        self.flat = np.array([member.is_flat for member in members])
        volume = np.where(self.flat, 0.0, self.half.prod(axis=1))
        self.order = np.argsort(-volume, kind="stable")
        self._rank = np.argsort(self.order)
        broad = self.half[:, 0]
        self._reach = _GIANT * float(np.median(broad))
        usual = np.flatnonzero((broad <= self._reach) & ~self.flat)
        self._giants = np.flatnonzero((broad > self._reach) & ~self.flat)
        self._usual = usual[np.argsort(self.centre[usual, 0], kind="stable")]
        self._across = self.centre[self._usual, 0]

    def hosts(self, place: int, member: Member) -> list[int]:
        """The larger members that the one at a place of `order` may be a piece of."""
        belongs = bool(member.ancestors or member.role in _PARTS)
        if member.is_flat and not belongs:
            return []
        inner = int(self.order[place])
        larger = self._about(inner)
        larger = larger[self._rank[larger] < place]
        if not len(larger):
            return []
        away = np.abs(self.centre[larger] - self.centre[inner])
        half, own = self.half[larger], self.half[inner]
        touching = away[:, 2] <= 1.05 * (half[:, 2] + own[2])
        if member.is_flat:
            before = touching & self._right_before(larger, inner, away)
            return [int(index) for index in larger[before]]
        inside = (away[:, :2] <= half[:, :2]).all(axis=1) & touching
        if not belongs:
            inside &= self._make_a_figure(away, half, own)
        return [int(index) for index in larger[inside]]

    def _about(self, inner: int) -> NDArray[np.int64]:
        """The members that are not flat and stand where `inner` does as seen along one axis, the largest first.

        Of a crowd in rows that is a row, so that looking takes no time that grows with the square of the crowd.
        """
        x, reach = self.centre[inner, 0], _RIGHT_BEFORE * self._reach
        low, high = np.searchsorted(self._across, (x - reach, x + reach))
        about = np.concatenate((self._giants, self._usual[low:high]))
        found: NDArray[np.int64] = about[np.argsort(self._rank[about])]
        return found

    def _right_before(self, larger: NDArray[np.int64], inner: int, away: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether a sheet hangs at the upper half of something upright and is not much larger: hair before a head."""
        half, own = self.half[larger], self.half[inner]
        broad = half[:, :2].max(axis=1)
        near = (away[:, :2] <= _RIGHT_BEFORE * half[:, :2]).all(axis=1)
        small = (own[:2].max() <= _RIGHT_BEFORE * broad) & (own[2] <= _LONGER * half[:, 2])
        high = self.centre[inner, 2] + own[2] >= self.centre[larger, 2]
        before: NDArray[np.bool_] = near & small & high & (half[:, 2] >= _UPRIGHT * broad)
        return before

    @staticmethod
    def _make_a_figure(
        away: NDArray[np.float64], half: NDArray[np.float64], own: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Whether two boxes make something upright, neither as large as the other inside it: that is another person."""
        low, high = np.minimum(-half, away - own), np.maximum(half, away + own)
        union = high - low
        upright = union[:, 2] >= _UPRIGHT * union[:, :2].max(axis=1)
        enclosed = (away + own <= 1.02 * half).all(axis=1) & (own[2] > _ANOTHER * half[:, 2])
        figure: NDArray[np.bool_] = upright & ~enclosed
        return figure


def _holds_several(boxes: _Boxes, host: int) -> bool:
    """Whether a box is a bench or a stage: things as tall as wide stand in it side by side."""
    centre, half, order = boxes.centre, boxes.half, boxes.order
    inside = (np.abs(centre[order] - centre[host])[:, :2] <= half[host, :2]).all(axis=1)
    others = [int(index) for index in order[inside] if index != host and half[index, 2] > 0.3 * half[host, :2].max()]
    for place, one in enumerate(others):
        for other in others[place + 1 :]:
            apart = np.abs(centre[one] - centre[other])[:2]
            if (apart > half[one, :2] + half[other, :2]).any():
                return True
    return False


class _Union:
    """Disjoint sets of indices. marked: those of which a set has no two, unless they are joined all the same."""

    def __init__(self, marked: Sequence[bool]) -> None:
        self._above = list(range(len(marked)))
        self._marked = list(marked)

    def root(self, index: int) -> int:
        while self._above[index] != index:
            self._above[index] = self._above[self._above[index]]
            index = self._above[index]
        return index

    def join(self, one: int, other: int, all_the_same: bool = False) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        if low == high or (self._marked[low] and self._marked[high] and not all_the_same):
            return
        self._above[high] = low
        self._marked[low] |= self._marked[high]


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
