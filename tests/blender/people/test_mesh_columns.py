"""The quick way to read a mesh tells the same as Blender's own lists of vertices, corners and polygons."""

from typing import Literal

import bpy
import numpy as np
import pytest

from blender_facegan.scene.people.mesh_columns import (
    corner_vertices,
    corners_per_polygon,
    material_indices,
    positions,
)
from tests.blender.head.characters import character


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT"])
def test_a_mesh_is_read_as_its_lists_have_it(scene: bpy.types.Scene, mode: Literal["OBJECT", "EDIT"]) -> None:
    somebody = character("man", eyes=True)
    bpy.context.view_layer.objects.active = somebody  # type: ignore[union-attr]
    bpy.ops.object.mode_set(mode=mode)
    mesh = somebody.data
    assert np.array_equal(positions(mesh), [tuple(vertex.co) for vertex in mesh.vertices])
    assert np.array_equal(corner_vertices(mesh), [loop.vertex_index for loop in mesh.loops])
    assert np.array_equal(corners_per_polygon(mesh), [polygon.loop_total for polygon in mesh.polygons])
    assert np.array_equal(material_indices(mesh), [polygon.material_index for polygon in mesh.polygons])
    assert material_indices(mesh).any()
    bpy.ops.object.mode_set(mode="OBJECT")


def test_a_mesh_whose_polygons_all_have_the_first_material_has_no_column_of_them(scene: bpy.types.Scene) -> None:
    mesh = bpy.data.meshes.new("Triangle")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    assert material_indices(mesh).tolist() == [0]
    assert corners_per_polygon(mesh).tolist() == [3]
