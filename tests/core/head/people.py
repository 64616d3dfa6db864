"""People to find faces on, from `makehuman.npz`, with bones as a rig would have them."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blender_facegan.core.head.person import Bone, Part, Person, Surface

HEADS = ("woman", "child", "old")


class Truth(NamedTuple):
    """True places in the world: the person's right and left eye, the mouth, the chin."""

    right_eye: NDArray[np.float64]
    left_eye: NDArray[np.float64]
    mouth: NDArray[np.float64]
    chin: NDArray[np.float64]

    def moved(self, matrix: NDArray[np.float64]) -> "Truth":
        return Truth(*(matrix[:3, :3] @ point + matrix[:3, 3] for point in self))


@cache
def stored() -> dict[str, Any]:
    with np.load(Path(__file__).with_name("makehuman.npz")) as file:
        return {name: file[name] for name in file.files}


def surface(who: str, eyes: bool = True) -> Surface:
    """The whole man, or a head with neck and shoulders of the others; eyes: with the eyeballs."""
    data = stored()
    quads, of_eye = data["quads"].astype(np.int32), data["of_eye"]
    kept = np.ones(len(quads), bool) if eyes else ~of_eye
    if who != "man":
        number = np.cumsum(data["in_head"]) - 1
        kept &= data["in_head"][quads].all(axis=1)
        quads = number[quads].astype(np.int32)
    vertices = data[who].astype(np.float64)
    return made(vertices, quads[kept], of_eye[kept].astype(np.int32))


def made(vertices: NDArray[np.float64], polygons: NDArray[np.int32], slots: NDArray[np.int32] | None = None) -> Surface:
    """A surface of polygons of one size."""
    count, size = polygons.shape
    return Surface(
        np.asarray(vertices, np.float64),
        polygons.astype(np.int32).ravel(),
        np.full(count, size, np.int32),
        np.zeros(count, np.int32) if slots is None else slots,
        np.ones(len(vertices), bool),
    )


def truth(who: str) -> Truth:
    return Truth(*stored()[f"{who}_landmarks"].astype(np.float64))


def person(who: str, matrix: NDArray[np.float64] | None = None, bones: bool = False, eyes: bool = False) -> Person:
    """Somebody whose mesh object has this matrix. The bones are the man's, as Mixamo calls them."""
    matrix = np.eye(4) if matrix is None else matrix
    part = Part("Somebody", surface(who, eyes), matrix, ("Skin", "Iris") if eyes else ("Skin",))
    return Person("Somebody", [part], rig(matrix) if bones else (), bool(np.linalg.det(matrix[:3, :3]) < 0))


def rig(matrix: NDArray[np.float64]) -> list[Bone]:
    places = {
        "mixamorig:Hips": (0.0, 0.0, 0.95),
        "mixamorig:Head": (0.0, 0.02, 1.56),
        "mixamorig:LeftFoot": (0.12, 0.03, 0.08),
        "mixamorig:RightFoot": (-0.12, 0.03, 0.08),
        "mixamorig:LeftToeBase": (0.14, -0.12, 0.02),
        "mixamorig:RightToeBase": (-0.14, -0.12, 0.02),
    }
    parents = {"mixamorig:LeftToeBase": "mixamorig:LeftFoot", "mixamorig:RightToeBase": "mixamorig:RightFoot"}
    floor = stored()["man"][:, 2].min()

    def world(place: tuple[float, float, float]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = matrix[:3, :3] @ (np.array(place) + np.array((0, 0, floor))) + matrix[:3, 3]
        return result

    return [
        Bone(name, parents.get(name, ""), world(place), world((place[0], place[1], place[2] + 0.05)))
        for name, place in places.items()
    ]


def turned(axis: str, degrees: float) -> NDArray[np.float64]:
    """A matrix that turns about X, Y or Z."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    first, second = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}[axis]
    matrix = np.eye(4)
    matrix[first, first] = matrix[second, second] = cos
    matrix[first, second], matrix[second, first] = -sin, sin
    return matrix


def strands(width: float, name: str) -> Part:
    """Hair that hangs before the woman's face from brows to chin, left and right of a gap, and goes round her head."""
    real = truth("woman")
    tall = real.left_eye[2] - real.chin[2]
    front, back = real.left_eye[1] - 0.05, real.left_eye[1] + 0.25
    corners, quads = [], []
    for side in (-1, 1):
        for row in range(9):
            height = real.left_eye[2] + 0.5 * tall - row * 0.22 * tall
            far = side * (0.012 + width)
            corners += [(side * 0.012, front, height), (far, front, height), (far, back, height)]
    for first in (0, 27):
        for row in range(8):
            above = first + 3 * row
            quads += [(above + one, above + one + 1, above + one + 4, above + one + 3) for one in (0, 1)]
    return Part(name, made(np.array(corners), np.array(quads, np.int32)), np.eye(4))
