"""Faces in copies of the artist's textures: what is changed, what is not, and the way back."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blender.crowds import context, data, head, operators, select, snapshot
from tests.blender.export.test_baking import bust, difference, read_png
from tests.blender.materials.test_materials import populated
from tests.blender.pictures import front_view

SIZE = 256


def unwrapped(name: str = "Bust", location: tuple[float, float, float] = (0, 0, 0)) -> Any:
    """A head whose UV map, `Artist`, has room for all of it."""
    one = bust(name, location)
    context.view_layer.objects.active = one
    select([one])
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(island_margin=0.03)
    bpy.ops.object.mode_set(mode="OBJECT")
    return one


def painted(path: Path, width: int = SIZE, height: int = SIZE, seed: int = 0, is_clear: bool = True) -> Any:
    """A texture by the artist: noise in every channel, soft waves where it is not clear, saved as PNG."""
    image = data.images.new(path.stem, width, height, alpha=True)
    values = np.random.default_rng(seed).uniform(0.2, 0.8, (height, width, 4)).astype(np.float32)
    if not is_clear:
        across = np.linspace(0, 12, width)
        waves = 0.5 + 0.2 * np.sin(across[None, :, None] + np.linspace(0, 9, height)[:, None, None] * (1, 2, 3))
        values[..., :3], values[..., 3] = waves, 1
    image.pixels.foreach_set(values.ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    data.images.remove(image)
    return data.images.load(str(path))


def textured(name: str, image: Any, has_alpha: bool = False) -> Any:
    """A material that shows the image, by the active UV map. has_alpha: and is as clear as that says."""
    material = data.materials.new(name)
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    nodes = material.node_tree.nodes
    node = nodes.new("ShaderNodeTexImage")
    node.image = image
    material.node_tree.links.new(node.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    if has_alpha:
        material.node_tree.links.new(node.outputs["Alpha"], nodes["Principled BSDF"].inputs["Alpha"])
    return material


def shown_image(obj: Any, slot: int = 0) -> Any:
    """The image that feeds the base color."""
    tree = obj.material_slots[slot].material.node_tree
    (shader,) = [node for node in tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled"]
    return shader.inputs["Base Color"].links[0].from_node.image


def pixels(image: Any) -> NDArray[np.float32]:
    width, height = image.size
    values = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(height, width, 4)


def take_all_for_skin(obj: Any) -> None:
    """Lets all of the texture take the skin's color, whatever its own."""
    for node in obj.material_slots[0].material.node_tree.nodes:
        if node.bl_idname == "ShaderNodeGroup" and "Skin Range" in node.inputs:
            node.inputs["Skin"].default_value = 1.0
            node.inputs["Skin Range"].default_value = node.inputs["Own Skin"].default_value = 0.0


def bake(folder: Path, *objects: Any, **options: object) -> None:
    select(objects)
    operators.bake_textures(directory=str(folder), **options)


@pytest.mark.parametrize("angle", [0, 70, 180])
@pytest.mark.parametrize("has_texture", [True, False])
def test_a_head_looks_as_before_on_its_own_map(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, angle: int, has_texture: bool
) -> None:
    one = unwrapped()
    if has_texture:
        one.data.materials[0] = textured("Painted", painted(tmp_path / "theirs.png", 1024, 1024, is_clear=False))
    populated(model, one, projection="FACE")
    one.rotation_euler[2] = np.radians(angle)
    before = front_view(one)
    bake(tmp_path / "out", one)
    assert [layer.name for layer in one.data.uv_layers] == ["Artist"]
    assert one.material_slots[0].material.facegan.role == "BAKED"
    assert difference(front_view(one), before) < 0.01


