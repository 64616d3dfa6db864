"""Pictures of the repository's people for billboards, cut out, with where their eyes, mouths and chins are."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector
from numpy.typing import NDArray

from blender_facegan.core.head.finding import Face, find_face
from blender_facegan.core.head.person import Part, Person, Surface
from examples.grandstand.people import materials, wear
from examples.people.figures import Figure, Wardrobe
from examples.people.models import Models

__all__ = ["Portrait", "take"]


@dataclass(frozen=True)
class Portrait:
    """A picture of somebody.

    points: float64 [4, 2], the eyes from the viewer's left to right, the mouth and the chin, as shares of the picture
    from its upper left. aspect: its width over its height.
    """

    path: Path
    points: NDArray[np.float64]
    aspect: float


def take(
    path: Path,
    build: str,
    outfit: str = "jumper",
    cut: str | None = "combed",
    turn: float = 0.0,
    size: tuple[int, int] = (256, 640),
    seed: int = 3,
    top: float = 0.04,
    tall: float | None = None,
    samples: int = 12,
) -> Portrait:
    """Renders somebody standing before nothing, turned to the viewer's right by degrees; in a file of its own.

    top: what is above the head, as a share of the height; tall: metres that the picture shows, all of the person if
    None.
    """
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene: Any = bpy.context.scene
    wardrobe = Wardrobe()
    person = Models(wardrobe, materials()).person("Somebody", build, outfit, "standing", cut)
    wear(person, wardrobe.builds[build], np.random.default_rng(seed))
    for obj in person.objects:
        scene.collection.objects.link(obj)
    person.rig.rotation_euler.z = math.radians(turn)
    _light(scene)
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    figure = wardrobe.figure(build, outfit, "standing")
    corners = [np.array(obj.matrix_world @ Vector(corner)) for obj in person.objects if obj.type == "MESH"
               for corner in obj.bound_box]  # fmt: skip
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    height = tall or float(high[2] - low[2]) * (1 + 2 * top)
    _camera(scene, Vector((0.0, -20.0, high[2] + top * height - height / 2)), height, size)
    _render(scene, path, size, samples)
    world = Vector((0, 0, 0))
    places = []
    for point in _marks(figure):
        world = person.rig.matrix_world @ Vector(point)
        seen = world_to_camera_view(scene, scene.camera, world)
        places.append((seen.x, 1.0 - seen.y))
    return Portrait(path, np.array(places), size[0] / size[1])


def _marks(figure: Figure) -> NDArray[np.float64]:
    """Eyes from the viewer's left to right, mouth, chin: [4, 3]. The eyes are those that are modelled."""
    used = np.unique(figure.faces[figure.slots == 1])
    eyes = figure.points[used]
    left, right = eyes[eyes[:, 0] < 0].mean(axis=0), eyes[eyes[:, 0] > 0].mean(axis=0)
    corners = figure.faces.astype(np.int32).ravel()
    count = len(figure.faces)
    surface = Surface(
        figure.points,
        corners,
        np.full(count, 3, np.int32),
        figure.slots.astype(np.int32),
        np.ones(len(figure.points), bool),
    )
    names = ("Skin", "Eyes", "Top", "Trousers", "Shoes")
    face = find_face(Person("Somebody", [Part("Somebody", surface, np.eye(4), names)]))
    assert isinstance(face, Face)
    mouth, chin = face.frame.world(face.landmarks.points[2:])
    return np.stack((left, right, mouth, chin))


def _light(scene: Any) -> None:
    lamp = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    lamp.data.energy, lamp.rotation_euler = 2.5, (math.radians(50), 0.0, math.radians(-30))  # type: ignore[union-attr]
    scene.collection.objects.link(lamp)
    scene.world = bpy.data.worlds.new("Sky")
    scene.world.color = (0.6, 0.6, 0.65)


def _camera(scene: Any, place: Vector, height: float, size: tuple[int, int]) -> None:
    camera: Any = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type = "ORTHO"
    camera.data.ortho_scale = height * max(size) / size[1]
    camera.location, camera.rotation_euler = place, (math.pi / 2, 0.0, 0.0)
    scene.collection.objects.link(camera)
    scene.camera = camera


def _render(scene: Any, path: Path, size: tuple[int, int], samples: int) -> None:
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.max_bounces = samples, False, 2
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.film_transparent = True
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Standard"
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_mode, settings.color_depth = "PNG", "RGBA", "8"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
