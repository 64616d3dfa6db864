"""Operators on the material of a character's body."""

from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...scene.materials.skin_matching import match_skin, matches_skin, skin_matching_problem, unmatch_skin

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


def _material(context: bpy.types.Context) -> bpy.types.Material | None:
    return context.object.active_material if context.object is not None else None


class FACEGAN_OT_match_skin(bpy.types.Operator):
    """Let the active material take the color of each character's skin, for neck, hands and body."""

    bl_idname = "facegan.match_skin"
    bl_label = "Match Skin"
    bl_description = (
        "Let the active material take the color of each character's skin, for neck, hands and body. "
        "Objects without a character keep its own color"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a material whose colour can be replaced."""
        problem = skin_matching_problem(_material(context))
        if not problem and matches_skin(_material(context)):
            problem = rpt_("The active material matches the skin already")
        if problem:
            cls.poll_message_set(problem)
        return not problem

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Inserts the node group."""
        material = _material(context)
        if material is None:
            return {"CANCELLED"}
        match_skin(material)
        return {"FINISHED"}


class FACEGAN_OT_unmatch_skin(bpy.types.Operator):
    """Give the active material its own color back."""

    bl_idname = "facegan.unmatch_skin"
    bl_label = "Unmatch Skin"
    bl_description = "Give the active material its own color back"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a material that matches the skin."""
        material = _material(context)
        if material is None or not material.is_editable or not matches_skin(material):
            cls.poll_message_set(rpt_("The active material does not match the skin"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Takes the node group out."""
        material = _material(context)
        if material is None:
            return {"CANCELLED"}
        unmatch_skin(material)
        return {"FINISHED"}
