"""A mesh of a character's own, with a UV map on which its face can be baked; and the way back to its live face."""

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ..head.coordinates import read_coordinates
from ..head.persons import persons_with_faces
from ..materials.look import Look
from ..materials.materials import FaceMaterials
from ..materials.slots import ARTISTS_MESH, baked_slots, face_slots, give_live_back, give_mesh_back
from ..people.characters import Kind, Skipped
from ..people.mesh_columns import (
    column,
    corner_places,
    corner_vertices,
    corners_per_polygon,
    material_indices,
    positions,
)
from ..records import character

BAKED_UV = "Crowd Face"
"""Name of the UV map."""
MOST_UV_MAPS = 8
"""Blender's limit."""
_MARGIN = 0.03
"""Around every island of a head, as a share of its cell: room for a renderer to filter across."""
_CELLS = (
    (0.0, 0.0, 0.5, 1.0),
    (0.75, 0.0, 0.25, 1 / 3),
    (0.5, 1 / 3, 0.25, 1 / 3),
    (0.75, 1 / 3, 0.25, 1 / 3),
    (0.5, 2 / 3, 0.25, 1 / 3),
    (0.75, 2 / 3, 0.25, 1 / 3),
    (0.5, 0.0, 0.25, 1 / 3),
)
"""Left, bottom, width and height in UV of a head's sides: face, back, left, right, top, bottom, rest of the front."""
_AHEAD = 0.1
"""Cosine from which a polygon of the face looks ahead enough to be seen from there: the creases beside a mouth do."""
_AXES = ((0, 2), (0, 2), (1, 2), (1, 2), (0, 1), (0, 1), (0, 2))
"""The two coordinates that a side shows across and up."""


def own_mesh(obj: bpy.types.Object, slot: int, kind: Kind, facing: float) -> Skipped | None:
    """Gives the object a copy of its mesh with the UV map; returns why that cannot be, None where it can.

    The map is the first and the active one. In it the polygons of `slot` are laid out anew, and all others where the
    map that was active has them. So a format that knows but one map shows the face, and the other materials as before.
    """
    mesh: Any = obj.data
    if ARTISTS_MESH in mesh:
        return None
    others = [layer for layer in mesh.uv_layers if layer.name != BAKED_UV]
    if len(others) >= MOST_UV_MAPS:
        reason = rpt_("already with {} UV maps").format(MOST_UV_MAPS)
        return Skipped(obj.name, reason, rpt_("remove one, since the face needs one"))
    copy = mesh.copy()
    copy.name = f"{mesh.name} Baked"
    _put_first(copy, unfold(copy, slot, kind, facing))
    copy[ARTISTS_MESH] = mesh
    obj.data = copy
    return None


def is_baked(obj: bpy.types.Object) -> bool:
    """Whether the object shows pictures of its own in place of its page."""
    return bool(baked_slots(obj))


def restore_live_faces(objects: Sequence[bpy.types.Object]) -> int:
    """Lets baked characters show their page again, with the meshes and materials that they had; returns how many.

    Of a person of several meshes any may be given.
    """
    persons = [person for person in persons_with_faces(objects) if any(map(is_baked, (person.head, *person.body)))]
    materials = FaceMaterials(Look())
    for person in persons:
        for obj in (person.head, *person.body):
            give_mesh_back(obj)
            give_live_back(obj)
            page = character(person.head).page
            if page is None:
                continue
            for index in face_slots(obj):
                materials.follow(obj, index, page)
    return len(persons)


def unfold(mesh: bpy.types.Mesh, slot: int, kind: Kind, facing: float) -> NDArray[np.float32]:
    """UV coordinates of every corner of the mesh: float32 [loops, 2].

    The polygons of `slot` fill 0 to 1: a flat mesh as one piece, a head as the six sides of a box around it, half of
    the picture for what of the front shows the face: hands that hang beside a body, and the inside of a mouth, lie
    elsewhere. Surfaces that lie behind each other as seen from one side share their place. facing: radians about Z from
    -Y.
    """
    vertices, normals = positions(mesh)[corner_vertices(mesh)], column(mesh.polygons, "normal", np.float32, 3)
    of_slot, corners = material_indices(mesh) == slot, corners_per_polygon(mesh)
    turned = _turned_back(facing)
    points, directions = vertices @ turned.T, np.repeat(normals @ turned.T, corners, axis=0)
    wanted = np.repeat(of_slot, corners)
    places = _active_map(mesh)
    if kind == "BILLBOARD":
        places[wanted] = _flat(vertices[wanted], normals[of_slot])
    else:
        on_face = _on_face(mesh, points, directions, corners)
        places[wanted] = _boxed(points[wanted], directions[wanted], None if on_face is None else on_face[wanted])
    return places


