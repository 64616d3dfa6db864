"""The sub-panel that keeps faces apart."""

import bpy

from ...scene.records import crowd
from ..panels import SubPanel


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
