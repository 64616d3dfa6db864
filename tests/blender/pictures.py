"""Small pictures rendered with Cycles, as numbers."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

SIDE = 64


def front_view(obj: Any, side: int = SIDE) -> NDArray[np.float32]:
    """The object seen from -Y, 1 by 1 around its origin: linear RGBA, float32 [side, side, 4], row 0 at the top.

    The film is transparent; a white sky lights it evenly.
    """
    scene: Any = bpy.context.scene
    camera = bpy.data.objects.new("View", bpy.data.cameras.new("View"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", 1.0  # type: ignore[union-attr]
    camera.location, camera.rotation_euler = obj.location, (np.pi / 2, 0, 0)
    camera.location.y -= 3
    scene.collection.objects.link(camera)
    scene.camera = camera
    pixels = render(side)
    bpy.data.objects.remove(camera)
    return pixels


def render(side: int = SIDE, bounces: int = 2) -> NDArray[np.float32]:
    """What the scene's camera sees under a white sky: linear RGBA, float32 [side, side, 4], row 0 at the top."""
    scene: Any = bpy.context.scene
    _prepare(scene, side, bounces)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "view.exr"
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        image: Any = bpy.data.images.load(str(path))
        pixels = np.empty(side * side * 4, np.float32)
        image.pixels.foreach_get(pixels)
        bpy.data.images.remove(image)
    return pixels.reshape(side, side, 4)[::-1]


def to_srgb(linear: Any) -> list[float]:
    """sRGB values of linear ones, 0 to 1."""
    values = np.asarray(linear, float)
    return list(np.where(values <= 0.0031308, values * 12.92, 1.055 * np.maximum(values, 1e-9) ** (1 / 2.4) - 0.055))


def _prepare(scene: Any, side: int, bounces: int) -> None:
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.max_bounces = 4, False, bounces
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "BOX", 1.0
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.film_transparent = True
    scene.render.resolution_x = scene.render.resolution_y = side
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Standard"
    if hasattr(scene.render.image_settings, "media_type"):
        scene.render.image_settings.media_type = "IMAGE"
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    scene.world = bpy.data.worlds.get("White") or bpy.data.worlds.new("White")
    scene.world.color = (1, 1, 1)
