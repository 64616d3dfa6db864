"""The objects that make up a person, as plain values, and how objects are grouped into persons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .names import level_of_detail, part_role
from .surface import Surface

__all__ = ["Bone", "Member", "Part", "Person", "group"]


_PARTS = frozenset({"EYE", "LASHES", "BROWS", "TEETH", "HAIR", "GLASSES", "HAT", "CLOTHES"})


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

    chosen: bool [V], the vertices that the artist has named as the head; None where nothing is named.
    """

    name: str
    surface: Surface
    to_world: NDArray[np.float64]
    materials: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
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
    given: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True)
class Member:
    """What grouping needs to know of a mesh object.

    armature: of its modifier, else of its parents; empty without one. ancestors: its parents from the nearest to the
    root. mesh_ancestors: which of those are mesh objects. centre, size: of its bounding box in world space. role: what
    it is called, see `names.part_role`. has_face: whether it is known to show a face of its own.
    """

    name: str
    armature: str
    ancestors: tuple[str, ...]
    mesh_ancestors: tuple[str, ...]
    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    role: str = ""
    has_face: bool = False


def group(members: Sequence[Member]) -> list[list[int]]:
    """The members of each person, as indices, in the order in which each person's first one was given.

    Members of one armature are a person, and so are those that hang on one mesh. Members under a common root are a
    person where one stands within the other as seen from above; without a root only what is called hair, eyes, clothes
    and the like. Names that differ only in their level of detail belong together wherever they stand. Without an
    armature, two that have faces of their own stay apart.
    """
    joined = _Union([member.has_face for member in members])
    first: dict[tuple[str, str], int] = {}
    for index, member in enumerate(members):
        keys = [("armature", member.armature)] if member.armature else []
        keys += [("mesh", member.mesh_ancestors[-1])] if member.mesh_ancestors and not member.armature else []
        keys += [("mesh", member.name)] if not member.armature else []
        level = level_of_detail(member.name)
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
        centre = np.array([members[index].centre for index in together])
        half = np.array([members[index].size for index in together]) / 2
        order = np.argsort(-half.prod(axis=1), kind="stable")
        for place, inner in enumerate(order):
            member = members[together[inner]]
            if member.armature or not (member.ancestors or member.role in _PARTS):
                continue
            hosts = _hosts(centre, half, order[:place], int(inner))
            if hosts and not _holds_several(centre, half, order, hosts[0]):
                joined.join(together[inner], together[hosts[0]])


def _hosts(centre: NDArray[np.float64], half: NDArray[np.float64], larger: NDArray[np.int64], inner: int) -> list[int]:
    """The larger members in whose box, seen from above, the centre of `inner` lies, and whose heights touch."""
    away = np.abs(centre[larger] - centre[inner])
    inside = (away[:, :2] <= half[larger, :2]).all(axis=1)
    touching = away[:, 2] <= 1.05 * (half[larger, 2] + half[inner, 2])
    return [int(index) for index in larger[inside & touching]]


def _holds_several(centre: NDArray[np.float64], half: NDArray[np.float64], order: NDArray[np.int64], host: int) -> bool:
    """Whether a box is a bench or a stage: things as tall as wide stand in it side by side."""
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
