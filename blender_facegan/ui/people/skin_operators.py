"""Operators on the skin of characters."""

from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...scene.head.body_skin import skin_of_body
from ...scene.people.characters import set_skin
from ...scene.records import selected
from ..base import is_free
from ..searching import Looked, Looking, Searching, looking_at_persons

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

_NAMED = 3


class FACEGAN_OT_skin_from_body(Searching):
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

    def look(self, context: bpy.types.Context) -> Looking:
        """At the persons of the selected meshes."""
        return looking_at_persons([obj for obj in selected(context) if obj.type == "MESH" and obj.is_editable])

    def act(self, context: bpy.types.Context, looked: Looked) -> "set[OperatorReturnItems]":
        """Reads the materials, and pins what they say."""
        told, refused = [], []
        persons, skipped = looked.persons, looked.skipped
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
