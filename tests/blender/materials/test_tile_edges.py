"""A face shows nothing of its neighbours on the page, to its very edge, near and from afar, with every filter."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blender.crowds import data, plane
from tests.blender.materials.test_materials import populated
from tests.blender.pictures import render

NEAR, FAR = 1.0, 12.0
"""Metres that the picture is wide; the billboard is one metre."""


def seen(obj: Any, width: float) -> NDArray[np.float32]:
    """The billboard from ahead, in a picture that is so wide: float32 [64, 64, 4]."""
    scene: Any = bpy.context.scene
    camera = data.objects.new("View", data.cameras.new("View"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", width
    camera.location, camera.rotation_euler = (*obj.location.xy, obj.location.z), (np.pi / 2, 0, 0)
    camera.location.y -= 3
    scene.collection.objects.link(camera)
    scene.camera = camera
    pixels = render()
    data.objects.remove(camera)
    return pixels


def others_inverted(page: Any, obj: Any, gutter: int) -> None:
    """Gives every texel of the page but those of the object's tile and of so wide a gutter the opposite color."""
    width, height = page.size
    pixels = np.empty(width * height * 4, np.float32)
    page.pixels.foreach_get(pixels)
    grid = pixels.reshape(height, width, 4)
    u, v, across, up = obj["facegan_tile"]
    left, low = round(u * width) - gutter, round(v * height) - gutter
    right, top = left + round(across * width) + 2 * gutter, low + round(up * height) + 2 * gutter
    own = grid[low:top, left:right].copy()
    grid[..., :3] = 1 - grid[..., :3]
    grid[low:top, left:right] = own
    page.pixels.foreach_set(pixels)
    page.update()


def filtered(interpolation: str) -> None:
    """Has all pictures of faces read with this filter."""
    trees: list[Any] = [*data.node_groups, *(one.node_tree for one in data.materials if one.node_tree is not None)]
    nodes = [node for tree in trees for node in tree.nodes if node.bl_idname == "ShaderNodeTexImage"]
    assert nodes
    for node in nodes:
        node.interpolation = interpolation


@pytest.mark.parametrize("interpolation", ["Closest", "Linear", "Cubic", "Smart"])
def test_a_billboard_shows_its_own_tile_to_the_edge(scene: bpy.types.Scene, model: Path, interpolation: str) -> None:
    crowd = [plane(f"P{i}", (20.0 * i, 0, 0)) for i in range(9)]
    populated(model, *crowd, outline="FULL", shading="EMISSION")
    middle: Any = crowd[4]
    page: Any = middle.facegan.page
    filtered(interpolation)
    before = [seen(middle, width) for width in (NEAR, FAR)]
    assert before[0][..., 3].min() == 1, "to the edge of the picture"
    others_inverted(page, middle, page.facegan.gutter)
    for was, width in zip(before, (NEAR, FAR), strict=True):
        np.testing.assert_allclose(seen(middle, width), was, atol=1e-5)
    others_inverted(page, middle, 0)
    differs = abs(seen(middle, NEAR) - before[0]).max() > 0.01
    assert differs == (interpolation != "Closest"), "without a gutter all but the closest read the neighbors"
