"""The face as a mesh carries it: landmarks, and for each corner its place in the picture. Removed without a trace."""

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.head.landmarks import Landmarks
from ...core.head.posture import Frame
from ..records import FACE
from .reading import shape_mark

_LANDMARKS, _MARK, _BY_HAND = "facegan_landmarks", "facegan_shape", "facegan_by_hand"
"""Custom properties of a mesh: left eye, right eye, mouth, chin as the viewer sees them, and a point ahead of the eyes,
in its own coordinates; what its shape was then, and what picture it showed; whether the artist has set them."""


@dataclass(frozen=True)
class Marked:
    """Landmarks of a mesh: float64 [5, 3] in its own coordinates, the last a point ahead of the eyes.

    by_hand: whether the artist has set them.
    """

    points: NDArray[np.float64]
    by_hand: bool

    @classmethod
    def of(cls, frame: Frame, found: Landmarks, matrix: NDArray[np.float64]) -> "Marked":
        """Landmarks that were found on an object of this matrix."""
        ahead = found.eyes + np.array([0.0, 0.0, found.eye_distance])
        world = frame.world(np.concatenate((found.points, ahead[None])))
        return cls((world - matrix[:3, 3]) @ np.linalg.inv(matrix[:3, :3]).T, False)

    def in_frame(self, matrix: NDArray[np.float64]) -> tuple[Frame, Landmarks]:
        """The head's frame in the world under an object's matrix, and the landmarks in it."""
        world = self.points @ matrix[:3, :3].T + matrix[:3, 3]
        eyes = (world[0] + world[1]) / 2
        across = _along(world[1] - world[0])
        up = eyes - world[3]
        up = _along(up - across * (up @ across))
        front = np.cross(across, up)
        if front @ (world[4] - eyes) < 0:
            # The object mirrors its mesh: the viewer's left is the mesh's right.
            across, front = -across, -front
        frame = Frame(np.stack((across, up, front)), world.mean(axis=0))
        local = frame.inside(world)
        first, second = (0, 1) if local[0, 0] < local[1, 0] else (1, 0)
        return frame, Landmarks(local[first], local[second], local[2], local[3])


def _along(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    length: NDArray[np.float64] = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return length


def landmarks_of(obj: bpy.types.Object, picture: str = "") -> Marked | None:
    """The landmarks that the object's mesh carries; None without, or where its shape has changed since they were found.

    picture: what tells the picture on it from others, which makes them others' too. What the artist has set is kept
    whatever becomes of the mesh.
    """
    mesh: Any = obj.data
    stored = mesh.get(_LANDMARKS)
    if stored is None:
        return None
    by_hand = bool(mesh.get(_BY_HAND, False))
    if not by_hand and mesh.get(_MARK) != _mark(obj, picture):
        return None
    return Marked(np.array(stored, np.float64).reshape(5, 3), by_hand)


def set_landmarks(obj: bpy.types.Object, points: NDArray[np.float64], by_hand: bool, picture: str = "") -> None:
    """Notes landmarks down in the object's mesh: see `Marked`. picture: see `landmarks_of`."""
    mesh: Any = obj.data
    mesh[_LANDMARKS] = [float(value) for value in points.ravel()]
    mesh[_MARK] = _mark(obj, picture)
    if by_hand:
        mesh[_BY_HAND] = True


def _mark(obj: bpy.types.Object, picture: str) -> str:
    return f"{shape_mark(obj)}:{picture}" if picture else shape_mark(obj)


def write_coordinates(mesh: Any, values: NDArray[np.float32]) -> None:
    """Writes the face coordinates of every corner: float32 [C, 3]."""
    attribute = mesh.attributes.get(FACE)
    if attribute is not None and (attribute.domain != "CORNER" or attribute.data_type != "FLOAT_VECTOR"):
        mesh.attributes.remove(attribute)
        attribute = None
    if attribute is None:
        active = mesh.attributes.active_index
        mesh.attributes.new(FACE, "FLOAT_VECTOR", "CORNER")
        mesh.attributes.active_index = active
        attribute = mesh.attributes[FACE]
    attribute.data.foreach_set("vector", values.ravel())
    mesh.update_tag()


def has_coordinates(mesh: Any) -> bool:
    """Whether the mesh carries a face."""
    return mesh.attributes.get(FACE) is not None


def remove_coordinates(mesh: Any) -> None:
    """Takes the face off the mesh again; what the artist has marked stays."""
    attribute = mesh.attributes.get(FACE)
    if attribute is not None:
        active = mesh.attributes.active_index
        mesh.attributes.remove(attribute)
        mesh.attributes.active_index = min(active, len(mesh.attributes) - 1)
    if not mesh.get(_BY_HAND, False):
        forget_landmarks(mesh)


def forget_landmarks(mesh: Any) -> None:
    """Takes the landmarks off the mesh, the artist's too."""
    for name in (_LANDMARKS, _MARK, _BY_HAND):
        if name in mesh:
            del mesh[name]
