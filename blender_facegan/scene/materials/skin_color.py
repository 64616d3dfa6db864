"""Which of a painted texture's colours are skin: those that it has where the face lies."""

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.likeness.locus import residual, sigmas
from ...core.likeness.skin import linear_from_srgb
from ..people.mesh_columns import corner_places, corners_per_polygon, material_indices
from .materials import SkinColor, base_color_input

_LARGEST = 256
"""Side to which a texture is shrunk before it is looked at."""
_SHOWN = 0.8
_FEWEST = 12
_OFF_SKIN = 6.0
"""Standard deviations off the colours of skin from which a painted colour is none: drawn figures' have up to 4."""
_SPREAD = (0.035, 0.11)
"""Least and largest distance of colours that are one skin, in shares of red, green and blue."""


ALL_SKIN = SkinColor((0.8, 0.6, 0.5), 0.0)


def skin_color(
    obj: bpy.types.Object, slot: int, material: bpy.types.Material | None, values: NDArray[np.float32] | None
) -> SkinColor:
    """The skin's colour in the texture of the artist's material of a slot, from the face's corners.

    values: face coordinates of every corner, float32 [C, 3]. A material of one colour, and one whose colour is no image
    that the mesh's UV map lays on, is all skin.
    """
    plain = _plain_color(material) if material is not None else None
    if plain is not None:
        return SkinColor(plain, 0.0)
    image = _image(material) if material is not None else None
    mesh: Any = obj.data
    layer = next((one for one in mesh.uv_layers if one.active_render), None)
    if image is None or values is None or layer is None:
        return ALL_SKIN
    near = np.hypot(values[:, 0], values[:, 1] + 0.5) < 1.0
    slots = np.repeat(material_indices(mesh), corners_per_polygon(mesh))
    chosen = (slots == slot) & (values[:, 2] > _SHOWN) & near
    if chosen.sum() < _FEWEST:
        return ALL_SKIN
    return _typical(_sampled(image, corner_places(layer)[chosen]))


def _typical(colors: NDArray[np.float64]) -> SkinColor:
    """The median of the middle brightnesses: painted eyes, brows and lips are the few."""
    light = colors.sum(axis=1)
    low, high = np.quantile(light, (0.35, 0.95))
    skin = colors[(light >= low) & (light <= high)]
    median = np.median(skin, axis=0)
    shares = skin / np.maximum(skin.sum(axis=1, keepdims=True), 1e-4)
    away = np.linalg.norm(shares - median / max(float(median.sum()), 1e-4), axis=1)
    red, green, blue = (float(value) for value in median)
    spread = float(np.clip(2.0 * np.quantile(away, 0.8), *_SPREAD))
    is_skin = bool(sigmas(residual(median[None].astype(np.float32)))[0] < _OFF_SKIN)
    return SkinColor((red, green, blue), spread, is_skin)


def _plain_color(material: bpy.types.Material) -> tuple[float, float, float] | None:
    """The one colour that a material has, linear; None where something feeds it."""
    target: Any = base_color_input(material)
    if target is not None and target.links:
        return None
    color: Any = target.default_value if target is not None else material.diffuse_color
    red, green, blue = (float(value) for value in color[:3])
    return red, green, blue


def _image(material: bpy.types.Material) -> bpy.types.Image | None:
    """The image whose colour is the material's, if nothing but mixes and adjustments lie between."""
    target = base_color_input(material)
    seen = 0
    while target is not None and target.links and seen < 8:
        node: Any = target.links[0].from_node
        if node.bl_idname == "ShaderNodeTexImage":
            image: Any = node.image
            return image if image is not None and image.size[0] else None
        target = next((one for one in node.inputs if one.links and one.type == "RGBA"), None)
        seen += 1
    return None


def _sampled(image: bpy.types.Image, places: NDArray[np.float32]) -> NDArray[np.float64]:
    """Linear colours at UV places: [N, 3]."""
    copy: Any = image.copy()
    try:
        width, height = copy.size
        if max(width, height) > _LARGEST:
            factor = _LARGEST / max(width, height)
            copy.scale(max(1, round(width * factor)), max(1, round(height * factor)))
            width, height = copy.size
        pixels = np.empty(width * height * copy.channels, np.float32)
        copy.pixels.foreach_get(pixels)
        grid = pixels.reshape(height, width, -1)
    finally:
        bpy.data.images.remove(copy)
    x = (np.mod(places[:, 0], 1.0) * width).astype(int).clip(0, width - 1)
    y = (np.mod(places[:, 1], 1.0) * height).astype(int).clip(0, height - 1)
    colors = grid[y, x, :3].astype(np.float64)
    if grid.shape[2] < 3:
        colors = np.repeat(colors[:, :1], 3, axis=1)
    return colors if image.is_float else linear_from_srgb(colors).astype(np.float64)
