"""The tone of a character's skin, as the materials of its body have it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.errors import CrowdError
from ...core.likeness.locus import residual, sigmas
from ...core.likeness.skin import linear_from_srgb, typical_colours
from ...core.likeness.tone import tone_of
from ..materials.materials import base_color_input, original_of
from ..materials.skin_matching import matches_skin
from .persons import Person

Floats = NDArray[np.float32]

_OFF_SKIN = 4.0
"""Standard deviations off the colours of skin from which a material is taken for clothes or hair."""
_SAMPLES = 4096
"""Places on a surface at which its image is looked at."""


class _Surface(NamedTuple):
    """The part of a mesh that has one material: its colour, linear RGB, and its area; whether it is marked as skin."""

    colour: Floats
    area: float
    is_skin: bool


def skin_of_body(person: Person) -> float:
    """The tone, 1 to 10, of the character's skin by its body's materials.

    Those that take the skin of faces (*Match Skin*) count with the colour that they had before; without any, those
    whose colour skin can have. Of these it is the one that covers most. Raises CrowdError where there is none.
    """
    surfaces = [surface for obj in (*person.body, person.head) for surface in _surfaces(obj)]
    marked = [surface for surface in surfaces if surface.is_skin]
    fitting = marked or [one for one in surfaces if sigmas(residual(one.colour[None]))[0] < _OFF_SKIN]
    if not fitting:
        raise CrowdError(
            rpt_("no material of its body has the color of skin"),
            rpt_("press Match Skin on the one that is skin, or type the tone"),
            person.head.name,
        )
    return tone_of(max(fitting, key=lambda surface: surface.area).colour.tolist())


def _surfaces(obj: bpy.types.Object) -> Iterator[_Surface]:
    mesh: Any = obj.data
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    slots, areas = np.empty(count, np.int32), np.empty(count, np.float32)
    mesh.loop_triangles.foreach_get("material_index", slots)
    mesh.loop_triangles.foreach_get("area", areas)
    for index, slot in enumerate(obj.material_slots):
        material = original_of(slot.material)
        chosen = np.flatnonzero(slots == index)
        if material is None or not len(chosen):
            continue
        colour = _colour(obj, material, chosen, areas[chosen])
        if colour is not None:
            yield _Surface(colour, float(areas[chosen].sum()), matches_skin(material))


def _colour(
    obj: bpy.types.Object, material: bpy.types.Material, triangles: NDArray[np.intp], areas: Floats
) -> Floats | None:
    """The material's colour on these triangles: what its shader is fed, an image or a plain one; None for neither."""
    socket: Any = base_color_input(material)
    if socket is None:
        plain: Any = material.diffuse_color
        return np.array(plain[:3], np.float32)
    source = _source(socket)
    if isinstance(source, bpy.types.ShaderNodeTexImage):
        return _image_colour(obj, source, triangles, areas)
    return None if source is None else np.array(source.default_value[:3], np.float32)


def _source(socket: Any) -> Any:
    """The image node or the unlinked colour socket that feeds the socket, through whatever is in between."""
    waiting, seen = [socket], set()
    while waiting:
        one: Any = waiting.pop(0)
        if not one.is_linked:
            if one.type == "RGBA":
                return one
            continue
        node: Any = one.links[0].from_node
        if node.name in seen:
            continue
        seen.add(node.name)
        if node.bl_idname == "ShaderNodeTexImage":
            return node if node.image is not None else None
        if node.bl_idname == "ShaderNodeRGB":
            return node.outputs[0]
        # An image anywhere behind a mix or a correction says more than the colour that is mixed in.
        waiting = sorted([*waiting, *(given for given in node.inputs if given.type == "RGBA")], key=_is_plain)
    return None


def _is_plain(socket: Any) -> bool:
    return not socket.is_linked


def _image_colour(obj: bpy.types.Object, node: Any, triangles: NDArray[np.intp], areas: Floats) -> Floats | None:
    """The typical colour of the image where the triangles are laid on it."""
    mesh: Any = obj.data
    layer = mesh.uv_layers.get(_uv_map(node)) or next((one for one in mesh.uv_layers if one.active_render), None)
    pixels = _pixels(node.image)
    if layer is None or pixels is None or not areas.sum() > 0:
        return None
    coordinates = np.empty(len(layer.data) * 2, np.float32)
    layer.data.foreach_get("uv", coordinates)
    corners = np.empty(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("loops", corners)
    stream = np.random.default_rng(0)
    hit = np.searchsorted(np.cumsum(areas), (np.arange(_SAMPLES) + 0.5) / _SAMPLES * areas.sum())
    three = coordinates.reshape(-1, 2)[corners.reshape(-1, 3)[triangles[np.minimum(hit, len(triangles) - 1)]]]
    u, v = np.einsum("nki,nk->in", three, stream.dirichlet((1, 1, 1), _SAMPLES))
    height, width = pixels.shape[:2]
    columns = np.floor(u % 1 * width).astype(np.intp) % width
    rows = np.floor(v % 1 * height).astype(np.intp) % height
    colour: Floats = typical_colours(pixels[rows, columns][None])[0]
    return colour


def _uv_map(node: Any) -> str:
    links = node.inputs["Vector"].links
    source = links[0].from_node if links else None
    return source.uv_map if isinstance(source, bpy.types.ShaderNodeUVMap) else ""


def _pixels(image: Any) -> Floats | None:
    """The image's pixels [H, W, 3] in linear RGB, bottom row first; None where its file is missing."""
    width, height = image.size
    if not width * height or image.channels < 3:
        return None
    values = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(values)
    colours = np.ascontiguousarray(values.reshape(height, width, image.channels)[..., :3])
    is_linear = image.is_float or image.colorspace_settings.name != "sRGB"
    return colours if is_linear else linear_from_srgb(colours)
