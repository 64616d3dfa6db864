"""Operators on single characters and on their faces."""

from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...scene.head.marking import mark_characters
from ...scene.materials.slots import shows_face
from ...scene.people.characters import describe_skipped
from ...scene.populate import run_state
from ...scene.populate.removal import remove_faces
from ...scene.records import selected
from ..base import counted, is_free
from ..searching import Looked, Looking, Searching, looking_at_persons

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class FACEGAN_OT_remove(bpy.types.Operator):
    """Take the faces of the selected characters away and restore their materials."""

    bl_idname = "facegan.remove"
    bl_label = "Remove Faces"
    bl_description = "Take the faces of the selected characters away and restore their materials"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a selected character with a face."""
        if not is_free(cls, context):
            return False
        if not any(shows_face(obj) for obj in selected(context)):
            cls.poll_message_set(rpt_("Select characters that have a face"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Removes the faces."""
        count = remove_faces(selected(context))
        self.report({"INFO"}, rpt_("Removed {:,} faces").format(count))
        return {"FINISHED"}


class FACEGAN_OT_mark(Searching):
    """Mark the selected meshes as characters, so that linked copies of this file can be overridden and populated."""

    bl_idname = "facegan.mark"
    bl_label = "Mark as Characters"
    bl_description = (
        "Mark the selected meshes as characters, so that linked copies of this file can be overridden and populated"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a selected mesh."""
        if not is_free(cls, context):
            return False
        if not any(obj.type == "MESH" for obj in selected(context)):
            cls.poll_message_set(rpt_("Select mesh objects"))
            return False
        return True

    def look(self, context: bpy.types.Context) -> Looking:
        """At the faces of the selected meshes."""
        return looking_at_persons([obj for obj in selected(context) if obj.type == "MESH" and obj.is_editable])

    def act(self, context: bpy.types.Context, looked: Looked) -> "set[OperatorReturnItems]":
        """Marks them."""
        count, skipped = mark_characters(looked.objects, looked.search)
        self.report({"INFO"}, counted(count, rpt_("{:,} character"), rpt_("{:,} characters")))
        if skipped:
            self.report({"WARNING"}, describe_skipped(skipped))
        return {"FINISHED"}


class FACEGAN_OT_stop(bpy.types.Operator):
    """Stop making faces. Nothing is changed."""

    bl_idname = "facegan.stop"
    bl_label = "Stop"
    bl_description = "Stop making faces. Nothing is changed"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Tells the run."""
        run_state.ask_to_stop(context)
        return {"FINISHED"}
