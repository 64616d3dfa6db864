"""The sub-panel with the people from photographs."""

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ...scene.model.store import reads_photographs
from ...scene.people.cast import is_of_cast
from ...scene.records import character
from ..panels import SidebarFields, SubPanel
from ..preference_values import chosen_model


class FACEGAN_PT_cast(SubPanel, bpy.types.Panel):
    """Known people for the crowd."""

    bl_label = "Cast"

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """The ways in, and what is missing for the second."""
        layout.operator("facegan.import_cast", icon="IMPORT")
        column = layout.column()
        column.active = reads_photographs(chosen_model(context))
        column.operator("facegan.face_from_photo", icon="IMAGE_DATA")
        if not column.active:
            layout.label(text="This model has no encoder", icon="INFO")


class FACEGAN_PT_character_person(SidebarFields, bpy.types.Panel):
    """Whose likeness the active character is."""

    bl_label = "Person"
    bl_parent_id = "FACEGAN_PT_character"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs an active character that comes from a photograph."""
        return context.object is not None and context.object.type == "MESH" and is_of_cast(context.object)

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """Name, consent, and the way out."""
        if context.object is None:
            return
        record = character(context.object)
        layout.prop(record, "person")
        layout.label(text=iface_("Consent: {}").format(record.consent))
        layout.operator("facegan.forget_person", icon="X")
