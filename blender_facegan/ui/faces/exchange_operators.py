"""Operators that exchange the faces of characters."""

from collections.abc import Callable

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...core.model.file import read_card
from ...scene.faces.exchange import copy_face, swap_faces
from ...scene.people.characters import describe_skipped, has_face
from ...scene.people.scope import remembered
from ...scene.populate.settings import Settings
from ...scene.records import selected
from ..base import CrowdOperator
from ..populate.choices import CrowdChoices
from ..searching import Looked, Looking, Searching, looking_at_persons


class FACEGAN_OT_swap(CrowdOperator):
    """Let the two selected characters swap their faces, with sex, age and seed."""

    bl_label = "Swap"

    alone = True

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs two selected objects."""
        return "" if len(selected(context)) == 2 else rpt_("Select two characters that have a face")

    def perform(self, context: bpy.types.Context) -> None:
        """Swaps them."""
        first, second = selected(context)
        swap_faces([first, second])
        self.report({"INFO"}, rpt_("{} and {} have swapped faces").format(first.name, second.name))


class FACEGAN_OT_copy_face(CrowdChoices, Searching):
    """Give the face of the active character, with its sex, age and seed, to the other selected ones."""

    bl_label = "Copy Face"
    bl_options = {"UNDO"}

    _settings: Settings
    _source: Callable[[], list[bpy.types.Object]]

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs an active character with a face, and others."""
        active = context.object
        if active is not None and has_face(active) and any(obj != active for obj in selected(context)):
            return ""
        return rpt_("Select objects, and last of all a character that has a face")

    def look(self, context: bpy.types.Context) -> Looking:
        """At the faces of the selected objects."""
        settings, source = self.settings(context), context.object
        self._settings = settings
        self._source = remembered([source] if source is not None else [])
        by_coordinates = settings.look.projection == "FACE"
        return looking_at_persons([obj for obj in selected(context) if obj != source], by_coordinates)

    def act(self, context: bpy.types.Context, looked: Looked) -> None:
        """Copies it."""
        settings, source = self._settings, next(iter(self._source()), None)
        if source is None:
            raise CrowdError(rpt_("The character whose face is copied is gone"), rpt_("choose another"))
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
            raise CrowdError(describe_skipped(skipped))
        self.report({"INFO"}, rpt_("{:,} characters have the face of {}").format(count, source.name))
        if skipped:
            self.report({"WARNING"}, describe_skipped(skipped))
