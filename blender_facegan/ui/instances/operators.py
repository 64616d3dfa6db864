"""Operators that give instances their faces."""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...core.atlas.request import Faces
from ...scene.instances.face_id import FaceIdError, add_face_id
from ...scene.instances.instances import (
    InstanceReport,
    InstanceSurvey,
    commit_instances,
    populated_instances,
    remove_instances,
    survey_instances,
)
from ...scene.people.agents import describe_skipped
from ...scene.records import crowd, selected
from ..populate.choices import ChoiceError
from ..populate.operators import FaceMaking, ask_to_replace, closeness, summary
from ..waiting import is_free

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

_NAMED = 4


class FACEGAN_OT_populate_instances(FaceMaking):
    """Give every instance its own face: points that are instanced on, and collection instances."""

    bl_idname = "facegan.populate_instances"
    bl_label = "Populate Instances"
    bl_description = "Give every instance of the selected points and collection instances its own face"
    bl_options = {"UNDO"}

    replace: BoolProperty(name="Replace", description="Replace faces without asking", options={"HIDDEN", "SKIP_SAVE"})
    instanced: StringProperty(
        name="Instanced", description="Name of the collection with the objects that are instanced"
    )

    def look(self, context: bpy.types.Context) -> Any:
        """The points in scope, with what is drawn for each."""
        scope = self._value(context, "scope")
        points = self.objects(context)
        if scope in {"MARKED", "FACELESS"} and context.scene is not None:
            points = populated_instances(context.scene)
        return survey_instances(points, self.settings(context), self._instanced(context))

    def asks_first(self, context: bpy.types.Context, survey: Any) -> bool:
        """In the window, before faces that exist are replaced."""
        if not survey.replaced or self.replace:
            return False
        ask_to_replace(context, "facegan.populate_instances", iface_("Populate Instances"), survey.replaced)
        return True

    def _instanced(self, context: bpy.types.Context) -> list[bpy.types.Object] | None:
        chosen = crowd(context).instanced
        if self.properties.is_property_set("instanced"):
            chosen = bpy.data.collections.get(self.instanced)
            if chosen is None:
                raise ChoiceError(rpt_("No collection named {}: check the name").format(self.instanced))
        return list(chosen.all_objects) if chosen is not None else None

    def _finish(self, found: Any, faces: Faces) -> "set[OperatorReturnItems]":
        survey: InstanceSurvey = found
        report = commit_instances(survey, faces)
        sentence = rpt_("{:,} instances ({:,} women, {:,} men): {:,} new faces, {:,} kept, on {}")
        self.report({"INFO"}, summary(sentence, report))
        if report.closest is not None:
            self.report({"INFO"}, closeness(*report.closest, report))
        for warning in _warnings(report):
            self.report({"WARNING"}, warning)
        return {"FINISHED"}


class FACEGAN_OT_remove_instances(bpy.types.Operator):
    """Take the faces of the selected points and collection instances away and restore the instanced materials."""

    bl_idname = "facegan.remove_instances"
    bl_label = "Remove Instance Faces"
    bl_description = "Take the faces of the selected points and collection instances away, and restore the materials"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a selection."""
        if not is_free(cls, context):
            return False
        if not selected(context):
            cls.poll_message_set(rpt_("Select points or collection instances"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Removes the faces."""
        self.report({"INFO"}, rpt_("Removed the faces of {:,} instances").format(remove_instances(selected(context))))
        return {"FINISHED"}


class FACEGAN_OT_add_face_id(bpy.types.Operator):
    """Let instances that a modifier scatters take their faces from a table of faces."""

    bl_idname = "facegan.add_face_id"
    bl_label = "Add Face ID"
    bl_description = (
        "Let the instances that modifiers scatter on the active object take their faces from a table, by their ID. "
        "Then populate the table"
    )
    bl_options = {"REGISTER", "UNDO"}

    count: IntProperty(
        name="Faces",
        description="Faces in the table. IDs beyond it begin again. 0 makes as many as there are instances",
        min=0,
        max=1_000_000,
    )
    table: StringProperty(name="Table", description="Name of the object with the faces. A new one is made when empty")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs an active object that can have modifiers."""
        if context.object is None or context.object.type not in {"MESH", "POINTCLOUD", "CURVES", "CURVE"}:
            cls.poll_message_set(rpt_("Make the object that scatters the instances active"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Adds the table and the modifier."""
        if context.object is None:
            return {"CANCELLED"}
        try:
            table = add_face_id(context, context.object, self.count, self.table)
        except FaceIdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report(
            {"INFO"},
            rpt_("{} takes its faces from {}. Populate Instances fills it").format(context.object.name, table.name),
        )
        return {"FINISHED"}


def _warnings(report: InstanceReport) -> list[str]:
    more = rpt_(" and {} more").format(len(report.gone) - _NAMED) if len(report.gone) > _NAMED else ""
    told = (
        (report.skipped, describe_skipped(report.skipped)),
        (
            not report.prototypes,
            rpt_("No instanced mesh shows the faces: choose the collection with the instanced objects"),
        ),
        (
            report.shared,
            rpt_("{:,} instances have the ID of another, and its face: give each its own").format(report.shared),
        ),
        (
            report.gone,
            rpt_("Changed while faces were made, and left out: {}{}").format(", ".join(report.gone[:_NAMED]), more),
        ),
    )
    return [text for happened, text in told if happened]
