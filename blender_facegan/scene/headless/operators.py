"""The add-on's operators as a command runs them: on a scene and a selection that it names."""

from collections.abc import Mapping
from typing import Any

import bpy

from ...core.errors import CrowdError
from ..records import character
from .files import told


def choose_scene(name: str) -> None:
    """Makes the scene of that name the one that is worked on. Raises CrowdError."""
    scene: Any = bpy.data.scenes.get(name)
    window: Any = bpy.context.window
    if scene is None:
        raise CrowdError(f"no scene named {name}", f"there are {', '.join(one.name for one in bpy.data.scenes)}")
    window.scene = scene


def select_only(names: list[str]) -> None:
    """Selects the objects of these names and no others, and makes the first the active one. Raises CrowdError."""
    scene: Any = bpy.context.scene
    layer: Any = bpy.context.view_layer
    objects = {obj.name: obj for obj in scene.objects}
    missing = [name for name in names if name not in objects]
    if missing:
        raise CrowdError(f"no object named {missing[0]} in the scene", "check the name")
    for name, obj in objects.items():
        if obj.visible_get():
            obj.select_set(name in names)
        elif name in names:
            raise CrowdError(f"{name} is hidden and cannot be selected", "show it, or choose a collection")
    layer.objects.active = objects[names[0]]


def select_characters() -> None:
    """Selects everybody in the scene who has a face, as far as they are shown."""
    scene: Any = bpy.context.scene
    for obj in scene.objects:
        if obj.visible_get():
            obj.select_set(character(obj).page is not None)


def operator_properties(name: str) -> list[Any]:
    """The properties of the add-on's operator of that name that an artist sees, as Blender describes them."""
    described: Any = getattr(bpy.ops.facegan, name).get_rna_type()  # type: ignore[attr-defined]  # added by the add-on
    return [prop for prop in described.properties if prop.identifier != "rna_type" and not prop.is_hidden]


def call_operator(name: str, values: Mapping[str, Any]) -> None:
    """Runs the add-on's operator of that name. Raises CrowdError with what it reports."""
    operator: Any = getattr(bpy.ops.facegan, name)  # type: ignore[attr-defined]  # added by the add-on
    try:
        outcome = operator(**values)
    except RuntimeError as error:
        raise CrowdError(told(error)) from error
    if outcome != {"FINISHED"}:
        raise CrowdError(f"{name} was cancelled")


def save_preferences() -> None:
    """Saves the preferences of this user. Raises CrowdError."""
    try:
        bpy.ops.wm.save_userpref()
    except RuntimeError as error:
        raise CrowdError(f"the preferences cannot be saved ({told(error)})") from error
