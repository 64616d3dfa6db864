"""Baked characters, exported, read in again and compared: picture, UVs, and what is seen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blender.crowds import context, data, head, operators, plane, select, skin_material
from tests.blender.export.test_texture_baking import painted, textured, unwrapped
from tests.blender.materials.test_materials import populated
from tests.blender.pictures import front_view

SIZE = 64


def write_gltf(path: Path) -> None:
    bpy.ops.export_scene.gltf(filepath=str(path), export_format="GLB")


def read_gltf(path: Path) -> None:
    bpy.ops.import_scene.gltf(filepath=str(path))


def write_fbx(path: Path) -> None:
    bpy.ops.export_scene.fbx(filepath=str(path), path_mode="COPY", embed_textures=True)


def read_fbx(path: Path) -> None:
    bpy.ops.import_scene.fbx(filepath=str(path))
    # FBX does not say what a picture's values are; this importer takes one that gives emission and alpha for data.
    for image in data.images:
        if image.source == "FILE":
            image.colorspace_settings.name = "sRGB"


def write_usd(path: Path) -> None:
    options: dict[str, Any] = {"export_textures_mode": "NEW"} if bpy.app.version >= (4, 3, 0) else {}
    bpy.ops.wm.usd_export(filepath=str(path), **options)


def read_usd(path: Path) -> None:
    bpy.ops.wm.usd_import(filepath=str(path))


Step = Callable[[Path], None]
FORMATS: dict[str, tuple[Step, Step]] = {
    ".glb": (write_gltf, read_gltf),
    ".fbx": (write_fbx, read_fbx),
    ".usdc": (write_usd, read_usd),
}
"""All of Blender's builds have these exporters and importers, the bpy module too: none is skipped."""


def face_image(obj: Any) -> NDArray[np.float32]:
    """The picture that feeds the shader of the character's face: float32 [H, W, 4], values as in the file."""
    sockets = [
        node.inputs[name]
        for slot in obj.material_slots
        for node in slot.material.node_tree.nodes
        if node.bl_idname == "ShaderNodeBsdfPrincipled"
        for name in ("Base Color", "Emission Color")
    ]
    (image,) = {link.from_node.image for socket in sockets for link in socket.links if hasattr(link.from_node, "image")}
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(height, width, 4)


def corners(obj: Any) -> dict[tuple[float, ...], NDArray[np.float64]]:
    """The UV of every corner on the map that a renderer takes, by its place and its polygon's normal in the world."""
    mesh, world = obj.data, obj.matrix_world
    turn = world.to_3x3().inverted().transposed()
    layer = next(layer for layer in mesh.uv_layers if layer.active_render)
    found = {}
    for polygon in mesh.polygons:
        normal = (turn @ polygon.normal).normalized()
        for loop in polygon.loop_indices:
            place = world @ mesh.vertices[mesh.loops[loop].vertex_index].co
            key = tuple(round(value, 2) + 0.0 for value in (*place, *normal))
            found[key] = np.array(layer.data[loop].uv)
    return found


def by_place() -> list[Any]:
    """The characters from left to right: not every format keeps their names."""
    return sorted((obj for obj in data.objects if obj.type == "MESH"), key=lambda obj: obj.matrix_world.translation.x)


@pytest.mark.parametrize("ending", FORMATS)
def test_exported_characters_carry_their_faces_on_their_own_maps(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, ending: str
) -> None:
    write, read = FORMATS[ending]
    first, plain = unwrapped("First"), unwrapped("Plain", (3, 0, 0))
    first.data.materials[0] = textured("Painted", painted(tmp_path / "theirs.png", 512, 512, is_clear=False))
    crowd = [first, plain, head("Twin", (6, 0, 0), first.data)]
    populated(model, *crowd)
    live = [front_view(obj) for obj in crowd]
    operators.bake_textures(directory=str(tmp_path / "textures"))
    pictures = [face_image(obj) for obj in crowd]
    places = [corners(obj) for obj in crowd]
    select(crowd)
    write(tmp_path / f"crowd{ending}")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    read(tmp_path / f"crowd{ending}")
    context.view_layer.update()
    for obj, picture, place, seen in zip(by_place(), pictures, places, live, strict=True):
        assert len(obj.data.uv_layers) == 1
        np.testing.assert_allclose(face_image(obj)[..., :3], picture[..., :3], atol=1 / 255, err_msg=obj.name)
        found = corners(obj)
        shared = found.keys() & place.keys()
        assert len(shared) > 0.5 * len(place)
        np.testing.assert_allclose([found[key] for key in shared], [place[key] for key in shared], atol=1e-4)
        obj.location = obj.matrix_world.translation
        assert np.abs(front_view(obj) - seen).mean() < 0.03, obj.name


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("shading", ["LIT", "EMISSION"])
def test_exported_characters_keep_their_faces(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, ending: str, shading: str
) -> None:
    write, read = FORMATS[ending]
    first = head("Zoë")
    textured = head("With a map", (3, 0, 0))
    layer = textured.data.uv_layers.new(name="Artist")
    layer.data.foreach_set("uv", np.linspace(0, 1, len(layer.data) * 2, dtype=np.float32))
    twin = head("Twin", (6, 0, 0), first.data)
    capped = head("Capped", (9, 0, 0))
    capped.data.materials.append(skin_material("Cap"))
    capped.data.polygons[5].material_index = 1
    crowd = [first, textured, twin, capped, plane("Flat", (12, 0, 0)), plane("李雷", (15, 0, 0))]
    populated(model, *crowd, shading=shading)
    live = [front_view(obj) for obj in crowd]
    operators.bake(directory=str(tmp_path / "faces"), use_baked=True, size=SIZE)
    pictures = [face_image(obj) for obj in crowd]
    assert len({picture.tobytes() for picture in pictures}) == len(crowd)
    places = [corners(obj) for obj in crowd]
    select(crowd)
    write(tmp_path / f"crowd{ending}")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    read(tmp_path / f"crowd{ending}")
    context.view_layer.update()
    brought = by_place()
    assert len(brought) == len(crowd)
    for obj, picture, place, seen in zip(brought, pictures, places, live, strict=True):
        np.testing.assert_allclose(face_image(obj)[..., :3], picture[..., :3], atol=1 / 255, err_msg=obj.name)
        found = corners(obj)
        assert found.keys() == place.keys(), obj.name
        for key, uv in found.items():
            np.testing.assert_allclose(uv, place[key], atol=1e-4, err_msg=obj.name)
        obj.location = obj.matrix_world.translation
        assert np.abs(front_view(obj) - seen).mean() < 0.03, obj.name
