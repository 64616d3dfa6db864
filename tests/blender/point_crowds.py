"""Crowds without objects: points that heads are instanced on, and collection instances."""

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from tests.blender.crowds import MAX_AGE, Told, context, data


def points(name: str, count: int, spacing: float = 2.0, **columns: Sequence[Any]) -> Any:
    """A mesh of points in a row, with columns of FLOAT or INT values."""
    mesh = data.meshes.new(name)
    mesh.from_pydata([(i * spacing, 0, 0) for i in range(count)], [], [])
    for key, values in columns.items():
        kind = "FLOAT" if isinstance(values[0], float) else "INT"
        mesh.attributes.new(key, kind, "POINT").data.foreach_set("value", values)
    obj = data.objects.new(name, mesh)
    context.scene.collection.objects.link(obj)
    return obj


def instance_on(owner: Any, shown: Any, scatter: bool = False) -> Any:
    """Instances the object on the points of the owner; or, scattered, on points that the modifier makes itself."""
    tree: Any = data.node_groups.new("Crowd", "GeometryNodeTree")
    for in_out in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=in_out, socket_type="NodeSocketGeometry")
    start, end = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    place, what = tree.nodes.new("GeometryNodeInstanceOnPoints"), tree.nodes.new("GeometryNodeObjectInfo")
    what.inputs["Object"].default_value, what.inputs["As Instance"].default_value = shown, True
    source = start.outputs[0]
    if scatter:
        line = tree.nodes.new("GeometryNodeMeshLine")
        line.inputs["Count"].default_value = 4
        line.inputs["Offset"].default_value = (2.0, 0.0, 0.0)
        source = line.outputs[0]
    tree.links.new(source, place.inputs["Points"])
    tree.links.new(what.outputs["Geometry"], place.inputs["Instance"])
    tree.links.new(place.outputs["Instances"], end.inputs[0])
    owner.modifiers.new("Crowd", "NODES").node_group = tree
    return owner


def collection_instance(name: str, shown: Any, location: tuple[float, float, float]) -> Any:
    """An Empty that instances a collection with the object, which is itself taken out of the scene."""
    group = data.collections.get("Cast") or data.collections.new("Cast")
    if shown.name not in group.objects:
        group.objects.link(shown)
    if shown.name in context.scene.collection.objects:
        context.scene.collection.objects.unlink(shown)
    empty = data.objects.new(name, None)
    empty.instance_type, empty.instance_collection, empty.location = "COLLECTION", group, location
    context.scene.collection.objects.link(empty)
    return empty


def column(obj: Any, name: str) -> list[Any]:
    """A column of the points, as plain values."""
    attribute = obj.data.attributes[name]
    if attribute.data_type == "FLOAT_COLOR":
        values = np.empty((len(attribute.data), 4), np.float32)
        attribute.data.foreach_get("color", values.ravel())
        return [tuple(row) for row in values.tolist()]
    return [element.value for element in attribute.data]


def tile_pictures(image: Any, tiles: Sequence[Sequence[float]]) -> list[NDArray[np.float32]]:
    """The faces at the tiles of a page set: float32 [H, W, 3] each, sRGB 0 to 1, row 0 at the top."""
    pages = {file.tile_number: _decoded(bytes(file.packed_file.data)) for file in image.packed_files}
    pictures = []
    for u, v, size_u, size_v in tiles:
        page = pages[1001 + int(u) + 10 * int(v)]
        height, width = page.shape[:2]
        left, bottom = round(u % 1 * width), round(v % 1 * height)
        right, top = left + round(size_u * width), bottom + round(size_v * height)
        pictures.append(page[bottom:top, left:right][::-1])
    return pictures


def read_tiles(image: Any, tiles: Sequence[Sequence[float]]) -> list[Told]:
    """What the faces of `telling_model` at the tiles say of themselves."""
    told = []
    for picture in tile_pictures(image, tiles):
        red, green, blue = (float(value) for value in picture[-3, -3])
        told.append(Told(red, green * MAX_AGE, blue))
    return told


def _decoded(png: bytes) -> NDArray[np.float32]:
    image: Any = bpy.data.images.new("Page", 1, 1)
    image.pack(data=png, data_len=len(png))
    image.source = "FILE"
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)[..., :3]
