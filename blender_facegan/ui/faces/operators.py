"""Single faces: chosen from a sheet of others, swapped, copied."""

from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import IntProperty

from ...core.atlas.request import Faces
from ...core.errors import CrowdError
from ...core.model.file import read_card
from ...scene.faces.candidates import Sheet, candidate_sheet, icon_key, show_candidates
from ...scene.faces.exchange import copy_face, swap_faces
from ...scene.faces.icons import icons
from ...scene.people.characters import describe_skipped, has_face
from ...scene.people.recipes import Revision
from ...scene.people.scope import remembered
from ...scene.populate.chosen import heads_of, may_have_faces
from ...scene.populate.settings import Settings
from ...scene.records import character, selected
from ..base import OWN, CrowdOperator, active_object, counted
from ..fields import seed_field
from ..populate.choices import CrowdChoices
from ..populate.operators import Making, Revising
from ..searching import Looked, Looking, Searching, looking_at_persons

_COLUMNS = 6
_SCALE = 4.5
"""Height of a picture in lines of text."""


class _ForActive(Revising):
    """Acts on the active character alone."""

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs an active character with a face that is not locked."""
        if context.object is None or not has_face(context.object):
            return rpt_("Make a character that has a face the active object")
        return rpt_("The active character's face is locked") if character(context.object).locked else ""


class FACEGAN_OT_gallery(_ForActive):
    """Choose from other faces of the same sex and age."""

    bl_label = "Choose Face"
    bl_options = {"REGISTER"}

    sheet: IntProperty(name="Sheet", description="Which sheet of faces to show, from 0", min=0, options={"SKIP_SAVE"})

    def look(self, context: bpy.types.Context) -> Looking:
        """At the active character, with the sheet to make."""
        found = candidate_sheet(active_object(context), self.settings(context), self.sheet)
        making = Making(found.request, lambda faces: self._show(found, faces))
        return lambda _search: making

    def _show(self, sheet: Sheet, faces: Faces) -> None:
        """Shows the sheet, where there is a window."""
        shown = show_candidates(sheet, faces)

        def draw(menu: Any, _context: Any) -> None:
            _draw_sheet(menu.layout, shown)

        if self._runs or not bpy.app.background:
            self.show_menu(bpy.context, draw, iface_("Choose Face"), "USER")


class FACEGAN_OT_take_face(_ForActive):
    """Give the active character this face. Its sex and age stay."""

    bl_label = "Take Face"
    bl_options = {"UNDO"}

    seed: seed_field("Seed", "The number that the face is made from")

    def look(self, context: bpy.types.Context) -> Looking:
        """At the active character, with the seed."""
        return self.revising(context, [active_object(context)], Revision(seed=self.seed))


def _draw_sheet(layout: bpy.types.UILayout, sheet: Sheet) -> None:
    layout.operator_context = "INVOKE_DEFAULT"
    layout.emboss = "NORMAL"
    row = layout.row()
    # Column after column: where buttons go on further to the right, a menu makes room for another column.
    for place in range(_COLUMNS):
        column = row.column()
        for seed in sheet.seeds[place::_COLUMNS]:
            cell = column.column(align=True)
            cell.template_icon(icon_value=icons().icon_id(icon_key(sheet, seed)), scale=_SCALE)
            cell.operator("facegan.take_face", text="Take").seed = seed
        if place == 0:
            back = column.row()
            back.enabled = sheet.number > 0
            last = back.operator("facegan.gallery", text="Back", text_ctxt=OWN, icon="TRIA_LEFT")
            last.sheet = max(sheet.number - 1, 0)
    column.operator("facegan.gallery", text="More", icon="TRIA_RIGHT").sheet = sheet.number + 1


class FACEGAN_OT_swap(CrowdOperator):
    """Let the two selected characters swap their faces, with sex, age and seed."""

    bl_label = "Swap"

    alone = True

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs two selected objects, or the parts of persons who may be two."""
        chosen = selected(context)
        is_two = len(chosen) == 2 or (len(chosen) > 2 >= sum(map(has_face, chosen)) and may_have_faces(chosen))
        return "" if is_two else rpt_("Select two characters that have a face")

    def perform(self, context: bpy.types.Context) -> None:
        """Swaps them."""
        heads = heads_of(selected(context))
        swap_faces(heads if len(heads) == 2 else selected(context))
        first, second = heads
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
        told = counted(count, rpt_("{:,} character has"), rpt_("{:,} characters have"))
        self.report({"INFO"}, rpt_("{} the face of {}").format(told, source.name))
        if skipped:
            self.report({"WARNING"}, describe_skipped(skipped))
