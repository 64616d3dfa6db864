"""The face as a mesh carries it: landmarks, and for each corner its place in the picture. Removed without a trace."""

from collections.abc import Iterable
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.search.locating import Marked
from ..materials.slots import shows_face
from ..records import FACE, FACE_MIRRORED
from .chosen_head import HEAD
from .reading import shape_mark

_LANDMARKS, _MARK, _BY_HAND = "facegan_landmarks", "facegan_shape", "facegan_by_hand"
"""Custom properties of a mesh: left eye, right eye, mouth, chin as the viewer sees them, and a point ahead of the eyes,
in its own coordinates; what its shape was then, and what picture it showed; whether the artist has set them."""
_PLACED = "facegan_placed"
"""Custom property of a mesh: what the coordinates that it carries come from, see `core.search.locating.Located`."""


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


def is_told(mesh: Any) -> bool:
    """Whether the artist has said where the mesh has its face or its head."""
    return mesh.get(_BY_HAND) is not None or mesh.get(HEAD) is not None


def landmarks_points(mesh: Any) -> NDArray[np.float64] | None:
    """The landmarks that the mesh carries, whatever has become of its shape: see `Marked`."""
    stored = mesh.get(_LANDMARKS)
    return None if stored is None else np.array(stored, np.float64).reshape(5, 3)


def set_landmarks(obj: bpy.types.Object, points: NDArray[np.float64], by_hand: bool, picture: str = "") -> None:
    """Notes landmarks down in the object's mesh: see `Marked`. picture: see `landmarks_of`."""
    mesh: Any = obj.data
    mesh[_LANDMARKS] = [float(value) for value in points.ravel()]
    mesh[_MARK] = _mark(obj, picture)
    if by_hand:
        mesh[_BY_HAND] = True


def _mark(obj: bpy.types.Object, picture: str) -> str:
    return f"{shape_mark(obj)}:{picture}" if picture else shape_mark(obj)


def placed_on(mesh: Any) -> str:
    """What the coordinates of every corner come from; empty where the mesh carries none, or where nothing says it."""
    attribute = mesh.attributes.get(FACE)
    return str(mesh.get(_PLACED, "")) if attribute is not None and len(attribute.data) == len(mesh.loops) else ""


def write_coordinates(
    mesh: Any, values: NDArray[np.float32], placed: str = "", mirrored: NDArray[np.float32] | None = None
) -> None:
    """Writes the face coordinates of every corner: float32 [C, 3].

    placed: what they come from, if they are found. mirrored: the same for what a Mirror modifier adds, None without.
    """
    _write_column(mesh, FACE, values)
    if mirrored is not None:
        _write_column(mesh, FACE_MIRRORED, mirrored)
    elif mesh.attributes.get(FACE_MIRRORED) is not None:
        _remove_column(mesh, FACE_MIRRORED)
    mesh[_PLACED] = placed
    mesh.update_tag()


def read_coordinates(mesh: Any) -> NDArray[np.float32] | None:
    """The face coordinates of every corner, float32 [C, 3]; None where the mesh carries none."""
    attribute = mesh.attributes.get(FACE)
    if attribute is None or attribute.domain != "CORNER" or attribute.data_type != "FLOAT_VECTOR":
        return None
    values = np.empty(len(mesh.loops) * 3, np.float32)
    attribute.data.foreach_get("vector", values)
    return values.reshape(-1, 3)


def _write_column(mesh: Any, name: str, values: NDArray[np.float32]) -> None:
    attribute = mesh.attributes.get(name)
    if attribute is not None and (attribute.domain != "CORNER" or attribute.data_type != "FLOAT_VECTOR"):
        mesh.attributes.remove(attribute)
        attribute = None
    if attribute is None:
        active = mesh.attributes.active_index
        mesh.attributes.new(name, "FLOAT_VECTOR", "CORNER")
        mesh.attributes.active_index = active
        attribute = mesh.attributes[name]
    attribute.data.foreach_set("vector", np.ascontiguousarray(values).ravel())


def _remove_column(mesh: Any, name: str) -> None:
    attribute = mesh.attributes.get(name)
    if attribute is not None:
        active = mesh.attributes.active_index
        mesh.attributes.remove(attribute)
        mesh.attributes.active_index = min(active, len(mesh.attributes) - 1)


def has_coordinates(mesh: Any) -> bool:
    """Whether the mesh carries a face."""
    return mesh.attributes.get(FACE) is not None


def remove_coordinates(mesh: Any) -> None:
    """Takes the face off the mesh again; what the artist has marked stays."""
    _remove_column(mesh, FACE)
    _remove_column(mesh, FACE_MIRRORED)
    if _PLACED in mesh:
        del mesh[_PLACED]
    forget_found(mesh)


def drop_coordinates(meshes: Iterable[bpy.types.ID]) -> None:
    """Takes the face off the meshes that no object shows a face with; linked meshes stay as they are."""
    carrying = {
        mesh.session_uid: mesh
        for mesh in meshes
        if isinstance(mesh, bpy.types.Mesh) and mesh.is_editable and has_coordinates(mesh)
    }
    if not carrying:
        return
    for obj in bpy.data.objects:
        if obj.type == "MESH" and obj.data is not None and obj.data.session_uid in carrying and shows_face(obj):
            del carrying[obj.data.session_uid]
    for mesh in carrying.values():
        remove_coordinates(mesh)


def forget_found(mesh: Any) -> None:
    """Takes landmarks off the mesh that the artist has not set."""
    if not mesh.get(_BY_HAND, False):
        forget_landmarks(mesh)


def forget_landmarks(mesh: Any) -> None:
    """Takes the landmarks off the mesh, the artist's too."""
    for name in (_LANDMARKS, _MARK, _BY_HAND):
        if name in mesh:
            del mesh[name]
