"""The image behind a material's base color, and where the mesh lies on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ....core.errors import CrowdError
from ....core.likeness.skin import srgb_from_linear
from ...materials.materials import base_color_input
from ...people.mesh_columns import corner_places

Floats = NDArray[np.float32]

_ROWS = 256
_PASSED = ("Base Color",)
"""The input of a node group of ours that holds the color without it."""
_IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True)
class BaseTexture:
    """An image that a material's base color comes from.

    node: its name in the material. uv_map: of the mesh. placement: from UV to the image's own coordinates, [2, 3].
    is_plain: whether nothing but our own nodes lies between the image and the color. has_alpha: whether the image's
    alpha is used, or is no opacity.
    """

    node: str
    image: bpy.types.Image
    uv_map: str
    placement: NDArray[np.float64]
    is_plain: bool
    has_alpha: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels; of a set of tiles, those of its first."""
        image: Any = self.image
        return int(image.size[0]), int(image.size[1])

    @property
    def is_tiled(self) -> bool:
        """Whether it is a set of UDIM tiles."""
        return self.image.source == "TILED"


def base_texture(material: bpy.types.Material, mesh: bpy.types.Mesh) -> BaseTexture | None:
    """The image that the base color comes from: of several the largest. None where none is laid on by a UV map."""
    target = base_color_input(material)
    found: list[BaseTexture] = []
    for node, is_plain in _image_nodes(target) if target is not None else ():
        laid = _laid(node, mesh)
        image: Any = node.image
        if laid is not None and image is not None and image.size[0]:
            has_alpha = bool(node.outputs["Alpha"].links) or image.alpha_mode == "CHANNEL_PACKED"
            found.append(BaseTexture(node.name, image, *laid, is_plain, has_alpha))
    return max(found, key=lambda one: (one.size[0] * one.size[1], one.is_plain), default=None)


def places_in(texture: BaseTexture, mesh: bpy.types.Mesh) -> Floats:
    """Where every corner of the mesh lies in the image: float32 [C, 2]."""
    return map_places(mesh, texture.uv_map) @ texture.placement[:, :2].T.astype(np.float32) + texture.placement[
        :, 2
    ].astype(np.float32)


def map_places(mesh: bpy.types.Mesh, name: str) -> Floats:
    """The UV coordinates of every corner: float32 [C, 2]."""
    return corner_places(mesh.uv_layers[name])


def active_map(mesh: bpy.types.Mesh) -> str | None:
    """The UV map that a renderer takes; None where there is none."""
    return next((layer.name for layer in mesh.uv_layers if layer.active_render), None)


def encoded_pixels(image: bpy.types.Image, tile: int | None) -> NDArray[np.uint8]:
    """The pixels of an image, or of a UDIM tile of it: uint8 [height, width, 4], bottom row first, sRGB.

    Raises CrowdError where they cannot be read.
    """
    if tile is None:
        return _pixels(image)
    with TemporaryDirectory() as folder:
        path = _tile_file(image, tile, Path(folder))
        try:
            loaded: Any = bpy.data.images.load(str(path))
        except RuntimeError as error:
            raise CrowdError(rpt_("cannot be read"), rpt_("put it back"), path) from error
        try:
            loaded.colorspace_settings.name = _color_space(image)
            return _pixels(loaded)
        finally:
            bpy.data.images.remove(loaded)


def _color_space(image: Any) -> str:
    return str(image.colorspace_settings.name)


def _tile_file(image: Any, tile: int, folder: Path) -> Path:
    for file in image.packed_files:
        if file.tile_number == tile:
            path = folder / f"tile{Path(file.filepath).suffix}"
            path.write_bytes(file.packed_file.data)
            return path
    return Path(bpy.path.abspath(image.filepath, library=image.library).replace("<UDIM>", str(tile)))