def _flat(points: NDArray[np.float32], normals: NDArray[np.float32]) -> NDArray[np.float32]:
    """Along the two axes that the mesh is not thin in, over its whole breadth and height."""
    thin = int(np.argmax(np.abs(normals).sum(axis=0))) if len(normals) else 1
    across, up = ((1, 2), (0, 2), (0, 1))[thin]
    return _spread(points[:, (across, up)])


def _on_face(
    mesh: bpy.types.Mesh, points: NDArray[np.float32], directions: NDArray[np.float32], corners: NDArray[np.int32]
) -> NDArray[np.bool_] | None:
    """Whether each corner is of a polygon that shows the face, or lies among such ones as lids do, and looks ahead.

    None where the mesh does not tell. points, directions: of the corners, with what is ahead at -Y.
    """
    told = read_coordinates(mesh)
    if told is None or not np.any(told[:, 2] > 0):
        return None
    shown = points[told[:, 2] > 0]
    among = np.all((points >= shown.min(axis=0)) & (points <= shown.max(axis=0)), axis=1)
    starts = np.concatenate(([0], np.cumsum(corners)[:-1]))
    of_face = np.logical_and.reduceat(among, starts) | np.logical_or.reduceat(told[:, 2] > 0, starts)
    return np.repeat(of_face, corners) & (directions[:, 1] < -_AHEAD)


def _boxed(
    points: NDArray[np.float32], directions: NDArray[np.float32], on_face: NDArray[np.bool_] | None
) -> NDArray[np.float32]:
    axis = np.argmax(np.abs(directions), axis=1)
    behind = np.take_along_axis(directions, axis[:, None], axis=1)[:, 0] > 0
    # X: left and right. -Y is the front. Z: the top looks up.
    side = np.choose(axis, (np.where(behind, 3, 2), np.where(behind, 1, 0), np.where(behind, 4, 5)))
    if on_face is not None:
        side = np.where(on_face, 0, np.where(side == 0, 6, side))
    places = np.zeros((len(points), 2), np.float32)
    for index, (cell, axes) in enumerate(zip(_CELLS, _AXES, strict=True)):
        here = side == index
        within = _MARGIN + (1 - 2 * _MARGIN) * _spread(points[here][:, axes])
        places[here] = np.array(cell[:2]) + within * np.array(cell[2:])
    return places


def _spread(flat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Moved and stretched to fill 0 to 1 both ways."""
    if not len(flat):
        return flat
    low, high = flat.min(axis=0), flat.max(axis=0)
    spread: NDArray[np.float32] = (flat - low) / np.maximum(high - low, 1e-9)
    return spread


def _turned_back(facing: float) -> NDArray[np.float32]:
    """The rotation that brings the front to -Y."""
    cos, sin = np.cos(-facing), np.sin(-facing)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32)


def _active_map(mesh: bpy.types.Mesh) -> NDArray[np.float32]:
    active = next((layer for layer in mesh.uv_layers if layer.active_render), None)
    return np.zeros((len(mesh.loops), 2), np.float32) if active is None else corner_places(active)


def _put_first(mesh: Any, places: NDArray[np.float32]) -> None:
    """Makes the map BAKED_UV the first and active one: Blender can only append, so the others are made again."""
    layers = [(layer.name, corner_places(layer)) for layer in mesh.uv_layers if layer.name != BAKED_UV]
    while mesh.uv_layers:
        mesh.uv_layers.remove(mesh.uv_layers[0])
    for name, coordinates in ((BAKED_UV, places), *layers):
        layer = mesh.uv_layers.new(name=name, do_init=False)
        layer.data.foreach_set("uv", coordinates.ravel())
    first = mesh.uv_layers[0]
    first.active = first.active_render = True
