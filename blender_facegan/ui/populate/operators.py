"""The operators that make faces."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import FloatProperty

from ...core.atlas.request import CancelledError, Faces, Request
from ...core.atlas.worker import Generation, make_faces
from ...core.errors import CrowdError
from ...scene.export.picture_files import check_file, write_whole
from ...scene.model.store import shown_card
from ...scene.people.characters import describe_skipped, first_names
from ...scene.people.mixes import GROUPS, compared
from ...scene.people.recipes import Change, Revision
from ...scene.people.scope import remembered
from ...scene.populate import run_state
from ...scene.populate.chosen import heads_of, may_have_faces
from ...scene.populate.objects import ObjectStore
from ...scene.populate.populate import Report, Survey, as_json, carriers_in_a_line, commit, survey
from ...scene.populate.settings import Settings
from ...scene.populate.store import Store
from ...scene.records import redraw, selected
from ..base import Answer, chosen_path, counted
from ..fields import switch, words
from ..running import PrintedProgress
from ..searching import Looking, Searching
from .choices import CrowdChoices


@dataclass(frozen=True)
class Making:
    """Faces to make: what is asked for, what is done with them, and how many faces that are there they replace."""

    request: Request
    finish: Callable[[Faces], None]
    replaced: int = 0


class FaceMaking(CrowdChoices, Searching):
    """What all operators that make faces have in common: the run, from looking at the characters to the report.

    `look` leads to `Making`: whose faces to make, and which.
    """

    _making: Making
    _generation: Generation | None

    def act(self, context: bpy.types.Context, looked: Making) -> None:
        """Makes the faces and writes them before it returns."""
        looked.finish(make_faces(looked.request, PrintedProgress("{:,} of {:,} faces"), lambda: False))

    def begin(self, context: bpy.types.Context, looked: Making) -> Answer:
        """Makes the faces in a thread while Blender stays free; they are written when all are there."""
        self._making, self._generation = looked, Generation(looked.request)
        return {"RUNNING_MODAL"}

    def carry_on(self, context: bpy.types.Context) -> Answer:
        """Shows how far it is, and writes the faces once they are all there."""
        if self._generation is None:
            raise RuntimeError("no faces are made")
        if not self._generation.done:
            seconds = time.monotonic() - self._started
            run_state.show(context, self._generation.made, self._generation.total, seconds)
            redraw()
            return {"PASS_THROUGH"}
        if self.waits(context):
            return {"PASS_THROUGH"}
        try:
            self._making.finish(self._generation.result())
        except CancelledError:
            return {"CANCELLED"}
        return {"FINISHED"}

    def halt(self) -> None:
        """Stops the thread."""
        if not self._is_looking and self._generation is not None:
            self._generation.cancel()


class Populating(FaceMaking):
    """Gives the characters of a store their faces."""

    report_file: words(
        "Report File",
        "JSON file to write: which meshes carry the face of each character, and who was left out and why",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )

    saved_as: words(
        "Saved As",
        "The .blend that this one will be saved as: pages that are kept as pictures are written beside it",
        subtype="FILE_PATH",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def populating(self, store: Store, settings: Settings) -> Making:
        """The faces that the characters lack."""
        found = survey(store, settings, chosen_path(self.saved_as) if self.saved_as else None)
        if self.report_file:
            check_file(chosen_path(self.report_file))
        card = shown_card(settings.model)
        people = card is None or card.tells_people
        return Making(found.request, lambda faces: self._tell(found, commit(found, faces), people), store.replaced)

    def crowd(self, count: int) -> str:
        """So many characters, in words."""
        return counted(count, rpt_("{:,} character"), rpt_("{:,} characters"))

    def warnings(self, report: Report) -> list[str]:
        """What the artist should know of."""
        gone = rpt_("Gone while faces were made, and left out: {}")
        return [gone.format(first_names(report.gone))] if report.gone else []

    def _tell(self, found: Survey, report: Report, people: bool) -> None:
        """people: whether the model knows sexes and ages; of others none are told."""
        kept, men = report.characters - report.fresh, report.characters - report.women
        crowd = self.crowd(report.characters)
        if people:
            women = counted(report.women, rpt_("{:,} woman"), rpt_("{:,} women"))
            crowd = f"{crowd} ({women}, {counted(men, rpt_('{:,} man'), rpt_('{:,} men'))})"
        done = rpt_("{}: {}, {:,} kept, on {}").format(
            crowd,
            counted(report.fresh, rpt_("{:,} new face"), rpt_("{:,} new faces")),
            kept,
            counted(report.pages, rpt_("{:,} page"), rpt_("{:,} pages")),
        )
        self.report({"INFO"}, done)
        if report.carried:
            self.report({"INFO"}, carriers_in_a_line(report))
        if self.report_file:
            write_whole(chosen_path(self.report_file), as_json(report))
        if found.store.is_drawn and people:
            self.report({"INFO"}, _mix(found, report))
        if report.refused:
            again = counted(report.refused, rpt_("{:,} face"), rpt_("{:,} faces"))
            self.report({"INFO"}, rpt_("{} drawn again that might have been broken").format(again))
        if report.closest is not None:
            self.report({"INFO"}, _closeness(*report.closest, report))
        if report.skipped:
            self.report({"WARNING"}, describe_skipped(report.skipped))
        for warning in self.warnings(report):
            self.report({"WARNING"}, warning)


class Asking(Populating):
    """Asks in the window before it replaces faces that exist."""

    replace: switch("Replace", "Replace faces without asking", options={"HIDDEN", "SKIP_SAVE"})

    def asks_first(self, context: bpy.types.Context, looked: Making) -> bool:
        """In the window, before faces that exist are replaced."""
        if not looked.replaced or self.replace:
            return False
        self.ask(context, looked.replaced)
        return True

    def ask(self, context: bpy.types.Context, count: int) -> None:
        """A menu with one entry: to run the operator, which replaces so many faces."""
        name = str(self.bl_idname)  # the menu outlives the operator

        def draw(menu: Any, _context: Any) -> None:
            text = counted(count, rpt_("Replace {:,} Face"), rpt_("Replace {:,} Faces"))
            _offer(menu.layout, name, text)

        self.show_menu(context, draw, iface_(self.bl_label), "QUESTION")


class FACEGAN_OT_populate(Asking):
    """Give every character its own face, fitting its sex and age."""

    bl_label = "Populate Crowd Faces"
    # No REGISTER: redoing from the Adjust Last Operation panel would make faces on the main thread.
    bl_options = {"UNDO"}

    def look(self, context: bpy.types.Context) -> Looking:
        """At the characters in scope, with what is drawn for them."""
        settings, objects = self.settings(context), remembered(self.objects(context))
        return lambda search: self.populating(ObjectStore.look(objects(), settings, search=search), settings)


class Revising(Populating):
    """Changes faces that are there."""

    def revising(self, context: bpy.types.Context, chosen: Sequence[bpy.types.Object], change: Change) -> Looking:
        """At these characters, with the faces that the change gives them."""
        settings, objects = self.settings(context), remembered(chosen)
        return lambda search: self.populating(ObjectStore.look(objects(), settings, change, search), settings)


class _OnFaces(Revising):
    """Acts on the selected characters that have a face."""

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs a selected character with a face."""
        return (
            "" if may_have_faces(selected(context)) else rpt_("Select characters that have a face, or populate first")
        )


