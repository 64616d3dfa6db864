"""Kinds of fields, as the settings, the operators and the preferences declare them: each with its label and its tip."""

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

MAX_SEED = 2**31 - 1
_MAY_BE_RELATIVE: Any = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
"""Before Blender 4.5 every path may, and the option is not known."""


def switch(name: str, description: str, **further: Any) -> Any:
    """Whether something is so. further: as of a BoolProperty."""
    return BoolProperty(name=name, description=description, **further)


def words(name: str, description: str, **further: Any) -> Any:
    """A name, or other text. further: as of a StringProperty."""
    return StringProperty(name=name, description=description, **further)


def choice(name: str, description: str, *items: tuple[Any, ...], **further: Any) -> Any:
    """One of several. items: identifier, label, tip and, if wanted, number. further: as of an EnumProperty."""
    return EnumProperty(name=name, description=description, items=items, **further)


def years(name: str, description: str, default: float = 0.0, **further: Any) -> Any:
    """An age. default: years. further: as of a FloatProperty."""
    limits = {"min": 0.0, "max": 120.0, "precision": 0, "step": 100} | further
    return FloatProperty(name=name, description=description, default=default, **limits)


def seed_field(name: str, description: str, **further: Any) -> Any:
    """A number that faces are drawn from. further: as of an IntProperty."""
    return IntProperty(name=name, description=description, min=0, max=MAX_SEED, **further)


def pixels(name: str, description: str, default: int, least: int, most: int) -> Any:
    """A length in pixels, from least to most."""
    return IntProperty(name=name, description=description, default=default, min=least, max=most, subtype="PIXEL")


def file_field(description: str, name: str = "File", default: str = "") -> Any:
    """A file that an operator works on; Blender's file browser fills it in."""
    return StringProperty(
        name=name, description=description, default=default, subtype="FILE_PATH", options=_MAY_BE_RELATIVE
    )


def folder_field(description: str) -> Any:
    """A folder that an operator writes to; Blender's file browser fills it in."""
    return StringProperty(name="Folder", description=description, subtype="DIR_PATH", options=_MAY_BE_RELATIVE)


def files_shown(pattern: str) -> Any:
    """Which files the file browser offers: `*.csv`, several apart by a semicolon."""
    return StringProperty(default=pattern, options={"HIDDEN"})
