"""The sub-panels that keep faces apart, and whole."""

import bpy

from ...scene.model.store import doubt_mark
from ...scene.records import crowd
from ..panels import SubPanel
from ..preference_values import chosen_model


class FACEGAN_PT_distinct(SubPanel, bpy.types.Panel):
    """How different the crowd's faces are to be."""

    bl_label = "Distinct Faces"
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header(self, context: bpy.types.Context) -> None:
        """The switch."""
        self.layout.prop(crowd(context), "keep_apart", text="")

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """The distance, and the way to see for oneself."""
        settings = crowd(context)
        column = layout.column()
        column.active = settings.keep_apart
        column.prop(settings, "likeness")
        layout.operator("facegan.select_closest", icon="RESTRICT_SELECT_OFF")


class FACEGAN_PT_whole(SubPanel, bpy.types.Panel):
    """Whether broken faces are drawn again."""

    bl_label = "Whole Faces"
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header(self, context: bpy.types.Context) -> None:
        """The switch, which does nothing where the model does not tell."""
        self.layout.active = bool(doubt_mark(chosen_model(context)))
        self.layout.prop(crowd(context), "whole_faces", text="")

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """What it does with the model in use."""
        if doubt_mark(chosen_model(context)):
            layout.label(text="Broken faces are drawn again", icon="INFO")
        else:
            layout.label(text="This model does not tell broken faces", icon="INFO")
