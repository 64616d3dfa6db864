"""Light, camera and rendering."""

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
from mathutils import Vector

__all__ = ["View", "light_scene", "render"]

_SENSOR = 36.0
"""Width of the sensor in millimetres, as Blender has it."""


class View:
    """A camera's place and aim, in metres; lens in millimetres; blur: f-number of the aperture, 0 for none."""

    def __init__(
        self,
        name: str,
        place: tuple[float, float, float],
        aim: tuple[float, float, float],
        lens: float,
        size: tuple[int, int],
        samples: int,
        blur: float = 0.0,
    ) -> None:
        self.name, self.place, self.aim, self.lens = name, place, aim, lens
        self.size, self.samples, self.blur = size, samples, blur

    def shows(self, point: tuple[float, float, float], margin: float) -> bool:
        """Whether a point is in the picture, or less than a margin (metres) beside it."""
        way: Any = Vector(point) - Vector(self.place)
        ahead: Any = (Vector(self.aim) - Vector(self.place)).normalized()
        right = ahead.cross(Vector((0.0, 0.0, 1.0))).normalized()
        depth = way.dot(ahead)
        half = depth * _SENSOR / 2 / self.lens
        tall = half * self.size[1] / self.size[0]
        aside, over = abs(way.dot(right)) - half, abs(way.dot(right.cross(ahead))) - tall
        return bool(depth > 0 and max(aside, over) < margin)

    def camera(self, scene: Any) -> Any:
        """The camera object, made in the scene."""
        data: Any = bpy.data.cameras.new(self.name)
        data.lens = self.lens
        camera: Any = bpy.data.objects.new(self.name, data)
        camera.location = self.place
        dx, dy, dz = (self.aim[i] - self.place[i] for i in range(3))
        camera.rotation_euler = (math.pi / 2 + math.atan2(dz, math.hypot(dx, dy)), 0.0, math.atan2(-dx, dy))
        if self.blur:
            data.dof.use_dof = True
            data.dof.focus_distance = math.sqrt(dx * dx + dy * dy + dz * dz)
            data.dof.aperture_fstop = self.blur
        scene.collection.objects.link(camera)
        return camera


def light_scene(scene: Any, sun_turn: float = -24.0) -> None:
    """A low afternoon sun and a clear sky. Called again, it moves the sun.

    sun_turn: degrees about Z from a sun that shines along +Y; negative is from the left of who looks that way.
    """
    lamp: Any = bpy.data.objects.get("Sun")
    if lamp is None:
        sun: Any = bpy.data.lights.new("Sun", "SUN")
        sun.energy, sun.angle, sun.color = 4.2, math.radians(1.2), (1.0, 0.87, 0.70)
        lamp = bpy.data.objects.new("Sun", sun)
        scene.collection.objects.link(lamp)
        scene.world = _sky()
    lamp.rotation_euler = (math.radians(57), 0.0, math.radians(sun_turn))


def _sky() -> Any:
    """Pale at the horizon, deep blue above."""
    world: Any = bpy.data.worlds.new("Sky")
    if bpy.app.version < (5, 0, 0):
        world.use_nodes = True
    tree = world.node_tree
    background = next(node for node in tree.nodes if node.type == "BACKGROUND")
    where, split = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    tree.links.new(where.outputs["Generated"], split.inputs[0])
    tree.links.new(split.outputs["Z"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], background.inputs["Color"])
    elements = ramp.color_ramp.elements
    elements[0].position, elements[0].color = 0.0, (0.95, 0.80, 0.62, 1)
    elements[1].position, elements[1].color = 0.75, (0.10, 0.24, 0.55, 1)
    middle = elements.new(0.18)
    middle.color = (0.50, 0.62, 0.78, 1)
    tree.links.new(_clouds(tree, where.outputs["Generated"], ramp.outputs["Color"]), background.inputs["Color"])
    background.inputs["Strength"].default_value = 0.9
    # A sky so even need not be aimed at: without it a sample costs a third less.
    world.cycles.sampling_method = "NONE"
    return world


def _clouds(tree: Any, direction: Any, sky: Any) -> Any:
    """The sky's colour with thin clouds, drawn out to the side."""
    stretched, noise = tree.nodes.new("ShaderNodeMapping"), tree.nodes.new("ShaderNodeTexNoise")
    stretched.inputs["Scale"].default_value = (1.6, 1.6, 6.0)
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 1.5, 7.0
    ramp, mix = tree.nodes.new("ShaderNodeValToRGB"), tree.nodes.new("ShaderNodeMixRGB")
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.50, 0.78
    mix.inputs["Color2"].default_value = (1.0, 0.95, 0.90, 1)
    tree.links.new(direction, stretched.inputs["Vector"])
    tree.links.new(stretched.outputs["Vector"], noise.inputs["Vector"])
    tree.links.new(noise.outputs[0], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], mix.inputs["Fac"])
    tree.links.new(sky, mix.inputs["Color1"])
    return mix.outputs["Color"]


def render(scene: Any, view: View, target: Path) -> None:
    """Renders with Cycles on the processor, denoised where this Blender can."""
    scene.camera = view.camera(scene)
    scene.render.engine = "CYCLES"
    settings = scene.cycles
    settings.device, settings.samples = "CPU", view.samples
    settings.use_adaptive_sampling, settings.adaptive_threshold = True, 0.03
    settings.max_bounces, settings.diffuse_bounces, settings.glossy_bounces = 2, 1, 1
    settings.transparent_max_bounces = 8
    settings.caustics_reflective = settings.caustics_refractive = False
    settings.use_denoising = _can_denoise(settings)
    settings.denoising_prefilter, settings.denoising_quality = "FAST", "FAST"
    settings.use_light_tree = False
    scene.render.resolution_x, scene.render.resolution_y = view.size
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = 0.15
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(target)
    with _silence():
        bpy.ops.render.render(write_still=True)


@contextmanager
def _silence() -> Iterator[None]:
    """Keeps from the terminal the thousand lines that Blender itself, not Python, prints about a picture."""
    sys.stdout.flush()
    terminal = os.dup(1)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        yield
    finally:
        os.dup2(terminal, 1)
        os.close(terminal)


def _can_denoise(settings: Any) -> bool:
    """Whether this build of Blender has Open Image Denoise."""
    try:
        settings.denoiser = "OPENIMAGEDENOISE"
    except TypeError:
        return False
    return True
