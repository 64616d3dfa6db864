"""What of a mesh an artist has said to be the head: a vertex group, a material, or all of it."""

import zlib
from typing import Any, Literal, NamedTuple, cast

import bpy
import numpy as np
from numpy.typing import NDArray

from ..materials.slots import own_material
from ..people.mesh_columns import corner_vertices, corners_per_polygon, group_weights, material_indices

HEAD = "facegan_head"
"""Custom property of a mesh: what of it is the head, and the name of that, as `GROUP:Face`."""

By = Literal["GROUP", "MATERIAL", "OBJECT"]


class ChosenHead(NamedTuple):
    """by: what tells the head. name: of the vertex group or the material; empty where the whole object is it."""

    by: By
    name: str = ""


def chosen_head(mesh: Any) -> ChosenHead | None:
    """What the artist has said on the mesh; None without."""
    told = mesh.get(HEAD)
    if told is None:
        return None
    by, _, name = str(told).partition(":")
    return ChosenHead(cast(By, by), name)


def names_of(obj: bpy.types.Object, by: By) -> list[str]:
    """What an object's head can be called by: its vertex groups, or its own materials, those behind ours."""
    if by == "GROUP":
        return [group.name for group in obj.vertex_groups]
    if by == "MATERIAL":
        found = (own_material(obj, index) for index in range(len(obj.material_slots)))
        return [material.name for material in found if material is not None]
    return []


def chosen_vertices(obj: bpy.types.Object) -> NDArray[np.bool_] | None:
    """The vertices that the artist has chosen as the head, bool [V]; none of them where what was chosen is gone.

    Of a vertex group those that have more than half of its greatest weight. None where nothing is chosen.
    """
    mesh: Any = obj.data
    told, count = chosen_head(mesh), len(mesh.vertices)
    if told is None:
        return None
    if told.by == "OBJECT":
        return np.ones(count, bool)
    if told.name not in names_of(obj, told.by):
        return np.zeros(count, bool)
    if told.by == "GROUP":
        weight = group_weights(obj, told.name)
        chosen: NDArray[np.bool_] = weight > max(float(weight.max(initial=0.0)) / 2, 0.0)
        return chosen
    return _of_material(obj, told.name)


def chosen_mark(obj: bpy.types.Object) -> str:
    """What tells one choice from another, and a group from what is painted into it later; empty without a choice."""
    chosen = chosen_vertices(obj)
    return "" if chosen is None else f":{zlib.crc32(np.packbits(chosen).tobytes()):08x}"


def _of_material(obj: bpy.types.Object, name: str) -> NDArray[np.bool_]:
    """The vertices of the polygons that show a material."""
    mesh: Any = obj.data
    slots = [
        index
        for index in range(len(obj.material_slots))
        if (material := own_material(obj, index)) is not None and material.name == name
    ]
    shown = np.repeat(np.isin(material_indices(mesh), slots), corners_per_polygon(mesh))
    chosen = np.zeros(len(mesh.vertices), bool)
    chosen[corner_vertices(mesh)[shown]] = True
    return chosen
