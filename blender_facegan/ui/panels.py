"""The tab "Crowd" of the 3D view's sidebar, and a panel in the object's properties."""

from typing import Any, ClassVar

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..scene.faces.icons import icons
from ..scene.model.store import installed_models
from ..scene.people.scope import ask_for_count, characters_in_scope
from ..scene.records import character, crowd, run, selected
from .preference_values import chosen_model

_FACE_SCALE = 5.0
"""Height of a character's face in lines of text."""


class Fields:
    """A panel with names on the left and fields on the right, without dots for animation."""

    layout: Any

    def draw(self, context: bpy.types.Context | None) -> None:
        """Called by Blender at every redraw."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        if context is not None:
            self.fields(layout, context)

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """What the panel shows."""
        raise NotImplementedError


class SidebarFields(Fields):
    """In the tab of the 3D view's sidebar."""

    bl_space_type: ClassVar[Any] = "VIEW_3D"
    bl_region_type: ClassVar[Any] = "UI"
    bl_category: ClassVar[Any] = "Crowd"


class SubPanel(SidebarFields):
    """Below the button, closed at first."""

    bl_parent_id: ClassVar[Any] = "FACEGAN_PT_crowd"
    bl_options: Any = {"DEFAULT_CLOSED"}


class ObjectFields(Fields):
    """Where the object's other properties are."""

    bl_space_type: ClassVar[Any] = "PROPERTIES"
    bl_region_type: ClassVar[Any] = "WINDOW"
    bl_context: ClassVar[Any] = "object"


class OnMesh(Fields, bpy.types.Panel):
    """A panel on the active object, which must be a mesh."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs an active mesh object."""
        return context.object is not None and context.object.type == "MESH"


class FACEGAN_PT_crowd(SidebarFields, bpy.types.Panel):
    """Whom to give a face, and the button."""

    bl_label = "Crowd Faces"

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """Scope, seed, and the button: to get a model, to populate, or the progress of a run."""
        settings = crowd(context)
        layout.prop(settings, "scope")
        if settings.scope == "COLLECTION":
            layout.prop(settings, "collection")
        layout.prop(settings, "crowd_seed")
        state = run(context)
        if state.running:
            row = layout.row(align=True)
            row.progress(factor=state.factor, text=state.message)
            row.operator("facegan.stop", text="", icon="X")
        elif not chosen_model(context).is_file() and not installed_models():
            layout.label(text="No model is installed", icon="INFO")
            row = layout.row()
            row.scale_y = 1.4
            row.operator("facegan.install_model", icon="IMPORT")
        else:
            row = layout.row()
            row.scale_y = 1.4
            row.operator("facegan.populate", text=_button(context), icon="COMMUNITY")
        row = layout.row(align=True)
        row.operator("facegan.reroll", icon="FILE_REFRESH")
        row.operator("facegan.age", text="Younger").years = -10.0
        row.operator("facegan.age", text="Older").years = 10.0
        row = layout.row(align=True)
        row.operator("facegan.swap", icon="ARROW_LEFTRIGHT")
        row.operator("facegan.copy_face", icon="COPYDOWN")
        layout.operator("facegan.remove", icon="TRASH")


class FACEGAN_PT_heads(SubPanel, bpy.types.Panel):
    """How heads show their face."""

    bl_label = "Heads"

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """Material and projection."""
        settings = crowd(context)
        layout.prop(settings, "skin_material")
        layout.prop(settings, "projection")
        if settings.projection == "UV":
            layout.prop(settings, "uv_map")
        else:
            row = layout.row(align=True)
            row.operator("facegan.choose_head")
            row.operator("facegan.forget_head", text="", icon="X")
            row = layout.row(align=True)
            row.operator("facegan.mark_face")
            row.operator("facegan.unmark_face", text="", icon="X")
        layout.prop(settings, "skin_from")
        if settings.skin_from == "FACE":
            layout.prop(settings, "match_body")
        row = layout.row(align=True)
        row.operator("facegan.match_skin")
        row.operator("facegan.unmatch_skin")


class FACEGAN_PT_billboards(SubPanel, bpy.types.Panel):
    """How billboards show their face."""

    bl_label = "Billboards"

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """Light and outline."""
        settings = crowd(context)
        layout.prop(settings, "shading")
        layout.prop(settings, "outline")


class _CharacterFields(OnMesh):
    """The active character."""

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """Sex, age, skin, seed and lock."""
        if context.object is not None:
            _draw_character(layout, context.object)


class FACEGAN_PT_character(_CharacterFields, SubPanel):
    """In the sidebar."""

    bl_label = "Character"
    bl_options = set()


class FACEGAN_PT_object(_CharacterFields, ObjectFields):
    """Where the object's other properties are."""

    bl_label = "Crowd Character"
    bl_options = {"DEFAULT_CLOSED"}


def _button(context: bpy.types.Context) -> str:
    """What the button says: how many objects it will act on."""
    settings, count = crowd(context), None
    if settings.scope == "SELECTED":
        count = len(selected(context))
    elif settings.scope in {"MARKED", "FACELESS"}:
        count = characters_in_scope(context)
        ask_for_count()
    elif settings.collection is not None:
        count = len(settings.collection.all_objects)
    return iface_("Populate Crowd Faces") if count is None else iface_("Populate Crowd Faces ({:,})").format(count)


def _draw_character(layout: bpy.types.UILayout, obj: bpy.types.Object) -> None:
    record = character(obj)
    if record.page is not None:
        layout.template_icon(icon_value=icons().face_of(obj), scale=_FACE_SCALE)
    layout.operator("facegan.gallery", icon="USER")
    column = layout.column()
    column.enabled = not record.locked
    for name in ("sex", "age", "skin_tone", "seed"):
        row = column.row(align=True)
        row.prop(record, name)
        if name == "skin_tone":
            row.operator("facegan.skin_from_body", text="", icon="EYEDROPPER")
        by_hand = f"{name}_by_hand"
        if name == "seed" and record.latent:
            row.enabled = False
            continue
        row.prop(record, by_hand, text="", icon="PINNED" if getattr(record, by_hand) else "UNPINNED", emboss=False)
    layout.prop(record, "kind")
    layout.prop(record, "locked", icon="LOCKED" if record.locked else "UNLOCKED")
    if not record.is_character:
        layout.operator("facegan.mark", icon="CHECKMARK")
