"""A mesh's columns of numbers, read the quick way: from its attributes, which Blender copies in one piece."""

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray


def positions(mesh: bpy.types.Mesh) -> NDArray[np.float32]:
    """The vertices of the rest shape: float32 [V, 3], local."""
    return _read(mesh, mesh.vertices, "co", ("position", "FLOAT_VECTOR", "vector"), np.float32, 3)


def corner_vertices(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    """The vertex of each corner of a polygon: int32 [C]."""
    return _read(mesh, mesh.loops, "vertex_index", (".corner_vert", "INT", "value"), np.int32)


def corners_per_polygon(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    """The corners of each polygon: int32 [P]."""
    return column(mesh.polygons, "loop_total", np.int32)


def material_indices(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    """The material slot of each polygon: int32 [P]."""
    if not mesh.is_editmode and mesh.attributes.get("material_index") is None:
        return np.zeros(len(mesh.polygons), np.int32)
    return _read(mesh, mesh.polygons, "material_index", ("material_index", "INT", "value"), np.int32)


def corner_places(layer: bpy.types.MeshUVLoopLayer) -> NDArray[np.float32]:
    """Where each corner lies in a UV map: float32 [C, 2]."""
    return column(layer.data, "uv", np.float32, 2)


def group_weights(obj: bpy.types.Object, name: str) -> NDArray[np.float64]:
    """A vertex group's weight of each vertex: float64 [V]. Blender has no quick way to them from Python."""
    mesh: Any = obj.data
    index = obj.vertex_groups[name].index
    weights = np.zeros(len(mesh.vertices))
    for vertex in mesh.vertices:
        for element in vertex.groups:
            if element.group == index:
                weights[vertex.index] = element.weight
    return weights


def column(items: Any, name: str, kind: Any, width: int = 1) -> NDArray[Any]:
    """A property of all items of a collection: [N], or [N, width]."""
    values: NDArray[Any] = np.empty(len(items) * width, kind)
    items.foreach_get(name, values)
    return values.reshape(-1, width) if width > 1 else values


def _read(
    mesh: bpy.types.Mesh, items: Any, name: str, attribute: tuple[str, str, str], kind: Any, width: int = 1
) -> NDArray[Any]:
    # Item by item takes Blender some milliseconds for a head. In Edit Mode the attributes are elsewhere.
    called, data_type, value = attribute
    found: Any = mesh.attributes.get(called)
    if found is not None and found.data_type == data_type and len(found.data) == len(items):
        return column(found.data, value, kind, width)
    return column(items, name, kind, width)
