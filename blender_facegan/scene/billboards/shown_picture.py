"""Which picture a material shows, where it lies, and what is clear of it."""

from dataclasses import dataclass
from typing import Any, Literal

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ..materials.pictures import cover_input, picture_node

Channel = Literal["ALPHA", "LIGHT"]


@dataclass(frozen=True)
class PictureProblem:
    """Why a picture cannot be looked at, and what to do about it."""

    reason: str
    remedy: str


@dataclass(frozen=True)
class Laid:
    """Where a picture lies: by a UV map (the one that is rendered if the name is empty), or by the mesh itself.

    matrix: float64 [4, 4], what is done to these places on the way.
    """

    by: Literal["UV", "GENERATED", "OBJECT"]
    uv_map: str
    matrix: NDArray[np.float64]


@dataclass(frozen=True)
class ShownPicture:
    """A material's picture.

    cover: the image that says what is clear, its channel, and whether it says it the other way round; None where
    nothing is. extension: what is beside the picture, as Blender names it.
    """

    image: bpy.types.Image
    laid: Laid
    extension: str
    cover: tuple[bpy.types.Image, Channel, bool] | None


def shown_picture(material: bpy.types.Material | None) -> ShownPicture | PictureProblem | None:
    """The picture that the material shows; None where it shows none."""
    node: Any = picture_node(material)
    if node is None or material is None:
        return None
    image: Any = node.image
    if image.source in ("MOVIE", "SEQUENCE"):
        return PictureProblem(rpt_("a picture that moves: {}").format(image.name), rpt_("use a still picture"))
    if image.source == "TILED":
        return PictureProblem(
            rpt_("a picture in several tiles: {}").format(image.name), rpt_("use a picture that is one image")
        )
    if not image.size[0] or not image.size[1]:
        return PictureProblem(
            rpt_("a picture that is missing: {}").format(image.filepath or image.name),
            rpt_("find it: File > External Data > Find Missing Files"),
        )
    laid = _laid(node)
    if laid is None:
        return PictureProblem(
            rpt_("a picture that is laid on by nodes which cannot be followed: {}").format(image.name),
            rpt_("lay it on by a UV map"),
        )
    return ShownPicture(image, laid, node.extension, _cover(material))


def _laid(node: Any) -> Laid | None:
    if node.projection != "FLAT":
        return None
    matrix = np.eye(4)
    links = node.inputs["Vector"].links
    while links:
        source: Any = links[0].from_node
        if source.bl_idname == "NodeReroute":
            links = source.inputs[0].links
            continue
        if source.bl_idname == "ShaderNodeMapping":
            one = _mapping(source)
            if one is None:
                return None
            matrix, links = matrix @ one, source.inputs["Vector"].links
            continue
        return _named(source, links[0].from_socket.identifier, matrix)
    return Laid("UV", "", matrix)


def _named(source: Any, output: str, matrix: NDArray[np.float64]) -> Laid | None:
    if source.bl_idname == "ShaderNodeUVMap":
        return Laid("UV", source.uv_map, matrix) if not source.from_instancer else None
    if source.bl_idname == "ShaderNodeAttribute" and source.attribute_type == "GEOMETRY":
        return Laid("UV", source.attribute_name, matrix)
    if source.bl_idname == "ShaderNodeTexCoord" and not source.from_instancer:
        if output == "UV":
            return Laid("UV", "", matrix)
        if output == "Generated":
            return Laid("GENERATED", "", matrix)
        if output == "Object" and source.object is None:
            return Laid("OBJECT", "", matrix)
    return None


def _mapping(node: Any) -> NDArray[np.float64] | None:
    """The matrix of a Mapping node; None where its values come from elsewhere."""
    from mathutils import Euler, Matrix

    values = {one.name: one for one in node.inputs}
    if any(values[name].is_linked for name in ("Location", "Rotation", "Scale") if name in values):
        return None
    move = Matrix.Translation(values["Location"].default_value) if node.vector_type in ("POINT", "TEXTURE") else None
    turn = Euler(values["Rotation"].default_value).to_matrix().to_4x4()
    scale = Matrix.Diagonal((*values["Scale"].default_value, 1.0))
    whole = turn @ scale
    if move is not None:
        whole = move @ whole
    if node.vector_type == "TEXTURE":
        if abs(whole.determinant()) < 1e-12:
            return None
        whole = whole.inverted()
    return np.array(whole) if node.vector_type != "NORMAL" else None


def _cover(material: bpy.types.Material) -> tuple[bpy.types.Image, Channel, bool] | None:
    """The image that says how far the material's surface is there."""
    found = cover_input(material)
    mask = _mask(found.socket) if found is not None else None
    if found is None or mask is None:
        return None
    image, channel, inverted = mask
    return image, channel, inverted != found.inverted


def _mask(socket: Any) -> tuple[bpy.types.Image, Channel, bool] | None:
    """The image behind a number, through sums and products; whether it is taken from 1 on the way."""
    inverted = False
    for _ in range(8):
        if not socket.links:
            return None
        link = socket.links[0]
        node: Any = link.from_node
        if node.bl_idname == "ShaderNodeTexImage":
            if node.image is None or not node.image.size[0]:
                return None
            return node.image, "ALPHA" if link.from_socket.name == "Alpha" else "LIGHT", inverted
        if node.bl_idname == "ShaderNodeInvert":
            inverted = not inverted
        if node.bl_idname == "ShaderNodeMath" and node.operation == "SUBTRACT" and not node.inputs[0].is_linked:
            inverted = not inverted
        onwards = [one for one in node.inputs if one.is_linked and one.name not in ("Fac", "Factor")]
        if not onwards:
            return None
        socket = onwards[0]
    return None
