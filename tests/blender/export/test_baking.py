"""One image per character: what it shows, what it leaves alone, and the way back."""

import os
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from examples.people.figures import SLOTS, Wardrobe
from tests.blender.crowds import (
    context,
    data,
    head,
    lying_plane,
    operators,
    plane,
    select,
    skin_material,
    snapshot,
    tile_pixels,
)
from tests.blender.head.characters import character, coordinates
from tests.blender.materials.test_materials import populated
from tests.blender.pictures import front_view


def read_png(path: Path) -> NDArray[np.float32]:
    """float32 [H, W, 4], values as they stand in the file, row 0 at the top."""
    image: Any = data.images.load(str(path))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    data.images.remove(image)
    return pixels.reshape(height, width, 4)[::-1]


def bust(name: str, location: tuple[float, float, float] = (0, 0, 0)) -> Any:
    """A head that looks like one, as large as a metre, in a skin and with a UV map for it."""
    figure = Wardrobe().figure("man_slim", "jumper", "standing")
    faces = figure.faces[figure.slots == SLOTS.index("Skin")]
    faces = faces[(figure.points[faces][..., 2] > figure.points[:, 2].max() - 0.30).all(1)]
    used, faces = np.unique(faces, return_inverse=True)
    points = figure.points[used]
    middle = (points.min(0) + points.max(0)) / 2
    mesh: Any = data.meshes.new(name)
    mesh.from_pydata(((points - middle) * 4).tolist(), [], faces.reshape(-1, 3).tolist())
    mesh.materials.append(skin_material())
    mesh.uv_layers.new(name="Artist")
    return head(name, location, mesh)


def difference(first: Any, second: Any) -> float:
    return float(np.abs(first - second).mean())


