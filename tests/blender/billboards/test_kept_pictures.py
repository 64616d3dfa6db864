"""Faces on pictures in files, in instances and bakes, under undo; and planes as they were without them."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

import blender_facegan
from tests.blender.billboards.planes import (
    close,
    laid,
    picture,
    plane_of,
    populate,
    sheet,
    shown,
    state,
)
from tests.blender.crowds import data, operators, select
from tests.blender.pictures import front_view
from tests.blender.point_crowds import column, instance_on, points
from tools.portraits import Portrait


@pytest.mark.parametrize("kept", ["PACKED", "FILE", "GENERATED"])
def test_removing_leaves_all_as_it_was(scene: bpy.types.Scene, model: Path, woman: Portrait, kept: str) -> None:
    image = sheet([woman]) if kept == "GENERATED" else picture(woman.path)
    if kept == "PACKED":
        image.pack()
    obj = plane_of(image)
    before, view = state(obj), front_view(obj)
    populate(model, obj)
    assert state(obj) != before
    operators.remove()
    assert state(obj) == before
    assert np.array_equal(front_view(obj), view)
    assert not [one for one in data.node_groups if one.get("facegan_projection")]


def test_a_file_shows_its_faces_without_the_add_on(
    scene: bpy.types.Scene, model: Path, woman: Portrait, tmp_path: Path
) -> None:
    obj = plane_of(picture(woman.path), shader="EMISSION", width=0.4, height=1.0, low=-0.5)
    populate(model, obj)
    view = front_view(obj, 96)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crowd.blend"))
    blender_facegan.unregister()
    try:
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "crowd.blend"))
        np.testing.assert_allclose(front_view(data.objects["Somebody"], 96), view, atol=0.01)
    finally:
        blender_facegan.register()


def test_populating_again_gives_the_same_face_at_the_same_place(
    scene: bpy.types.Scene, model: Path, woman: Portrait
) -> None:
    obj = plane_of(picture(woman.path))
    populate(model, obj)
    before, seed = laid(obj, woman.points), obj.facegan.seed
    operators.remove()
    populate(model, obj)
    assert obj.facegan.seed == seed
    np.testing.assert_allclose(laid(obj, woman.points), before, atol=1e-5)
    populate(model, obj, crowd_seed=5)
    np.testing.assert_allclose(laid(obj, woman.points), before, atol=1e-3)


@pytest.mark.parametrize("shader", ["PRINCIPLED", "SHADELESS", "EMISSION"])
def test_images_that_were_imported_as_planes_keep_their_pictures(
    scene: bpy.types.Scene, model: Path, woman: Portrait, shader: str
) -> None:
    """What Blender's own import makes: the face stands in whatever the picture's color feeds."""
    images: Any = bpy.ops.image
    images.import_as_mesh_planes(
        files=[{"name": woman.path.name}], directory=str(woman.path.parent), shader=shader, align_axis="-Y"
    )
    obj: Any = bpy.context.object
    populate(model, obj)
    close(obj, woman)
    tree = obj.material_slots[0].material.node_tree
    color = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeTexImage").outputs["Color"]
    assert [link.to_node for link in color.links] == [shown(obj)]


def test_instances_of_a_billboard_show_a_face_each(scene: bpy.types.Scene, model: Path, woman: Portrait) -> None:
    obj = plane_of(picture(woman.path), "Prototype", shader="EMISSION", width=0.4, height=1.0, low=-0.5)
    crowd = instance_on(points("Points", 2), obj)
    select([crowd])
    operators.populate_instances(model=str(model))
    close(obj, woman)
    assert len(set(column(crowd, "facegan_tile"))) == 2
    assert obj.material_slots[0].material.facegan.role == "PICTURE"
    operators.remove_instances()
    assert obj.data.attributes.get("facegan_face") is None
    assert obj.get("facegan_picture_skin") is None
    assert obj.material_slots[0].material.name == "Picture"


def test_one_undo_takes_the_face_off_the_picture(scene: bpy.types.Scene, model: Path, woman: Portrait) -> None:
    obj = plane_of(picture(woman.path))
    select([obj])
    edit: Any = bpy.ops.ed
    edit.undo_push(message="Before")
    before = state(obj)
    operators.populate("EXEC_DEFAULT", True, model=str(model))
    populated = state(data.objects["Somebody"])
    assert populated != before
    edit.undo()
    assert state(data.objects["Somebody"]) == before
    edit.redo()
    assert state(data.objects["Somebody"]) == populated


@pytest.mark.parametrize("how", ["bake_textures", "bake"])
def test_a_face_on_a_picture_is_baked_as_it_is_shown_and_brought_back(
    scene: bpy.types.Scene, model: Path, woman: Portrait, tmp_path: Path, how: str
) -> None:
    """Into the artist's own picture, or onto a mesh of the character's own."""
    obj = plane_of(picture(woman.path), shader="EMISSION", width=0.4, height=1.0, low=-0.5)
    populate(model, obj)
    live, before = front_view(obj, 96), state(obj)
    options = {"use_baked": True, "size": 512} if how == "bake" else {}
    getattr(operators, how)(directory=str(tmp_path), **options)
    baked = front_view(obj, 96)
    assert np.abs(baked - live).mean() < 0.02
    assert np.abs(baked[..., 3] - live[..., 3]).mean() < 0.02
    operators.restore_live()
    assert state(obj) == before
