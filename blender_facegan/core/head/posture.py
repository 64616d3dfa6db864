"""Which way is up and which way is the front of a person in its rest pose, from bones, else from the world."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .names import BoneRole, bone_role, is_of_hand, leg_of_beast, side_of
from .person import Bone, Person

_NEAR_AXIS = np.cos(np.radians(30))
"""A direction as near to an axis as this is meant to be the axis: spines lean, and persons are modelled along axes."""
_EXACT = np.cos(np.radians(12))

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """A head's own axes, as rows of `axes`: to the viewer's right, up, and forward. origin: a point of the head."""

    axes: NDArray[np.float64]
    origin: Vector

    def inside(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """World points in the frame: x to the viewer's right, y up, z towards the viewer."""
        local: NDArray[np.float64] = (points - self.origin) @ self.axes.T
        return local

    def world(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of the frame in the world."""
        out: NDArray[np.float64] = points @ self.axes + self.origin
        return out


class Skeleton:
    """The bones of a person by what they are."""

    def __init__(self, bones: Sequence[Bone]) -> None:
        self.bones = bones
        self._by_role: dict[BoneRole, list[Bone]] = {}
        for bone in bones:
            self._by_role.setdefault(bone_role(bone.name), []).append(bone)

    @property
    def is_beast(self) -> bool:
        """Whether bones are called those of fore and of hind legs."""
        return {"FORE", "HIND"} <= {leg_of_beast(bone.name) for bone in self.bones}

    def first(self, role: BoneRole) -> Bone | None:
        """The bone of a role that is nearest to the root; None where there is none."""
        return next(iter(self._by_role.get(role, ())), None)

    def all(self, role: BoneRole) -> list[Bone]:
        """Every bone of a role."""
        return self._by_role.get(role, [])

    def pair(self, role: BoneRole) -> tuple[Bone, Bone] | None:
        """The left and the right bone of a role, by name."""
        sides = {side_of(bone.name): bone for bone in reversed(self.all(role))}
        return (sides["LEFT"], sides["RIGHT"]) if "LEFT" in sides and "RIGHT" in sides else None

    def heads(self) -> list[Bone]:
        """The head bones that do not hang on another head bone."""
        heads = self.all("HEAD")
        names = {bone.name for bone in heads}
        return [bone for bone in heads if not self._above(bone) & names]

    def _above(self, bone: Bone) -> set[str]:
        by_name = {one.name: one for one in self.bones}
        found: set[str] = set()
        while bone.parent in by_name and bone.parent not in found:
            found.add(bone.parent)
            bone = by_name[bone.parent]
        return found


def skeleton(person: Person) -> Skeleton:
    """The bones of a person, sorted by what they are."""
    return Skeleton(person.bones)


def upward(person: Person, bones: Skeleton) -> Vector:
    """Up, of length 1: from the hips, else the feet, to the head in the rest pose, else the world's Z."""
    head = bones.first("HEAD")
    below = bones.first("HIPS")
    feet = bones.pair("FOOT")
    between = (feet[0].head + feet[1].head) / 2 if feet is not None else None
    foot = below.head if below is not None else between
    if head is None or foot is None:
        return np.array([0.0, 0.0, 1.0])
    return _onto_axis(person, head.head - foot, _NEAR_AXIS)


def fronts(person: Person, bones: Skeleton, up: Vector) -> list[tuple[Vector, float]]:
    """Directions in which the face may look, the likeliest first, with how sure each is, 0 to 1.

    Left and right bones give the axis, and toes and eyes the sense: names lie where a parent mirrors.
    """
    axis = _sideways(bones, up)
    hints = [hint for hint in (_toes(bones, up), _eyes(bones, up)) if hint is not None]
    if axis is not None:
        front = _onto_axis(person, np.cross(axis, up), _EXACT, up)
        agree = sum(float(hint @ front) for hint in hints)
        if person.mirrored and not hints:
            front = -front
        if agree < 0:
            front = -front
        return [(front, 0.9 if hints else 0.7), (-front, 0.1)]
    if hints:
        front = _onto_axis(person, hints[0], _NEAR_AXIS, up)
        return [(front, 0.6), *((other, 0.1) for other in _around(front, up)[1:])]
    return [(direction, 0.3 if not index else 0.2) for index, direction in enumerate(_around(_default(up), up))]


def _default(up: Vector) -> Vector:
    """Blender's front, -Y; for someone lying, the world's up."""
    guess = np.array([0.0, -1.0, 0.0])
    if abs(guess @ up) > 0.9:
        guess = np.array([0.0, 0.0, 1.0])
    return _level(guess, up)  # type: ignore[return-value]


def _around(front: Vector, up: Vector) -> list[Vector]:
    side = np.cross(up, front)
    return [front, -front, side, -side]


def _sideways(bones: Skeleton, up: Vector) -> Vector | None:
    """From the person's right to its left, by the names of its bones.

    Pairs count by how far they stand apart, and hands only where there is nothing else: crossed or folded, both lie
    the wrong way round, and their fingers are many.
    """
    pairs = _pairs(bones)
    steady = [pair for pair in pairs if not is_of_hand(pair[0].name)]
    apart = [left.head - right.head for left, right in steady or pairs]
    return _level(np.sum(apart, axis=0), up) if apart else None


def _pairs(bones: Skeleton) -> list[tuple[Bone, Bone]]:
    left: dict[str, Bone] = {}
    right: dict[str, Bone] = {}
    for bone in bones.bones:
        side = side_of(bone.name)
        if side:
            (left if side == "LEFT" else right).setdefault(_without_side(bone.name), bone)
    return [(left[name], right[name]) for name in left if name in right]


def _without_side(name: str) -> str:
    plain = name.replace("左", "").replace("右", "")
    for word in ("Left", "Right", "left", "right", "LEFT", "RIGHT"):
        plain = plain.replace(word, "")
    for first, second in (("_l_", "_"), ("_r_", "_"), (" L ", " "), (" R ", " "), ("_L_", "_"), ("_R_", "_")):
        plain = plain.replace(first, second)
    if plain[-2:-1] in ("_", ".", " ", "-") and plain[-1:] in "lrLR":
        plain = plain[:-2]
    return plain[1:] if plain[:1] in "lr" and plain[1:2].isupper() else plain


def _toes(bones: Skeleton, up: Vector) -> Vector | None:
    """Where the feet point: from the ankle to the toes, else along the bone of the foot."""
    total = np.zeros(3)
    for foot in bones.all("FOOT"):
        toe = next((toe for toe in bones.all("TOE") if side_of(toe.name) == side_of(foot.name)), None)
        along = _level((toe.head if toe is not None else foot.tail) - foot.head, up)
        if along is not None:
            total += along
    return _level(total, up)


def _eyes(bones: Skeleton, up: Vector) -> Vector | None:
    """From the head's bone to between the eyes."""
    head, pair = bones.first("HEAD"), bones.pair("EYE")
    if head is None or pair is None:
        return None
    return _level((pair[0].head + pair[1].head) / 2 - head.head, up)


def _level(vector: Vector, up: Vector) -> Vector | None:
    """The vector without what goes up in it, of length 1; None where that is next to nothing."""
    flat = vector - up * (vector @ up)
    length = float(np.linalg.norm(flat))
    return flat / length if length > 0.05 * float(np.linalg.norm(vector)) and length > 0 else None


def _onto_axis(person: Person, vector: Vector, near: float, up: Vector | None = None) -> Vector:
    """The axis of the world or of the person's meshes that is nearest, if it is near enough, else the direction."""
    direction = vector / np.linalg.norm(vector)
    axes = [np.eye(3)]
    axes += [part.to_world[:3, :3].T / np.linalg.norm(part.to_world[:3, :3], axis=0)[:, None] for part in person.parts]
    candidates = np.concatenate([np.concatenate((rows, -rows)) for rows in axes])
    if up is not None:
        candidates = candidates[np.abs(candidates @ up) < 1e-3]
        if not len(candidates):
            return direction
    best = candidates[int(np.argmax(candidates @ direction))]
    return best if best @ direction >= near else direction