def test_texels_without_face_and_skin_keep_their_value(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    one = unwrapped()
    image = painted(tmp_path / "theirs.png")
    one.data.materials[0] = textured("Painted", image)
    content, before = (tmp_path / "theirs.png").read_bytes(), pixels(image).copy()
    populated(model, one)
    for node in one.material_slots[0].material.node_tree.nodes:
        if node.bl_idname == "ShaderNodeGroup":
            node.inputs["Skin"].default_value = 0.0
    bake(tmp_path / "out", one)
    after = pixels(shown_image(one))
    assert after.shape == before.shape
    changed = (after != before).any(axis=-1)
    assert 0.002 < changed.mean() < 0.3
    assert (tmp_path / "theirs.png").read_bytes() == content


@pytest.mark.parametrize("is_packed", [False, True])
def test_alpha_is_kept(scene: bpy.types.Scene, model: Path, tmp_path: Path, is_packed: bool) -> None:
    one = unwrapped()
    image = painted(tmp_path / "theirs.png")
    if is_packed:
        image.alpha_mode = "CHANNEL_PACKED"
    one.data.materials[0] = textured("Painted", image, has_alpha=not is_packed)
    populated(model, one)
    view = front_view(one)
    bake(tmp_path / "out", one)
    after = shown_image(one)
    np.testing.assert_array_equal(pixels(after)[..., 3], pixels(image)[..., 3])
    assert after.alpha_mode == image.alpha_mode
    (shader,) = [n for n in one.material_slots[0].material.node_tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled"]
    alpha = [link.from_node.image for link in shader.inputs["Alpha"].links]
    assert alpha == ([] if is_packed else [after])
    assert difference(front_view(one), view) < 0.03


def test_each_character_has_a_copy_of_a_texture_that_they_share(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    first = unwrapped("First")
    first.data.materials[0] = textured("Painted", painted(tmp_path / "Painted.png"))
    second = head("Second", (3, 0, 0), first.data)
    populated(model, first, second)
    bake(tmp_path, first, second)
    assert {path.name for path in tmp_path.glob("*.png")} == {"Painted.png", "First Painted.png", "Second Painted.png"}
    assert difference(pixels(shown_image(first)), pixels(shown_image(second))) > 0.001
    assert first.data == second.data
    again = (tmp_path / "First Painted.png").read_bytes()
    bake(tmp_path, first, second)
    assert len(list(tmp_path.glob("*.png"))) == 3
    assert (tmp_path / "First Painted.png").read_bytes() == again


def test_the_artists_files_are_never_written_over(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    one = unwrapped("First")
    one.data.materials[0] = textured("Painted", painted(tmp_path / "First Painted.png"))
    content = (tmp_path / "First Painted.png").read_bytes()
    populated(model, one)
    bake(tmp_path, one)
    assert (tmp_path / "First Painted.png").read_bytes() == content
    assert (tmp_path / "First Painted_2.png").is_file()


def test_colors_grow_beyond_the_islands(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    """A filter at a seam must not draw in what was painted beside the island before."""
    one = unwrapped()
    green = data.images.new("Green", SIZE, SIZE)
    green.pixels.foreach_set(np.tile(np.array([0, 1, 0, 1], np.float32), SIZE * SIZE))
    green.pack()
    one.data.materials[0] = textured("Painted", green)
    populated(model, one)
    take_all_for_skin(one)
    bake(tmp_path, one)
    after = pixels(shown_image(one))
    kept = (after[..., :3] == (0, 1, 0)).all(axis=-1)
    layer = one.data.uv_layers["Artist"]
    corners = np.array([corner.uv for corner in layer.data])
    # Texels around every corner of the map: those that a linear filter may read there.
    at = np.clip(np.floor(corners * SIZE - 0.5).astype(int), 0, SIZE - 2)
    left = [kept[at[:, 1] + up, at[:, 0] + right] for right, up in ((0, 0), (1, 0), (0, 1), (1, 1))]
    # But for islands so narrow that no texel's middle lies in them.
    assert np.mean(left) < 0.02


def test_mirrored_halves_show_the_same_half_and_are_told(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, capfd: Any
) -> None:
    one = unwrapped()
    image = painted(tmp_path / "theirs.png", is_clear=False)
    one.data.materials[0] = textured("Painted", image)
    points = np.array([one.data.vertices[loop.vertex_index].co for loop in one.data.loops])
    layer = one.data.uv_layers["Artist"]
    low, high = points.min(0), points.max(0)
    across = np.abs(points[:, 0]) / np.abs(points[:, 0]).max()
    up = (points[:, 2] - low[2]) / (high - low)[2]
    behind = points[:, 1] > (low + high)[1] / 2
    layer.data.foreach_set("uv", np.column_stack((across * 0.45 + 0.5 * behind, up)).astype(np.float32).ravel())
    populated(model, one)
    live = front_view(one)
    bake(tmp_path / "out", one)
    assert "share their place on the UV map" in capfd.readouterr().out
    view = front_view(one)
    assert difference(view, view[:, ::-1]) < 0.9 * difference(live, live[:, ::-1])
    half = live.shape[1] // 2
    assert difference(view[:, :half], live[:, :half]) < 0.03


def test_without_room_for_a_face_nothing_is_changed(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, capfd: Any
) -> None:
    """A palette of colours, each of which is a place for a hundred polygons."""
    palette, bare = unwrapped("Palette"), unwrapped("Bare", (3, 0, 0))
    palette.data.materials[0] = textured("Painted", painted(tmp_path / "theirs.png", 16, 16))
    layer = palette.data.uv_layers["Artist"]
    layer.data.foreach_set("uv", np.full(len(layer.data) * 2, 0.4, np.float32))
    bare.data.uv_layers.remove(bare.data.uv_layers[0])
    populated(model, palette, bare)
    before = snapshot()
    bake(tmp_path / "out", palette, bare)
    told = capfd.readouterr().out
    assert "Palette (its UV map has no room for a face: use Bake to Images)" in told
    assert "Bare (no UV map: unwrap it, or use Bake to Images)" in told
    assert snapshot() == before
    assert not list((tmp_path / "out").glob("*.png"))


def test_a_set_of_tiles_is_copied_whole(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    for number, seed in ((1001, 1), (1002, 2), (1011, 3)):
        data.images.remove(painted(tmp_path / f"theirs.{number}.png", 64 * (1 + (number == 1002)), 64, seed))
    image = data.images.load(str(tmp_path / "theirs.1001.png"))
    image.source = "TILED"
    image.filepath = str(tmp_path / "theirs.<UDIM>.png")
    for number in (1002, 1011):
        if number not in {tile.number for tile in image.tiles}:
            image.tiles.new(tile_number=number)
    one = unwrapped()
    layer = one.data.uv_layers["Artist"]
    places = np.array([corner.uv for corner in layer.data], np.float32)
    layer.data.foreach_set("uv", (places + np.array((1, 0))).astype(np.float32).ravel())
    one.data.materials[0] = textured("Painted", image)
    populated(model, one)
    take_all_for_skin(one)
    before = front_view(one)
    bake(tmp_path / "out", one)
    for number in (1001, 1011):
        np.testing.assert_array_equal(
            read_png(tmp_path / "out" / f"Bust Painted.{number}.png"), read_png(tmp_path / f"theirs.{number}.png")
        )
    middle = read_png(tmp_path / "out" / "Bust Painted.1002.png")
    assert middle.shape == (64, 128, 4)
    assert difference(middle, read_png(tmp_path / "theirs.1002.png")) > 0.05
    assert shown_image(one).source == "TILED"
    assert difference(front_view(one), before) < 0.03


def test_a_texture_that_is_moved_and_mixed_on_the_way_is_baked_as_it_looks(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    one = unwrapped()
    material = textured("Painted", painted(tmp_path / "theirs.png", 1024, 1024, is_clear=False))
    tree = material.node_tree
    node = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeTexImage")
    place, map_, hue = (tree.nodes.new(f"ShaderNode{name}") for name in ("Mapping", "UVMap", "HueSaturation"))
    place.inputs["Scale"].default_value, place.inputs["Location"].default_value = (0.5, 0.5, 1), (0.3, 0.2, 0)
    hue.inputs["Hue"].default_value = 0.8
    map_.uv_map = "Artist"
    tree.links.new(map_.outputs["UV"], place.inputs["Vector"])
    tree.links.new(place.outputs["Vector"], node.inputs["Vector"])
    shader = tree.nodes["Principled BSDF"]
    tree.links.new(node.outputs["Color"], hue.inputs["Color"])
    tree.links.new(hue.outputs["Color"], shader.inputs["Base Color"])
    one.data.materials[0] = material
    populated(model, one)
    before = front_view(one)
    bake(tmp_path / "out", one)
    assert shown_image(one).size[:] == (1024, 1024)
    assert difference(front_view(one), before) < 0.01


def test_a_large_texture_is_baked_in_blocks(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = unwrapped()
    one.data.materials[0] = textured("Painted", painted(tmp_path / "theirs.png", 256, 128, is_clear=False))
    populated(model, one)
    bake(tmp_path / "whole", one)
    whole = pixels(shown_image(one)).copy()
    operators.restore_live()
    monkeypatch.setattr("blender_facegan.scene.export.textures.baking._BLOCK", 50)
    bake(tmp_path / "blocks", one)
    apart = np.abs(pixels(shown_image(one)) - whole).max(axis=-1)
    # Texels whose middle lies on a side of a polygon may go to the one or the other.
    assert (apart > 1.01 / 255).mean() < 0.002


def test_smallest_makes_textures_larger(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    one = unwrapped()
    one.data.materials[0] = textured("Painted", painted(tmp_path / "theirs.png", 64, 128))
    populated(model, one)
    bake(tmp_path / "out", one, smallest=500)
    assert shown_image(one).size[:] == (256, 512)
