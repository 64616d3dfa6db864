"""The demo's steps in Blender."""

from pathlib import Path
from typing import Any

import bpy

from .people import Crowd, seat_crowd
from .stand import build_stand, seats
from .view import View, light_scene, render

__all__ = ["SUNS", "VIEWS", "blender_version", "build", "install", "populate", "render_view", "save"]

_REPOSITORY = "user_default"
_ADD_ON = f"bl_ext.{_REPOSITORY}.facegan"
VIEWS = {
    "crowd": View("Camera", (-11.0, -6.2, 3.0), (1.5, 6.5, 5.2), 30.0, (1280, 720), 12),
    "closeup": View("Close-up", (-7.4, -6.4, 3.5), (-4.45, 1.75, 3.02), 112.0, (1280, 720), 14, blur=4.0),
    "closeup_right": View("Close-up 2", (-7.4, -6.4, 3.5), (-4.45, 1.75, 3.02), 112.0, (1280, 720), 14, blur=4.0),
}
SUNS = {"crowd": -24.0, "closeup": -66.0, "closeup_right": 28.0}
"""Where the sun stands in each, see light_scene: behind the camera to the left, from its left, from its right."""
_MARGIN = 0.35
"""Metres around the close-up in which armatures bend the bodies as well."""


def blender_version() -> str:
    """Of the Blender that runs this."""
    return bpy.app.version_string


def install(archive: Path) -> bool:
    """Starts with Blender's factory settings, installs the add-on's zip and enables it; whether that worked.

    The operator finishes even when it has installed nothing, so what counts is that the add-on is there.
    """
    bpy.ops.wm.read_factory_settings(use_empty=True)
    operators: Any = bpy.ops
    operators.extensions.package_install_files(filepath=str(archive), repo=_REPOSITORY, enable_on_install=True)
    preferences: Any = bpy.context.preferences
    return _ADD_ON in preferences.addons and hasattr(bpy.types.Object, "facegan")


def build() -> Crowd:
    """The stand, its people without faces, and the light."""
    scene: Any = bpy.context.scene
    scene.name = "Grandstand"
    stand, people = bpy.data.collections.new("Stand"), bpy.data.collections.new("People")
    for collection in (stand, people):
        scene.collection.children.link(collection)
    build_stand(stand)
    near = {
        (seat.row, seat.column)
        for seat in seats()
        if VIEWS["closeup"].shows((seat.position[0], seat.position[1], seat.position[2] + 0.5), _MARGIN)
    }
    crowd = seat_crowd(people, near)
    light_scene(scene)
    return crowd


def populate(crowd: Crowd, crowd_seed: int) -> None:
    """Presses the button. Sex and age are read from the bodies, where the crowd's maker has left them."""
    operators: Any = bpy.ops
    operators.facegan.populate(
        scope="COLLECTION", collection=crowd.people.name, crowd_seed=crowd_seed, sex_source="sex", age_source="age"
    )


def render_view(name: str, target: Path) -> None:
    """Renders one of VIEWS, under the sun that it is made for."""
    light_scene(bpy.context.scene, SUNS[name])
    render(bpy.context.scene, VIEWS[name], target)


def save(target: Path) -> None:
    """Saves the file, compressed, seen through the first view."""
    scene: Any = bpy.context.scene
    scene.camera = bpy.data.objects[VIEWS["crowd"].name]
    light_scene(scene, SUNS["crowd"])
    bpy.ops.wm.save_as_mainfile(filepath=str(target), compress=True)
