"""Operators on faces that look alike."""

from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...scene.likeness.closest import closest_pair, select_pair
from ...scene.people.characters import has_face
from ..base import is_free

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class FACEGAN_OT_select_closest(bpy.types.Operator):
    """Select the two characters whose faces look most alike."""

    bl_idname = "facegan.select_closest"
    bl_label = "Select Most Alike"
    bl_description = "Select the two visible characters whose faces look most alike"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs Object Mode, and no run in progress."""
        if not is_free(cls, context):
            return False
        if context.mode != "OBJECT" or context.view_layer is None:
            cls.poll_message_set(rpt_("Go to Object Mode"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Looks at the pages."""
        layer = context.view_layer
        shown = [obj for obj in layer.objects if has_face(obj) and obj.visible_get()] if layer is not None else []
        try:
            pair = closest_pair(obj for obj in shown if not obj.hide_select)
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if pair is None:
            self.report(
                {"ERROR"}, rpt_("No two faces to compare: populate at least two characters that can be selected")
            )
            return {"CANCELLED"}
        first, second = select_pair(context, pair)
        self.report({"INFO"}, rpt_("{} and {}: {:.1f} apart").format(first, second, pair.distance))
        return {"FINISHED"}