class FACEGAN_OT_reroll(_OnFaces):
    """Give the selected characters other faces of the same sex and age."""

    bl_label = "Re-roll"
    bl_options = {"UNDO"}

    def look(self, context: bpy.types.Context) -> Looking:
        """At the selected characters that have a face."""
        return self.revising(context, _with_faces(context), Revision(reroll=True))


class FACEGAN_OT_age(_OnFaces):
    """Make the selected characters older or younger. They stay the same persons."""

    bl_label = "Age"
    bl_options = {"UNDO"}

    years: FloatProperty(
        name="Years", description="Years to add. Negative makes younger", default=10.0, soft_min=-50.0, soft_max=50.0
    )

    def look(self, context: bpy.types.Context) -> Looking:
        """At the selected characters that have a face."""
        return self.revising(context, _with_faces(context), Revision(years=self.years))


def _with_faces(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The heads of the selected persons. Raises CrowdError for none."""
    heads = heads_of(selected(context))
    if not heads:
        raise CrowdError(rpt_("Nobody with a face is selected"), rpt_("select characters that have one"))
    return heads


def _offer(layout: bpy.types.UILayout, operator: str, text: str) -> None:
    layout.operator_context = "INVOKE_DEFAULT"
    layout.operator(operator, text=text, icon="COMMUNITY").replace = True


def _mix(found: Survey, report: Report) -> str:
    """What was made, beside what was asked for in brackets."""
    shares = zip(GROUPS, *compared(found.settings.demographics, report.recipes), strict=True)
    return rpt_("Made (asked): ") + ", ".join(
        f"{made:.0%} ({asked:.0%}) {rpt_(name).lower()}" for name, made, asked in shares
    )


def _closeness(first: str, second: str, distance: float, report: Report) -> str:
    """What is told of the faces that are most alike, and of those that were drawn again."""
    told = rpt_("Closest faces: {} and {}, {:.1f} apart").format(first, second, distance)
    if report.rerolled:
        told += rpt_(". {:,} drawn again for looking like another").format(report.rerolled)
    return told + (rpt_(", {:,} still do").format(report.alike) if report.alike else "")
