"""Operators that read and write who the characters are."""

import math
from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, StringProperty

from ...core.errors import CrowdError
from ...scene.people.table import Reading, apply_people, import_in_steps, write_people
from ...scene.populate import run_state
from ...scene.records import run
from ..base import MAY_BE_RELATIVE, PathOperator, chosen_path, counted, is_free
from ..searching import redraw, windows

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

_NAMED = 4
_TICK = 0.05
"""Seconds between two looks at the events, and for how long is read on in between."""
_MOMENT = 0.3
"""Seconds for which the window may stand still."""


def _has_window() -> bool:
    return not bpy.app.background


class _PeopleFile(PathOperator):
    """Has a CSV file, and asks for it."""

    filepath: StringProperty(
        name="File",
        description="CSV file with the columns object, sex, age, seed and skin",
        subtype="FILE_PATH",
        options=MAY_BE_RELATIVE,
    )
    filter_glob: StringProperty(default="*.csv", options={"HIDDEN"})


class FACEGAN_OT_read_people(_PeopleFile):
    """Set sex, age and seed of the characters that a CSV file names: object, sex, age and seed."""

    bl_idname = "facegan.read_people"
    bl_label = "Import People"
    bl_description = "Set sex, age, seed and skin of the objects that a CSV file names (object, sex, age, seed, skin)"
    bl_options = {"REGISTER", "UNDO"}

    in_steps: BoolProperty(options={"HIDDEN", "SKIP_SAVE"})
    _was_asked = False
    _reading: Reading
    _timer: bpy.types.Timer

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One run at a time."""
        return is_free(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> "set[OperatorReturnItems]":
        """Asks for the file; where that is known, reads it while Blender stays free."""
        if self.in_steps:
            return self.start(context)
        self._was_asked = True
        return super().invoke(context, event)

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Reads all of the table before anything is set.

        In a window, a table that takes longer than a moment is read in steps by an operator of its own: Blender goes on
        with none that the file browser has run.
        """
        try:
            reading = Reading(chosen_path(self.filepath))
            if not reading.go_on(_MOMENT if self._was_asked and _has_window() else math.inf):
                reading.close()
                import_in_steps(self.filepath)
                return {"CANCELLED"}
        except CrowdError as error:
            return self._refuse(error)
        return self._set(context, reading)

    def start(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Begins to read a table that `modal` goes on with."""
        try:
            self._reading = Reading(chosen_path(self.filepath))
        except CrowdError as error:
            return self._refuse(error)
        manager = windows(context)
        self._timer = manager.event_timer_add(_TICK, window=context.window)
        run_state.begin(context)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> "set[OperatorReturnItems]":
        """Reads on at every tick, stops on Esc, and sets who is who once everything has been read."""
        if (event.type == "ESC" and event.value == "PRESS") or run(context).stop:
            self.cancel(context)
            self.report({"INFO"}, rpt_("Stopped. Nothing was changed"))
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            done = self._reading.go_on(_TICK)
        except CrowdError as error:
            self.cancel(context)
            return self._refuse(error)
        run_state.show_reading(context, self._reading.share, len(self._reading.people))
        redraw(context)
        if not done:
            return {"PASS_THROUGH"}
        self.cancel(context)
        return self._set(context, self._reading)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender calls this too, when a file is opened or the window closes during a run."""
        self._reading.close()
        windows(context).event_timer_remove(self._timer)
        run_state.end(context)
        redraw(context)

    def _refuse(self, error: CrowdError) -> "set[OperatorReturnItems]":
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}

    def _set(self, context: bpy.types.Context, reading: Reading) -> "set[OperatorReturnItems]":
        count, missing = apply_people(reading.people, context.scene.objects if context.scene is not None else ())
        one = rpt_("Read {:,} person. Populate to give it its face")
        self.report({"INFO"}, counted(count, one, rpt_("Read {:,} people. Populate to give them their faces")))
        if missing:
            more = rpt_(" and {} more").format(len(missing) - _NAMED) if len(missing) > _NAMED else ""
            names = f"{', '.join(missing[:_NAMED])}{more}"
            self.report({"WARNING"}, rpt_("Not in this scene, or not editable meshes: {}").format(names))
        return {"FINISHED"}


class FACEGAN_OT_write_people(_PeopleFile):
    """Write sex, age and seed of all characters of the scene to a CSV file."""

    bl_idname = "facegan.write_people"
    bl_label = "Export People"
    bl_description = "Write sex, age, seed and skin of all characters of the scene to a CSV file"

    check_existing: BoolProperty(default=True, options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Writes the table."""
        try:
            path = chosen_path(self.filepath)
            count = write_people(path, context.scene.objects if context.scene is not None else ())
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, counted(count, rpt_("Wrote {:,} person"), rpt_("Wrote {:,} people")))
        return {"FINISHED"}
