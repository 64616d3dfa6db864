"""What a command without a window does to files: opens them, runs an operator, saves them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..core.errors import CrowdError
from .instances.removal import populated_instances
from .records import character


class HeadlessError(CrowdError):
    """Why a command cannot go on, in one line."""


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
    """Opens a .blend. Raises HeadlessError."""
    if not path.is_file():
        raise HeadlessError(f"{path}: there is no such file")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False)
    except RuntimeError as error:
        raise HeadlessError(f"{path}: cannot be opened ({_told(error)})") from error


def save_file(path: Path) -> None:
    """Saves the .blend, the paths in it made relative to its new place. Raises HeadlessError."""
    if not path.parent.is_dir():
        raise HeadlessError(f"{path}: there is no folder {path.parent}")
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False)
    except RuntimeError as error:
        raise HeadlessError(f"{path}: cannot be saved ({_told(error)})") from error


def choose_scene(name: str) -> None:
    """Makes the scene of that name the one that is worked on. Raises HeadlessError."""
    scene: Any = bpy.data.scenes.get(name)
    window: Any = bpy.context.window
    if scene is None:
        raise HeadlessError(f"no scene named {name}: there are {', '.join(one.name for one in bpy.data.scenes)}")
    window.scene = scene


def select_only(names: list[str]) -> None:
    """Selects the objects of these names and no others. Raises HeadlessError."""
    scene: Any = bpy.context.scene
    objects = {obj.name: obj for obj in scene.objects}
    missing = [name for name in names if name not in objects]
    if missing:
        raise HeadlessError(f"no object named {missing[0]} in the scene: check the name")
    for name, obj in objects.items():
        if obj.visible_get():
            obj.select_set(name in names)
        elif name in names:
            raise HeadlessError(f"{name} is hidden and cannot be selected: show it, or choose a collection")


def operator_properties(name: str) -> list[Any]:
    """The properties of the add-on's operator of that name that an artist sees, as Blender describes them."""
    described: Any = getattr(bpy.ops.facegan, name).get_rna_type()  # type: ignore[attr-defined]  # added by the add-on
    return [prop for prop in described.properties if prop.identifier != "rna_type" and not prop.is_hidden]


def call_operator(name: str, values: Mapping[str, Any]) -> None:
    """Runs the add-on's operator of that name. Raises HeadlessError with what it reports."""
    operator: Any = getattr(bpy.ops.facegan, name)  # type: ignore[attr-defined]  # added by the add-on
    try:
        outcome = operator(**values)
    except RuntimeError as error:
        raise HeadlessError(_told(error)) from error
    if outcome != {"FINISHED"}:
        raise HeadlessError(f"{name} was cancelled")


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
