"""A scene of its own in which one character's surface is baked, whatever the artist's scene is set to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.errors import CrowdError
from ..materials.node_building import Tree

NOT_BAKED = -1.0
"""What a picture has where no polygon lies."""


@dataclass(frozen=True)
class Studio:
    """The scene of the bakes."""

    scene: Any


def check_cycles() -> None:
    """Raises CrowdError where Cycles is disabled."""
    if not hasattr(bpy.types.Scene, "cycles"):
        raise CrowdError(rpt_("Cycles is off"), rpt_("enable the add-on Cycles Render Engine, which bakes"))


@contextmanager
def open_studio() -> Iterator[Studio]:
    """The studio, until it is closed again."""
    scene: Any = bpy.data.scenes.new("Crowd Faces Baking")
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.use_denoising = "CPU", 1, False
    # A narrow filter takes every pixel at its middle: one sample is exact, and without noise.
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "BOX", 0.01
    try:
        yield Studio(scene)
    finally:
        bpy.data.scenes.remove(scene)


@contextmanager
def sitting(obj: bpy.types.Object, slot: int, live: bpy.types.Material, studio: Studio) -> Iterator[Any]:
    """A copy of the character alone in the studio, without pose, modifiers and shape keys, as its face lies on it.

    Only the material of the slot is there, as a copy.
    """
    sitter: Any = obj.copy()
    material: Any = live.copy()
    sitter.animation_data_clear()
    sitter.constraints.clear()
    sitter.modifiers.clear()
    sitter.show_only_shape_key, sitter.active_shape_key_index = True, 0
    sitter.parent = None
    sitter.matrix_world.identity()
    sitter.hide_render = sitter.hide_viewport = sitter.hide_select = False
    studio.scene.collection.objects.link(sitter)
    for index, found in enumerate(sitter.material_slots):
        # A picture in another slot's material could be baked over.
        found.link, found.material = "OBJECT", material if index == slot else None
    view_layer = studio.scene.view_layers[0]
    view_layer.objects.active = sitter
    sitter.select_set(True, view_layer=view_layer)
    try:
        yield sitter
    finally:
        bpy.data.objects.remove(sitter)
        bpy.data.materials.remove(material)


def shot(
    sitter: Any,
    source: Callable[[bpy.types.Material], bpy.types.NodeSocket | None],
    size: tuple[int, int],
    uv_map: str,
    margin: int,
    studio: Studio,
) -> NDArray[np.float32]:
    """What the output that `source` finds in the sitter's material has on its surface, in one of its UV maps.

    size: width and height in pixels. margin: pixels that the edges are extended. float32 [height, width, 3], bottom row
    first, scene linear, NOT_BAKED where nothing lies.
    """
    material = next(slot.material for slot in sitter.material_slots if slot.material is not None)
    build = Tree(material.node_tree)
    light = build.node("Emission")
    found = source(material)
    if found is None:
        raise RuntimeError(f"nothing feeds the colour of {material.name}")
    build.feed(light.inputs["Color"], found)
    surface = material.node_tree.get_output_node("CYCLES").inputs["Surface"]
    shown = surface.links[0].from_socket if surface.links else None
    build.feed(surface, light.outputs["Emission"])
    width, height = size
    film: Any = bpy.data.images.new("Crowd Face Bake", width, height, alpha=True, float_buffer=True, is_data=True)
    pixels = np.full(width * height * 4, NOT_BAKED, np.float32)
    film.pixels.foreach_set(pixels)
    node = build.node("TexImage", image=film)
    node.select, material.node_tree.nodes.active = True, node
    try:
        _bake(sitter, uv_map, margin, studio)
        film.pixels.foreach_get(pixels)
    finally:
        material.node_tree.nodes.remove(node)
        material.node_tree.nodes.remove(light)
        if shown is not None:
            build.feed(surface, shown)
        bpy.data.images.remove(film)
    return pixels.reshape(height, width, 4)[..., :3]


def _bake(sitter: Any, uv_map: str, margin: int, studio: Studio) -> None:
    context: Any = bpy.context
    with context.temp_override(
        scene=studio.scene,
        view_layer=studio.scene.view_layers[0],
        object=sitter,
        active_object=sitter,
        selected_objects=[sitter],
    ):
        bpy.ops.object.bake(
            type="EMIT",
            target="IMAGE_TEXTURES",
            save_mode="INTERNAL",
            margin=margin,
            margin_type="EXTEND",
            use_clear=False,
            use_selected_to_active=False,
            uv_layer=uv_map,
        )
