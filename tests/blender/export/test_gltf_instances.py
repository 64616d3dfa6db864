"""Instances in glTF: each has its face's tile, and stands where its object does."""

import base64
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

import blender_facegan
from blender_facegan.core.atlas import png
from tests.blender.crowds import body, context, data, head
from tests.blender.export.test_baking import read_png
from tests.blender.export.test_texture_baking import unwrapped
from tests.blender.materials.test_materials import populated

INSTANCING = "EXT_mesh_gpu_instancing"
_NO_FACE = (0.0, 0.0, 0.0, 0.0)


@pytest.fixture
def enabled(scene: bpy.types.Scene) -> Iterator[None]:
    """The add-on among those that Blender lists, where its exporter looks for whoever wants to be called."""
    addons: Any = context.preferences.addons
    entry = addons.new()
    entry.module = blender_facegan.__name__
    assert sys.modules[entry.module] is blender_facegan
    yield
    # Factory settings may have taken it away.
    for left in [one for one in addons if one.module == blender_facegan.__name__]:
        addons.remove(left)


def crowd(model: Path, count: int = 4) -> list[Any]:
    """Heads of one mesh under an Empty, of which the last has no face; a lone one beside them."""
    first = head("A0")
    heads = [first, *(head(f"A{i}", (2 * i, i, 0), first.data) for i in range(1, count))]
    root = data.objects.new("Crowd", None)
    context.scene.collection.objects.link(root)
    for obj in heads:
        obj.parent = root
    head("Lone", (0, 9, 0), first.data)
    populated(model, *heads[:-1])
    return heads


def exported(path: Path, **options: object) -> tuple[dict[str, Any], bytes]:
    """The JSON and the binary chunk of the scene as GLB."""
    exporter: Any = bpy.ops.export_scene.gltf
    exporter(filepath=str(path), export_format="GLB", **options)
    content = path.read_bytes()
    (length,) = struct.unpack("<I", content[12:16])
    return json.loads(content[20 : 20 + length]), content[28 + length :]


def values(told: dict[str, Any], binary: bytes, accessor: int) -> NDArray[np.float32]:
    found = told["accessors"][accessor]
    view = told["bufferViews"][found["bufferView"]]
    uri = told["buffers"][view["buffer"]].get("uri")
    content = binary if uri is None else base64.b64decode(uri.partition(",")[2])
    start, width = view.get("byteOffset", 0), {"VEC3": 3, "VEC4": 4}[found["type"]]
    assert found["componentType"] == 5126
    return np.frombuffer(content[start : start + found["count"] * width * 4], np.float32).reshape(-1, width)


def test_each_instance_has_the_tile_of_its_face(enabled: None, model: Path, tmp_path: Path) -> None:
    heads = crowd(model)
    shown = [obj for obj in heads if obj.facegan.page is not None]
    told, binary = exported(tmp_path / "crowd.glb", export_gpu_instances=True)
    (node,) = [node for node in told["nodes"] if INSTANCING in node.get("extensions", {})]
    attributes = node["extensions"][INSTANCING]["attributes"]
    places = values(told, binary, attributes["TRANSLATION"])
    tiles = values(told, binary, attributes["_FACEGAN_TILE"])
    skins = values(told, binary, attributes["_FACEGAN_SKIN"])
    assert len(tiles) == len(skins) == len(places) == len(shown)
    by_place = {tuple(np.round(place, 4)): (tile, skin) for place, tile, skin in zip(places, tiles, skins, strict=True)}
    for obj in shown:
        x, y, z = obj.location
        tile, skin = by_place[tuple(np.round(np.array((x, z, -y), np.float32), 4))]
        u, v, width, height = obj["facegan_tile"]
        np.testing.assert_allclose(tile, (u, 1 - v - height, width, height), rtol=1e-6)
        np.testing.assert_allclose(skin, obj["facegan_skin"], rtol=1e-6)


def test_levels_of_detail_and_bodies_have_what_their_person_shows(enabled: None, model: Path, tmp_path: Path) -> None:
    near = unwrapped("P0_LOD0")
    far = near.data.copy()
    root = data.objects.new("Crowd", None)
    heads = [near, *(data.objects.new(f"P{i}_LOD0", near.data) for i in (1, 2))]
    levels = [data.objects.new(f"P{i}_LOD1", far) for i in range(3)]
    for obj in (root, *heads[1:], *levels):
        context.scene.collection.objects.link(obj)
    for i, obj in enumerate((*heads, *levels)):
        obj.location.x, obj.parent = 5 * (i % 3), root
    populated(model, *heads, *levels)
    neck = body("Neck")
    for obj, one in zip(heads, [neck, *(neck.copy() for _ in heads[1:])], strict=True):
        one.parent, one["facegan_skin"] = root, obj["facegan_skin"]  # as Match Body does
        if one != neck:
            context.scene.collection.objects.link(one)
    told, binary = exported(tmp_path / "crowd.glb", export_gpu_instances=True)
    nodes = [node["extensions"][INSTANCING]["attributes"] for node in told["nodes"] if "extensions" in node]
    assert len(nodes) == 3
    faces = [(u, 1 - v - height, width, height) for u, v, width, height in (obj["facegan_tile"] for obj in heads)]
    found = sorted((values(told, binary, one["_FACEGAN_TILE"]).tolist() for one in nodes), key=lambda tile: tile[0][2])
    np.testing.assert_allclose(found, [[_NO_FACE] * 3, faces, faces], rtol=1e-6)
    for one in nodes:
        skins = values(told, binary, one["_FACEGAN_SKIN"])
        np.testing.assert_allclose(skins, [obj["facegan_skin"] for obj in heads], rtol=1e-6)


def test_the_page_is_the_base_color_of_its_instances(enabled: None, model: Path, tmp_path: Path) -> None:
    heads = crowd(model)
    told, binary = exported(tmp_path / "crowd.glb", export_gpu_instances=True)
    (node,) = [node for node in told["nodes"] if INSTANCING in node.get("extensions", {})]
    (primitive,) = told["meshes"][node["mesh"]]["primitives"]
    texture = told["materials"][primitive["material"]]["pbrMetallicRoughness"]["baseColorTexture"]["index"]
    view = told["bufferViews"][told["images"][told["textures"][texture]["source"]]["bufferView"]]
    (tmp_path / "page.png").write_bytes(binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]])
    assert png.is_marked((tmp_path / "page.png").read_bytes())
    page: Any = heads[0].facegan.page
    pixels = np.empty((page.size[1], page.size[0], 4), np.float32)
    page.pixels.foreach_get(pixels.ravel())
    np.testing.assert_allclose(read_png(tmp_path / "page.png")[..., :3], pixels[::-1, :, :3], atol=1 / 255)


def test_an_export_without_instances_is_as_it_was(enabled: None, model: Path, tmp_path: Path) -> None:
    crowd(model)
    told, _ = exported(tmp_path / "crowd.glb")
    assert len(told["buffers"]) == 1
    assert INSTANCING not in json.dumps(told)


def test_it_is_read_back(enabled: None, model: Path, tmp_path: Path) -> None:
    crowd(model)
    exported(tmp_path / "crowd.glb", export_gpu_instances=True)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(tmp_path / "crowd.glb"))
    assert len([obj for obj in data.objects if obj.type == "MESH"]) == 5
