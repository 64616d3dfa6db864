"""Operators that exchange the faces of characters."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...core.model.file import read_card
from ...scene.faces.exchange import copy_face, swap_faces
from ...scene.people.characters import describe_skipped, has_face
from ...scene.people.scope import remembered
from ...scene.populate.settings import Settings
from ...scene.records import selected
from ..base import is_free
from ..populate.choices import CrowdChoices
from ..searching import Looked, Looking, Searching, looking_at_persons

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class FACEGAN_OT_swap(bpy.types.Operator):
    """Let the two selected characters swap their faces, with sex, age and seed."""

    bl_idname = "facegan.swap"
    bl_label = "Swap"
    bl_description = "Let the two selected characters swap their faces, with sex, age and seed"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs two selected objects."""
        if not is_free(cls, context):
            return False
        if len(selected(context)) != 2:
            cls.poll_message_set(rpt_("Select two characters that have a face"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Swaps them."""
        first, second = selected(context)
        try:
            swap_faces([first, second])
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, rpt_("{} and {} have swapped faces").format(first.name, second.name))
        return {"FINISHED"}


class FACEGAN_OT_copy_face(CrowdChoices, Searching):
    """Give the face of the active character, with its sex, age and seed, to the other selected ones."""

    bl_idname = "facegan.copy_face"
    bl_label = "Copy Face"
    bl_description = "Give the face of the active character, with its sex, age and seed, to the other selected ones"
    bl_options = {"UNDO"}

    _settings: Settings
    _source: Callable[[], list[bpy.types.Object]]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs an active character with a face, and others."""
        if not is_free(cls, context):
            return False
        active = context.object
        if active is None or not has_face(active) or not any(obj != active for obj in selected(context)):
            cls.poll_message_set(rpt_("Select objects, and last of all a character that has a face"))
            return False
        return True

    def look(self, context: bpy.types.Context) -> Looking:
        """At the faces of the selected objects."""
        settings, source = self.settings(context), context.object
        self._settings = settings
        self._source = remembered([source] if source is not None else [])
        by_coordinates = settings.look.projection == "FACE"
        return looking_at_persons([obj for obj in selected(context) if obj != source], by_coordinates)

    def act(self, context: bpy.types.Context, looked: Looked) -> "set[OperatorReturnItems]":
        """Copies it."""
        settings, source = self._settings, next(iter(self._source()), None)
        if source is None:
            return {"CANCELLED"}
        count, skipped = copy_face(
            source,
            looked.objects,
            settings.look,
            read_card(settings.model),
            settings.skin_material,
            settings.match_body,
            looked.search,
        )
        if not count:
            self.report({"ERROR"}, describe_skipped(skipped))
            return {"CANCELLED"}
        self.report({"INFO"}, rpt_("{:,} characters have the face of {}").format(count, source.name))
        if skipped:
            self.report({"WARNING"}, describe_skipped(skipped))
        return {"FINISHED"}
