"""What the artist has chosen in the preferences, for all who act on it."""

from pathlib import Path
from typing import Any, Protocol, cast

import bpy

from ..scene.model.store import check_installed, model_in_use

PACKAGE = __package__.rpartition(".")[0]
"""The add-on's name in Blender's list."""
AUTO_SIZE, AS_MADE = "AUTO", "0"
"""Face sizes that are no numbers of pixels: by the camera, and that of the model."""


class Preferences(Protocol):
    """The add-on's preferences.

    page_size, face_size: pixels, as text; face_size: also AUTO_SIZE and AS_MADE. threads: 0 for every core.
    model: empty for the default.
    """

    model: str
    threads: int
    page_size: str
    gutter: int
    face_size: str


def preferences(context: bpy.types.Context) -> Preferences | None:
    """The preferences, or None where the add-on was registered by a script and not enabled in Blender."""
    found: Any = context.preferences
    addon = found.addons.get(PACKAGE)
    return None if addon is None else cast(Preferences, addon.preferences)


def fixed_size(chosen: Preferences | None) -> int | None:
    """The largest side of a face in pixels; None for whatever the model makes."""
    return None if chosen is None or chosen.face_size in (AUTO_SIZE, AS_MADE) else int(chosen.face_size)


def chosen_model(context: bpy.types.Context) -> Path:
    """The model file that makes the faces, for panels; no file is there where none is installed."""
    chosen = preferences(context)
    return model_in_use(chosen.model if chosen is not None else "")


def model_to_use(context: bpy.types.Context) -> Path:
    """The model file that makes the faces, for those who read it. Raises CrowdError where none is installed."""
    return check_installed(chosen_model(context))