def _pixels(image: Any) -> NDArray[np.uint8]:
    width, height = image.size
    if not width * height:
        raise CrowdError(rpt_("its file cannot be read"), rpt_("put it back"), image.name)
    values = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(values)
    found = np.full((height, width, 4), 255, np.uint8)
    given = values.reshape(height, width, -1)
    is_encoded = not image.is_float and image.colorspace_settings.name == "sRGB"
    # In rows: a large texture as floats takes memory enough once.
    for start in range(0, height, _ROWS):
        rows = slice(start, start + _ROWS)
        color = given[rows, :, :3] if image.channels > 2 else given[rows, :, :1]
        found[rows, :, :3] = _bytes(color if is_encoded else srgb_from_linear(color))
        if image.channels in (2, 4):
            found[rows, :, 3] = _bytes(given[rows, :, -1])
    return found


def _bytes(values: Floats) -> NDArray[np.uint8]:
    return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)


def _image_nodes(target: bpy.types.NodeSocket) -> Iterator[tuple[Any, bool]]:
    """The image nodes behind an input, and whether only our own nodes lie between."""
    waiting, seen = [(target, True)], set()
    while waiting:
        socket, is_plain = waiting.pop(0)
        for link in socket.links or ():
            node: Any = link.from_node
            if node is None or node.name in seen:
                continue
            seen.add(node.name)
            if node.bl_idname == "ShaderNodeTexImage":
                yield node, is_plain and link.from_socket == node.outputs[0]
            elif node.bl_idname == "NodeReroute":
                waiting.append((node.inputs[0], is_plain))
            elif is_ours(node):
                waiting += [(one, is_plain) for one in node.inputs if one.name in _PASSED]
            else:
                waiting += [(one, False) for one in node.inputs if one.type in ("RGBA", "VALUE")]


def is_ours(node: Any) -> bool:
    """Whether the node is a group of ours that stands ahead of a color."""
    tree = node.node_tree if isinstance(node, bpy.types.ShaderNodeGroup) else None
    return tree is not None and bool(tree.get("facegan_projection") or tree.get("facegan_skin_group"))


def _laid(node: Any, mesh: bpy.types.Mesh) -> tuple[str, NDArray[np.float64]] | None:
    """The UV map by which an image node is laid on, and how it is moved and turned on the way."""
    placement = _IDENTITY
    links = node.inputs["Vector"].links
    source = links[0] if links else None
    if source is not None and source.from_node.bl_idname == "ShaderNodeMapping":
        moved = _mapping(source.from_node)
        if moved is None:
            return None
        placement = moved
        links = source.from_node.inputs["Vector"].links
        if not links:
            return None
        source = links[0]
    name = active_map(mesh) if source is None else _map_of(source, mesh)
    return (name, placement) if name is not None and name in mesh.uv_layers else None


def _map_of(link: Any, mesh: bpy.types.Mesh) -> str | None:
    node = link.from_node
    if node.bl_idname == "ShaderNodeUVMap":
        return node.uv_map or active_map(mesh)
    if node.bl_idname == "ShaderNodeTexCoord" and link.from_socket.name == "UV":
        return active_map(mesh)
    if node.bl_idname == "ShaderNodeAttribute" and node.attribute_type == "GEOMETRY":
        return node.attribute_name or None
    return None


def _mapping(node: Any) -> NDArray[np.float64] | None:
    """What a Mapping node of the type Point or Texture does to UV coordinates; None where it is fed or does more."""
    if any(socket.is_linked for socket in node.inputs if socket.name != "Vector"):
        return None
    values = {socket.name: np.array(socket.default_value, np.float64) for socket in node.inputs}
    if node.vector_type not in ("POINT", "TEXTURE") or values["Rotation"][:2].any():
        return None
    cos, sin = np.cos(values["Rotation"][2]), np.sin(values["Rotation"][2])
    turn = np.array([[cos, -sin], [sin, cos]])
    linear = turn @ np.diag(values["Scale"][:2])
    if node.vector_type == "POINT":
        return np.column_stack((linear, values["Location"][:2]))
    if abs(np.linalg.det(linear)) < 1e-12:
        return None
    inverse = np.linalg.inv(linear)
    return np.column_stack((inverse, -inverse @ values["Location"][:2]))
