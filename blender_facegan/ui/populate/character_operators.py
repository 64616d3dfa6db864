"""Operators on single characters and on their faces."""

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...scene.head.body_skin import skin_of_body
from ...scene.head.marking import mark_characters
from ...scene.people.characters import describe_skipped, first_names, set_skin
from ...scene.populate import run_state
from ...scene.populate.chosen import heads_of, may_have_faces
from ...scene.populate.removal import remove_faces
from ...scene.records import selected
from ..base import CrowdOperator, counted
from ..searching import Looked, Looking, Searching, looking_at_persons


class FACEGAN_OT_remove(CrowdOperator):
    """Take the faces of the selected characters away and restore their materials."""

    bl_label = "Remove Faces"

    alone = True

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs a selected character with a face."""
        return "" if may_have_faces(selected(context)) else rpt_("Select characters that have a face")

    def perform(self, context: bpy.types.Context) -> None:
        """Removes the faces."""
        count = remove_faces([*selected(context), *heads_of(selected(context))])
        if not count:
            raise CrowdError(rpt_("Nobody with a face is selected"), rpt_("select characters that have one"))
        self.report({"INFO"}, counted(count, rpt_("Removed {:,} face"), rpt_("Removed {:,} faces")))


class FACEGAN_OT_mark(Searching):
    """Mark the selected meshes as characters, so that linked copies of this file can be overridden and populated."""

    bl_label = "Mark as Characters"

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs a selected mesh."""
        return "" if any(obj.type == "MESH" for obj in selected(context)) else rpt_("Select mesh objects")

    def look(self, context: bpy.types.Context) -> Looking:
        """At the faces of the selected meshes."""
        return looking_at_persons(_meshes(context))

    def act(self, context: bpy.types.Context, looked: Looked) -> None:
        """Marks them."""
        count, skipped = mark_characters(looked.objects, looked.search)
        self.report({"INFO"}, counted(count, rpt_("{:,} character"), rpt_("{:,} characters")))
        if skipped:
            self.report({"WARNING"}, describe_skipped(skipped))


class FACEGAN_OT_stop(CrowdOperator):
    """Stop making faces. Nothing is changed."""

    bl_label = "Stop"
    bl_options = {"INTERNAL"}

    def perform(self, context: bpy.types.Context) -> None:
        """Tells the run."""
        run_state.ask_to_stop(context)


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
        why = "; ".join(refused[:3])
        if not told:
            raise CrowdError(why or rpt_("Select characters"))
        if refused:
            self.report({"WARNING"}, why)
        names = first_names(told, 3)
        self.report({"INFO"}, rpt_("Skin tones: {}. Populate to give them their faces").format(names))


def _meshes(context: bpy.types.Context) -> list[bpy.types.Object]:
    return [obj for obj in selected(context) if obj.type == "MESH" and obj.is_editable]
