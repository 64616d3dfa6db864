"""Operators on the skin of characters."""

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...scene.head.body_skin import skin_of_body
from ...scene.people.characters import first_names, set_skin
from ...scene.records import selected
from ..searching import Looked, Looking, Searching, looking_at_persons

_NAMED = 3


class FACEGAN_OT_skin_from_body(Searching):
    """Take the skin tones of the selected characters from the materials of their bodies, and keep them.

    Then populate.
    """

    bl_label = "Skin from Body"

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs a selected mesh."""
        return "" if _meshes(context) else rpt_("Select characters")

    def look(self, context: bpy.types.Context) -> Looking:
        """At the persons of the selected meshes."""
        return looking_at_persons(_meshes(context))

    def act(self, context: bpy.types.Context, looked: Looked) -> None:
        """Reads the materials, and pins what they say."""
        told, refused = [], [f"{one.name}: {one.reason}" for one in looked.skipped]
        for person in looked.persons:
            try:
                tone = skin_of_body(person)
            except CrowdError as error:
                refused.append(str(error))
                continue
            set_skin(person.head, tone)
            told.append(f"{person.head.name} {tone:.1f}")
        why = "; ".join(refused[:_NAMED])
        if not told:
            raise CrowdError(why or rpt_("Select characters"))
        if refused:
            self.report({"WARNING"}, why)
        names = first_names(told, _NAMED)
        self.report({"INFO"}, rpt_("Skin tones: {}. Populate to give them their faces").format(names))


def _meshes(context: bpy.types.Context) -> list[bpy.types.Object]:
    return [obj for obj in selected(context) if obj.type == "MESH" and obj.is_editable]
