"""Everything that the add-on adds to Blender, in one table that is undone in reverse."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Literal

import bpy
from bpy.props import PointerProperty

from . import command_line
from .scene.faces.icons import close_icons, open_icons
from .scene.people.scope import stop_counting
from .scene.populate import run_state
from .ui import instances, likeness, materials, pages, panels, preferences, properties
from .ui.cast import operators as cast_operators
from .ui.export import assets, files
from .ui.faces import operators as face_operators
from .ui.head import head_operators, mark_operators
from .ui.model import models
from .ui.people import fields, mixes, table_operators
from .ui.people import panel as people_panel
from .ui.populate import character_operators
from .ui.populate import operators as populate_operators

_WITH_OPERATORS = (
    populate_operators,
    character_operators,
    head_operators,
    mark_operators,
    face_operators,
    likeness,
    cast_operators,
    mixes,
    table_operators,
    materials,
    files,
    assets,
    instances,
    models,
    pages,
)


def _operators_of(module: ModuleType) -> Iterator[type]:
    """The operators, menus and file handlers that a module defines."""
    for name, value in vars(module).items():
        if name.startswith(("FACEGAN_OT_", "FACEGAN_MT_", "FACEGAN_FH_")) and value.__module__ == module.__name__:
            yield value


CLASSES: tuple[type, ...] = (
    properties.CharacterProperties,
    properties.PageProperties,
    properties.FaceMaterialProperties,
    fields.AgeBand,
    fields.RealisedMix,
    properties.CrowdSettings,
    properties.RunProperties,
    preferences.CrowdFacesPreferences,
    *(operator for module in _WITH_OPERATORS for operator in _operators_of(module)),
    panels.FACEGAN_PT_crowd,
    people_panel.FACEGAN_PT_people,
    people_panel.FACEGAN_PT_realised,
    likeness.FACEGAN_PT_distinct,
    likeness.FACEGAN_PT_whole,
    people_panel.FACEGAN_PT_sources,
    cast_operators.FACEGAN_PT_cast,
    panels.FACEGAN_PT_heads,
    panels.FACEGAN_PT_billboards,
    materials.FACEGAN_PT_placement,
    instances.FACEGAN_PT_instances,
    panels.FACEGAN_PT_character,
    cast_operators.FACEGAN_PT_character_person,
    models.FACEGAN_PT_character_labels,
    models.FACEGAN_PT_model,
    pages.FACEGAN_PT_pages,
    files.FACEGAN_PT_export,
    panels.FACEGAN_PT_object,
    models.FACEGAN_PT_object_labels,
)
"""In the order in which Blender must learn of them: a group before what holds it, a panel before its sub-panels."""

POINTERS: tuple[tuple[str, type, set[Literal["LIBRARY_OVERRIDABLE"]]], ...] = (
    ("Object", properties.CharacterProperties, {"LIBRARY_OVERRIDABLE"}),
    ("Image", properties.PageProperties, set()),
    ("Material", properties.FaceMaterialProperties, set()),
    ("Scene", properties.CrowdSettings, set()),
    ("WindowManager", properties.RunProperties, set()),
)
"""The types of `bpy.types` that get a property `facegan`, and the group it holds."""


_commands: list[Any] = []
"""Handles of what was added to `blender --command`; Blender gives them out and wants them back."""


def register() -> None:
    """Adds everything; where another copy of the add-on has done so, says so in one line and leaves it alone."""
    other: Any = getattr(bpy.types, "FACEGAN_OT_populate", None)
    if other is not None:
        enabled = str(other.__module__).partition(".ui.")[0]
        print(f"Crowd Faces: {enabled} is enabled already: disable it, then enable this copy again", file=sys.stderr)
        return
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    for owner, group, override in POINTERS:
        getattr(bpy.types, owner).facegan = PointerProperty(type=group, override=override)
    open_icons()
    _commands.append(bpy.utils.register_cli_command(command_line.NAME, command_line.run))


def unregister() -> None:
    """Takes everything away again, if this copy has added it. What files hold stays in them.

    A run in progress goes with its operator, and nobody is left who could say that it is over.
    """
    if not _commands:
        return
    run_state.end(bpy.context)
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    stop_counting()
    close_icons()
    for owner, _, _ in reversed(POINTERS):
        del getattr(bpy.types, owner).facegan
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
