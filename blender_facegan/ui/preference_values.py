"""What the artist has chosen in the preferences, for all who act on it."""

from pathlib import Path
from typing import Any, Protocol, cast

import bpy

from ..scene.model.store import DEFAULT_MODEL

PACKAGE = __package__.rpartition(".")[0]
"""The add-on's name in Blender's list."""


class Preferences(Protocol):
    """The add-on's preferences.

    page_size, face_size: pixels, as text; face_size: 0 for the model's. threads: 0 for every core. model: empty for the
    default.
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


def chosen_model(context: bpy.types.Context) -> Path:
    """The model file that makes the faces."""
    chosen = preferences(context)
    return Path(bpy.path.abspath(chosen.model)) if chosen is not None and chosen.model else DEFAULT_MODEL
