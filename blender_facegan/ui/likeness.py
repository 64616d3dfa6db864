"""Faces that are whole, and faces that look alike: how far they are kept apart, and which are nearest to each other."""

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..core.errors import CrowdError
from ..scene.likeness.closest import closest_pair, select_pair
from ..scene.model.store import doubt_mark
from ..scene.people.characters import has_face
from ..scene.records import crowd
from .base import CrowdOperator
from .panels import SubPanel
from .preference_values import chosen_model


class FACEGAN_OT_select_closest(CrowdOperator):
    """Select the two visible characters whose faces look most alike."""

    bl_label = "Select Most Alike"
    alone = True

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs Object Mode."""
        return "" if context.mode == "OBJECT" and context.view_layer is not None else rpt_("Go to Object Mode")

    def perform(self, context: bpy.types.Context) -> None:
        """Looks at the pages."""
        layer = context.view_layer
        shown = [obj for obj in layer.objects if has_face(obj) and obj.visible_get()] if layer is not None else []
        pair = closest_pair(obj for obj in shown if not obj.hide_select)
        if pair is None:
            raise CrowdError(
                rpt_("No two faces to compare"), rpt_("populate at least two characters that can be selected")
            )
        first, second = select_pair(context, pair)
        self.report({"INFO"}, rpt_("{} and {}: {:.1f} apart").format(first, second, pair.distance))


class FACEGAN_PT_distinct(SubPanel, bpy.types.Panel):
    """How different the crowd's faces are to be."""

    bl_label = "Distinct Faces"

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
