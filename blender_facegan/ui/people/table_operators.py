"""Operators that read and write who the characters are."""

import math

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty

from ...core.errors import CrowdError
from ...scene.people.characters import first_names
from ...scene.people.table import Reading, apply_people, import_in_steps, write_people
from ...scene.populate import run_state
from ...scene.records import redraw
from ..base import Answer, PathOperator, chosen_path, counted
from ..fields import file_field, files_shown
from ..running import Running

_TICK = 0.05
"""Seconds between two looks at the events, and for how long is read on in between."""
_MOMENT = 0.3
"""Seconds for which the window may stand still."""


def _has_window() -> bool:
    return not bpy.app.background


class _PeopleFile(PathOperator):
    """Has a CSV file, and asks for it."""

    filepath: file_field("CSV file with the columns object, sex, age, seed and skin")
    filter_glob: files_shown("*.csv")


class FACEGAN_OT_read_people(Running, _PeopleFile):
    """Set sex, age, seed and skin of the objects that a CSV file names (object, sex, age, seed, skin)."""

    bl_label = "Import People"

    in_steps: BoolProperty(options={"HIDDEN", "SKIP_SAVE"})
    _was_asked = False
    _reading: Reading

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Answer:
        """Asks for the file; where that is known, reads it while Blender stays free."""
        if self.in_steps:
            return self.start(context)
        self._was_asked = True
        return super().invoke(context, event)

    def execute(self, context: bpy.types.Context) -> Answer:
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
            return self.refuse(error)
        return self._set(context, reading)

    def start(self, context: bpy.types.Context) -> Answer:
        """Begins to read a table that `modal` goes on with."""
        try:
            self._reading = Reading(chosen_path(self.filepath))
        except CrowdError as error:
            return self.refuse(error)
        return self.begin_run(context, _TICK)

    def step(self, context: bpy.types.Context) -> Answer:
        """Reads on, and sets who is who once everything has been read."""
        done = self._reading.go_on(_TICK)
        run_state.show_reading(context, self._reading.share, len(self._reading.people))
        redraw()
        return {"PASS_THROUGH"} if not done or self.waits(context) else self._set(context, self._reading)

    def close(self) -> None:
        """Lets go of the file."""
        self._reading.close()

    def _set(self, context: bpy.types.Context, reading: Reading) -> Answer:
        count, missing = apply_people(reading.people, context.scene.objects if context.scene is not None else ())
        one = rpt_("Read {:,} person. Populate to give it its face")
        self.report({"INFO"}, counted(count, one, rpt_("Read {:,} people. Populate to give them their faces")))
        if reading.unused:
            self.report({"WARNING"}, rpt_("Columns that are not used: {}").format(first_names(reading.unused)))
        if missing:
            told = rpt_("Not in this scene, or not editable meshes: {}")
            self.report({"WARNING"}, told.format(first_names(missing)))
        return {"FINISHED"}


class FACEGAN_OT_write_people(_PeopleFile):
    """Write sex, age, seed and skin of all characters of the scene to a CSV file."""

    bl_label = "Export People"
    bl_options = set()

    check_existing: BoolProperty(default=True, options={"HIDDEN"})

    def perform(self, context: bpy.types.Context) -> None:
        """Writes the table."""
        path = chosen_path(self.filepath)
        count = write_people(path, context.scene.objects if context.scene is not None else ())
        self.report({"INFO"}, counted(count, rpt_("Wrote {:,} person"), rpt_("Wrote {:,} people")))