def test_faces_are_written_as_they_were_made(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    crowd = [head("Zoë"), plane("李雷"), plane("a/b:c"), plane("A/B:C"), head("🙂")]
    populated(model, *crowd)
    before = snapshot()
    operators.bake(directory=str(tmp_path / "out"))
    assert snapshot() == before
    found = dict(zip((obj.name for obj in crowd), ("Zoë", "李雷", "a_b_c", "A_B_C_2", "🙂"), strict=True))
    if [obj.name for obj in context.selected_objects].index("A/B:C") < [
        obj.name for obj in context.selected_objects
    ].index("a/b:c"):
        found["a/b:c"], found["A/B:C"] = "a_b_c_2", "A_B_C"
    assert sorted(path.stem for path in (tmp_path / "out").glob("*.png")) == sorted(found.values())
    for obj in crowd:
        picture = read_png(tmp_path / "out" / f"{found[obj.name]}.png")
        np.testing.assert_array_equal(picture[..., :3], tile_pixels(obj))


@pytest.mark.parametrize("shading", ["LIT", "EMISSION"])
@pytest.mark.parametrize("lying", [False, True])
def test_a_baked_billboard_looks_as_before(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, shading: str, lying: bool
) -> None:
    flat = lying_plane("Flat") if lying else plane("Flat")
    populated(model, flat, shading=shading)
    before = front_view(flat)
    operators.bake(directory=str(tmp_path), use_baked=True, size=128)
    after = front_view(flat)
    assert flat.material_slots[0].material.facegan.role == "BAKED"
    assert difference(after, before) < 0.01
    picture = read_png(tmp_path / "Flat.png")
    assert picture[64, 64, 3] > 0.99
    assert picture[1, 1, 3] < 0.01


@pytest.mark.parametrize("angle", [0, 60, 120, 180, 270])
def test_a_baked_head_looks_as_before_from_all_sides(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, angle: int
) -> None:
    one = bust("Bust")
    one.data.polygons.foreach_set("use_smooth", [True] * len(one.data.polygons))
    populated(model, one)
    one.rotation_euler[2] = np.radians(angle)
    before = front_view(one)
    operators.bake(directory=str(tmp_path), use_baked=True, size=256)
    assert difference(front_view(one), before) < 0.01


def test_half_of_the_picture_is_for_the_face_of_a_whole_person(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    """Whose hands and feet look ahead as well."""
    man = character("man")
    select([man])
    operators.populate(model=str(model))
    operators.bake(directory=str(tmp_path), use_baked=True, size=64)
    shown, places = coordinates(man)[:, 2] > 0.5, np.empty((len(man.data.loops), 2), np.float32)
    man.data.uv_layers["Crowd Face"].uv.foreach_get("vector", places.ravel())
    low, high = np.quantile(places[shown], (0.1, 0.9), axis=0)
    assert np.all(high - low > (0.25, 0.5))


def test_everyone_shows_their_own_face(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    first = plane("First")
    crowd = [first, plane("Second", (3, 0, 0), first.data), head("Third", (6, 0, 0)), head("Fourth", (9, 0, 0))]
    populated(model, *crowd, shading="EMISSION")
    before = [front_view(obj) for obj in crowd]
    operators.bake(directory=str(tmp_path), use_baked=True, size=64)
    for obj, picture in zip(crowd, before, strict=True):
        assert difference(front_view(obj), picture) < 0.03
    assert len({obj.data for obj in crowd}) == len({obj.material_slots[0].material for obj in crowd}) == 4


def test_other_slots_keep_their_map_and_material(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    box = head("Box")
    box.data.materials.append(skin_material("Hair"))
    box.data.polygons[5].material_index = 1
    layer = box.data.uv_layers.new(name="Artist")
    layer.data.foreach_set("uv", np.linspace(0, 1, len(layer.data) * 2, dtype=np.float32))
    populated(model, box)
    operators.bake(directory=str(tmp_path), use_baked=True, size=32)
    assert [layer.name for layer in box.data.uv_layers] == ["Crowd Face", "Artist"]
    assert box.data.uv_layers[0].active_render
    assert box.material_slots[1].material.name == "Hair"
    face, artist = ([tuple(corner.uv) for corner in layer.data] for layer in box.data.uv_layers)
    for polygon in box.data.polygons:
        corners = slice(polygon.loop_start, polygon.loop_start + polygon.loop_total)
        assert (face[corners] == artist[corners]) == (polygon.material_index == 1)


@pytest.mark.parametrize("way", ["restore_live", "populate", "remove"])
def test_there_is_a_way_back(scene: bpy.types.Scene, model: Path, tmp_path: Path, way: str) -> None:
    first = head("First")
    crowd = [first, head("Second", mesh=first.data), plane("Flat")]
    without_faces = snapshot()["meshes"]
    populated(model, *crowd)
    before = snapshot()
    operators.bake(directory=str(tmp_path), use_baked=True, size=16)
    assert snapshot() != before
    if way == "restore_live":
        operators.restore_live()
    elif way == "populate":
        operators.populate(model=str(model))
    else:
        operators.remove()
        assert snapshot()["meshes"] == without_faces
        return
    after = snapshot()
    assert after["objects"] == before["objects"]
    assert after["meshes"] == before["meshes"]
    assert after["materials"] == before["materials"]
    assert first.data == crowd[1].data


def test_baking_twice_bakes_the_live_face(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    flat = plane("Flat")
    populated(model, flat, shading="EMISSION")
    operators.bake(directory=str(tmp_path), use_baked=True, size=64)
    first = read_png(tmp_path / "Flat.png")
    operators.bake(directory=str(tmp_path), use_baked=True, size=64)
    np.testing.assert_array_equal(read_png(tmp_path / "Flat.png"), first)
    assert len([mesh for mesh in data.meshes if mesh.users]) == 2


def test_a_bake_can_be_undone(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    populated(model, plane("Flat"), head("Bust"))
    bpy.ops.ed.undo_push(message="Before")
    before = snapshot()
    operators.bake(directory=str(tmp_path), use_baked=True, size=16)
    bpy.ops.ed.undo_push(message="Baked")
    bpy.ops.ed.undo()
    assert snapshot() == before


def test_nothing_is_left_of_the_studio(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    populated(model, plane("Flat"), head("Bust"))
    before = len(data.scenes), len(data.objects)
    operators.bake(directory=str(tmp_path), use_baked=True, size=16)
    assert (len(data.scenes), len(data.objects)) == before
    assert not [image.name for image in data.images if image.name.startswith("Crowd Face Bake")]


def test_who_has_no_face_is_named(scene: bpy.types.Scene, model: Path, tmp_path: Path, capfd: Any) -> None:
    populated(model, plane("Flat"))
    select([data.objects["Flat"], plane("Nobody")])
    operators.bake(directory=str(tmp_path), use_baked=True, size=16)
    assert "Nobody (no face: populate first)" in capfd.readouterr().out
    select([data.objects["Nobody"]])
    assert not operators.bake.poll()


@pytest.mark.parametrize("used", [False, True])
def test_a_folder_that_cannot_be_written_is_named(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, used: bool
) -> None:
    flat = plane("Flat")
    populated(model, flat)
    before = snapshot()
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(RuntimeError, match="choose another folder"):
        operators.bake(directory=str(tmp_path / "file"), use_baked=used)
    assert snapshot() == before


def test_pictures_are_found_from_where_the_file_is(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    flat = plane("Flat")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    populated(model, flat)
    operators.bake(directory="//faces", use_baked=True, size=16)
    assert (tmp_path / "faces" / "Flat.png").is_file()
    nodes = flat.material_slots[0].material.node_tree.nodes
    (image,) = (node.image for node in nodes if node.bl_idname == "ShaderNodeTexImage")
    assert image.filepath == f"//faces{os.sep}Flat.png"


def test_removing_after_a_bake_leaves_nothing_behind(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    before = {name: len(getattr(data, name)) for name in ("materials", "node_groups")}
    crowd = [plane("Flat"), head("Bust")]
    select(crowd)
    operators.populate(model=str(model))
    operators.bake(directory=str(tmp_path), use_baked=True, size=32)
    operators.remove()
    assert not [image for image in data.images if image.facegan.is_page]
    assert {name: len(getattr(data, name)) for name in before} == {**before, "materials": before["materials"] + 1}


@pytest.mark.parametrize("used", [False, True])
def test_no_file_that_it_did_not_write_is_overwritten(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, used: bool
) -> None:
    populated(model, plane("Flat"), plane("Folder", (3, 0, 0)))
    (tmp_path / "Flat.png").write_bytes(b"the artist's")
    (tmp_path / "Folder.png").mkdir()
    for _ in range(2):
        operators.bake(directory=str(tmp_path), use_baked=used, size=16)
        assert sorted(path.name for path in tmp_path.glob("*.png")) == [
            "Flat.png",
            "Flat_2.png",
            "Folder.png",
            "Folder_2.png",
        ]
        assert (tmp_path / "Flat.png").read_bytes() == b"the artist's"
    assert read_png(tmp_path / "Flat_2.png").shape[2] == 4


@pytest.mark.parametrize("together", [False, True])
def test_a_local_and_a_linked_object_of_one_name_have_a_file_each(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, together: bool, capfd: Any
) -> None:
    populated(model, plane("Flat"), crowd_seed=1)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
        wanted.objects = ["Flat"]
    linked = wanted.objects[0]
    context.scene.collection.objects.link(linked)
    context.view_layer.update()
    local = plane("Flat")
    assert local.name == linked.name
    populated(model, local, crowd_seed=2)
    capfd.readouterr()
    for chosen in [[local, linked]] if together else [[local], [linked]]:
        select(chosen)
        operators.bake(directory=str(tmp_path / "out"))
    assert ("Wrote 2 images" in capfd.readouterr().out) == together
    written = [read_png(path)[..., :3] for path in sorted((tmp_path / "out").glob("*.png"))]
    assert len(written) == 2
    faces = [tile_pixels(local), tile_pixels(linked)]
    assert all(any(np.array_equal(picture, face) for picture in written) for face in faces)


def test_names_that_become_one_file_name_have_a_file_each_bake_after_bake(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    crowd = [plane("a:b"), plane("a?b")]
    populated(model, *crowd)
    for obj in crowd:
        select([obj])
        operators.bake(directory=str(tmp_path))
    for obj, name in zip(crowd, ("a_b", "a_b_2"), strict=True):
        np.testing.assert_array_equal(read_png(tmp_path / f"{name}.png")[..., :3], tile_pixels(obj))
