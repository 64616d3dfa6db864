"""Everything that the add-on adds to Blender, in one table that is undone in reverse."""

import sys
from typing import Any, Literal

import bpy
from bpy.props import PointerProperty

from . import command_line
from .scene.faces.icons import close_icons, open_icons
from .scene.people.scope import stop_counting
from .scene.populate import run_state
from .ui import panels, preferences, properties
from .ui.cast import operators as cast_operators
from .ui.cast import panel as cast_panel
from .ui.export import asset_operators, bake_operators
from .ui.export import panel as export_panel
from .ui.export import table_operators as crowd_table_operators
from .ui.faces import exchange_operators, gallery_operators
from .ui.head import head_operators, mark_operators
from .ui.instances import operators as instance_operators
from .ui.instances import panel as instance_panel
from .ui.likeness import operators as likeness_operators
from .ui.likeness import panel as likeness_panel
from .ui.materials import placement_panel, skin_operators
from .ui.model import operators as model_operators
from .ui.model import panel as model_panel
from .ui.pages import operators as page_operators
from .ui.pages import panel as page_panel
from .ui.people import fields, mix_operators, table_operators
from .ui.people import panel as people_panel
from .ui.people import skin_operators as people_skin_operators
from .ui.populate import character_operators
from .ui.populate import operators as populate_operators

CLASSES: tuple[type, ...] = (
    properties.CharacterProperties,
    properties.PageProperties,
    properties.FaceMaterialProperties,
    fields.AgeBand,
    fields.RealisedMix,
    properties.CrowdSettings,
    properties.RunProperties,
    preferences.CrowdFacesPreferences,
    populate_operators.FACEGAN_OT_populate,
    populate_operators.FACEGAN_OT_reroll,
    populate_operators.FACEGAN_OT_age,
    character_operators.FACEGAN_OT_remove,
    character_operators.FACEGAN_OT_mark,
    character_operators.FACEGAN_OT_stop,
    head_operators.FACEGAN_OT_choose_head,
    head_operators.FACEGAN_OT_forget_head,
    mark_operators.FACEGAN_OT_mark_face,
    mark_operators.FACEGAN_OT_unmark_face,
    gallery_operators.FACEGAN_OT_gallery,
    gallery_operators.FACEGAN_OT_take_face,
    exchange_operators.FACEGAN_OT_swap,
    exchange_operators.FACEGAN_OT_copy_face,
    likeness_operators.FACEGAN_OT_select_closest,
    cast_operators.FACEGAN_OT_import_cast,
    cast_operators.FACEGAN_OT_face_from_photo,
    cast_operators.FACEGAN_OT_forget_person,
    mix_operators.FACEGAN_OT_load_mix,
    mix_operators.FACEGAN_OT_save_mix,
    mix_operators.FACEGAN_OT_delete_mix,
    mix_operators.FACEGAN_OT_import_mix,
    mix_operators.FACEGAN_OT_export_mix,
    mix_operators.FACEGAN_OT_add_age_band,
    mix_operators.FACEGAN_OT_remove_age_band,
    mix_operators.FACEGAN_MT_mixes,
    table_operators.FACEGAN_OT_read_people,
    table_operators.FACEGAN_OT_write_people,
    people_skin_operators.FACEGAN_OT_skin_from_body,
    skin_operators.FACEGAN_OT_match_skin,
    skin_operators.FACEGAN_OT_unmatch_skin,
    bake_operators.FACEGAN_OT_bake,
    bake_operators.FACEGAN_OT_bake_textures,
    bake_operators.FACEGAN_OT_restore_live,
    crowd_table_operators.FACEGAN_OT_export_table,
    asset_operators.FACEGAN_OT_add_assets,
    asset_operators.FACEGAN_OT_remove_assets,
    instance_operators.FACEGAN_OT_populate_instances,
    instance_operators.FACEGAN_OT_remove_instances,
    instance_operators.FACEGAN_OT_add_face_id,
    model_operators.FACEGAN_OT_install_model,
    model_operators.FACEGAN_FH_model,
    model_operators.FACEGAN_OT_choose_model,
    model_operators.FACEGAN_OT_remove_model,
    model_operators.FACEGAN_OT_set_label,
    page_operators.FACEGAN_OT_save_pages,
    page_operators.FACEGAN_OT_pack_pages,
    panels.FACEGAN_PT_crowd,
    people_panel.FACEGAN_PT_people,
    people_panel.FACEGAN_PT_realised,
    likeness_panel.FACEGAN_PT_distinct,
    people_panel.FACEGAN_PT_sources,
    cast_panel.FACEGAN_PT_cast,
    panels.FACEGAN_PT_heads,
    panels.FACEGAN_PT_billboards,
    placement_panel.FACEGAN_PT_placement,
    instance_panel.FACEGAN_PT_instances,
    panels.FACEGAN_PT_character,
    cast_panel.FACEGAN_PT_character_person,
    model_panel.FACEGAN_PT_character_labels,
    model_panel.FACEGAN_PT_model,
    page_panel.FACEGAN_PT_pages,
    export_panel.FACEGAN_PT_export,
    panels.FACEGAN_PT_object,
    model_panel.FACEGAN_PT_object_labels,
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
