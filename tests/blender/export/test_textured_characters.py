"""Whole characters with textures of their own: billboards, bodies, levels of detail, and the way back."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender.crowds import context, data, head, operators, plane, select, skin_material, snapshot
from tests.blender.export.test_baking import difference
from tests.blender.export.test_texture_baking import bake, painted, pixels, shown_image, textured, unwrapped
from tests.blender.materials.test_materials import populated, without_records
from tests.blender.pictures import front_view


@pytest.mark.parametrize("shading", ["LIT", "EMISSION"])
def test_a_billboard_is_cut_out_on_its_own_map(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, shading: str
) -> None:
    flat = plane("Flat")
    layer = flat.data.uv_layers.new(name="Artist")
    layer.data.foreach_set("uv", np.array([0, 0, 1, 0, 1, 1, 0, 1], np.float32))
    populated(model, flat, shading=shading)
    before = front_view(flat)
    bake(tmp_path, flat)
    assert difference(front_view(flat), before) < 0.01


def test_bodies_that_match_the_skin_are_baked_too(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    one = unwrapped("Head")
    plain, shirt = (plane(name, (0, 0, z)) for name, z in (("Hand", -1), ("Body", -2)))
    for obj, material in ((plain, skin_material("Hands")), (shirt, textured("Arm", painted(tmp_path / "arm.png")))):
        obj.data.materials.append(material)
        obj.parent = one
        context.view_layer.objects.active = obj
        operators.match_skin()
    shirt.data.uv_layers.new(name="Artist")
    plain.data.uv_layers.new(name="Artist")
    populated(model, one)
    assert any(plain["facegan_skin"])
    before = [front_view(obj) for obj in (plain, shirt)]
    state = snapshot()
    bake(tmp_path / "out", one)
    assert [slot.material.facegan.role for slot in (plain.material_slots[0], shirt.material_slots[0])] == ["BAKED"] * 2
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == {"Head Skin.png", "Body Arm.png"}
    for obj, view in zip((plain, shirt), before, strict=True):
        assert difference(front_view(obj), view) < 0.01
    select([plain])
    operators.restore_live()
    assert snapshot()["objects"] == state["objects"]


def test_levels_of_detail_are_baked_with_their_character(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    near = unwrapped("Hero_LOD0")
    far = data.objects.new("Hero_LOD1", near.data.copy())
    root = data.objects.new("Hero", None)
    for obj in (far, root):
        context.scene.collection.objects.link(obj)
    near.parent = far.parent = root
    context.view_layer.update()
    populated(model, near, far)
    assert [obj.facegan.page is not None for obj in (near, far)].count(True) == 1
    before = snapshot()["objects"]
    bake(tmp_path, near)
    assert {path.name for path in tmp_path.glob("*.png")} == {"Hero_LOD0 Skin.png", "Hero_LOD1 Skin.png"}
    assert difference(pixels(shown_image(near)), pixels(shown_image(far))) < 0.001
    select([far])
    operators.restore_live()
    assert snapshot()["objects"] == before


@pytest.mark.parametrize("way", ["restore_live", "populate", "remove", "undo"])
def test_there_is_a_way_back(scene: bpy.types.Scene, model: Path, tmp_path: Path, way: str) -> None:
    first = unwrapped("First")
    first.data.materials[0] = textured("Painted", painted(tmp_path / "theirs.png"))
    crowd = [first, head("Second", (3, 0, 0), first.data)]
    without_faces = without_records(snapshot())
    populated(model, *crowd)
    bpy.ops.ed.undo_push(message="Before")
    before = snapshot()
    bake(tmp_path / "out", *crowd)
    bpy.ops.ed.undo_push(message="Baked")
    assert snapshot() != before
    if way == "undo":
        bpy.ops.ed.undo()
        assert snapshot() == before
        return
    if way == "restore_live":
        operators.restore_live()
    elif way == "populate":
        operators.populate(model=str(model))
    else:
        operators.remove()
        after = without_records(snapshot())
        for what in ("objects", "meshes", "materials", "groups"):
            assert after[what] == without_faces[what]
        return
    after = snapshot()
    for what in ("objects", "meshes", "materials"):
        assert after[what] == before[what]


def test_nothing_is_left_of_the_studio(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    one = unwrapped()
    populated(model, one)
    before = len(data.scenes), len(data.objects), len(data.meshes)
    bake(tmp_path, one)
    assert (len(data.scenes), len(data.objects), len(data.meshes)) == before
    assert not [image.name for image in data.images if image.name.startswith("Crowd Face Bake")]
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_cannot_be_written_is_named_before_any_work(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    one = unwrapped()
    populated(model, one)
    before = snapshot()
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(RuntimeError, match="choose another folder"):
        bake(tmp_path / "file", one)
    assert snapshot() == before
