"""What a command without a window does to files: opens them, runs an operator, saves them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import bpy

from ..core.errors import CrowdError
from .instances.removal import populated_instances
from .records import character


@dataclass(frozen=True)
class Census:
    """Who is in a scene. ages: in years, of the characters with a face. pages: image name and size in pixels."""

    scene: str
    characters: int
    with_face: int
    women: int
    ages: tuple[float, ...]
    instancers: tuple[str, ...]
    pages: tuple[tuple[str, int, int], ...]


def open_file(path: Path) -> None:
    """Opens a .blend. Raises CrowdError."""
    if not path.is_file():
        raise CrowdError("there is no such file", where=path)
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False)
    except RuntimeError as error:
        raise CrowdError(f"cannot be opened ({_told(error)})", where=path) from error


def check_writable(path: Path) -> None:
    """Makes sure that a .blend can be saved there, before any work is done for it. Raises CrowdError.

    Blender moves what is there out of the way, a folder too, and says nothing of it.
    """
    if path.is_dir():
        raise CrowdError("is a folder", "give the file to write, such as faces.blend", path)
    if not path.parent.is_dir():
        raise CrowdError(f"there is no folder {path.parent}", "make it, or choose another place", path)
    if path.exists() and not path.is_file():
        raise CrowdError("is no file", "choose another place", path)
    if path.exists() and not os.access(path, os.W_OK):
        raise CrowdError("is write-protected", "choose another place", path)
    try:
        # Asked for its rights, a folder of a network may promise more than it keeps.
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise CrowdError(f"cannot be written ({error.strerror})", "choose another place", path) from error


def save_file(path: Path) -> None:
    """Saves the .blend, the paths in it made relative to its new place. Raises CrowdError."""
    check_writable(path)
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False)
    except RuntimeError as error:
        raise CrowdError(f"cannot be saved ({_told(error)})", where=path) from error


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
        raise CrowdError(_told(error)) from error
    if outcome != {"FINISHED"}:
        raise CrowdError(f"{name} was cancelled")


def census() -> list[Census]:
    """Who is in each scene of the open file."""
    found = []
    for scene in bpy.data.scenes:
        people = [obj for obj in scene.objects if character(obj).is_character]
        faces = [character(obj) for obj in people if character(obj).page is not None]
        pages: list[Any] = sorted({record.page for record in faces if record.page}, key=lambda image: image.name)
        found.append(
            Census(
                scene.name,
                len(people),
                len(faces),
                sum(record.sex == "FEMALE" for record in faces),
                tuple(sorted(record.age for record in faces)),
                tuple(obj.name for obj in populated_instances(scene)),
                tuple((image.name, int(image.size[0]), int(image.size[1])) for image in pages),
            )
        )
    return found


def _told(error: RuntimeError) -> str:
    return " ".join(str(error).split()).removeprefix("Error: ")
