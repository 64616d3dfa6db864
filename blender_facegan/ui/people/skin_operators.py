"""Operators on the skin of characters."""

from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...scene.head.body_skin import skin_of_body
from ...scene.head.finder import FaceFinder
from ...scene.head.persons import persons_of
from ...scene.people.characters import Surveyor, set_skin
from ...scene.records import selected
from ..base import is_free

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

_NAMED = 3


class FACEGAN_OT_skin_from_body(bpy.types.Operator):
    """Take the skin tones of the selected characters from the materials of their bodies."""

    bl_idname = "facegan.skin_from_body"
    bl_label = "Skin from Body"
    bl_description = (
        "Take the skin tones of the selected characters from the materials of their bodies, and keep them. "
        "Then populate"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a selected mesh."""
        if not is_free(cls, context):
            return False
        if not any(obj.type == "MESH" and obj.is_editable for obj in selected(context)):
            cls.poll_message_set(rpt_("Select characters"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Reads the materials, and pins what they say."""
        heads = [obj for obj in selected(context) if obj.type == "MESH" and obj.is_editable]
        told, refused = [], []
        persons, skipped = persons_of(heads, Surveyor(), FaceFinder())
        refused += [f"{one.name}: {one.reason}" for one in skipped]
        for person in persons:
            try:
                tone = skin_of_body(person)
            except CrowdError as error:
                refused.append(str(error))
                continue
            set_skin(person.head, tone)
            told.append(f"{person.head.name} {tone:.1f}")
        if refused:
            self.report({"WARNING" if told else "ERROR"}, "; ".join(refused[:_NAMED]))
        if not told:
            return {"CANCELLED"}
        names = ", ".join(told[:_NAMED]) + (
            rpt_(" and {} more").format(len(told) - _NAMED) if len(told) > _NAMED else ""
        )
        self.report({"INFO"}, rpt_("Skin tones: {}. Populate to give them their faces").format(names))
        return {"FINISHED"}
