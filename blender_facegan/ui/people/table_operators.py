"""Operators that read and write who the characters are."""

from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, StringProperty

from ...core.errors import CrowdError
from ...scene.people.table import apply_people, read_people, write_people
from ..base import MAY_BE_RELATIVE, PathOperator, chosen_path, counted

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

_NAMED = 4


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

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Reads all of the table before anything is set."""
        try:
            people = read_people(chosen_path(self.filepath))
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        count, missing = apply_people(people, context.scene.objects if context.scene is not None else ())
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
