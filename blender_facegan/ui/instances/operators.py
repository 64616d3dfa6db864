"""Operators that give instances their faces."""

from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...core.errors import CrowdError
from ...scene.instances.face_id import add_face_id
from ...scene.instances.points import PointStore
from ...scene.instances.removal import populated_instances, remove_instances
from ...scene.people.scope import remembered
from ...scene.populate.populate import Report
from ...scene.records import crowd, selected
from ..base import counted, is_free
from ..populate.operators import Making, Populating, ask_to_replace, first_names
from ..searching import Looking

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class FACEGAN_OT_populate_instances(Populating):
    """Give every instance its own face: points that are instanced on, and collection instances."""

    bl_idname = "facegan.populate_instances"
    bl_label = "Populate Instances"
    bl_description = "Give every instance of the selected points and collection instances its own face"
    bl_options = {"UNDO"}

    replace: BoolProperty(name="Replace", description="Replace faces without asking", options={"HIDDEN", "SKIP_SAVE"})
    instanced: StringProperty(
        name="Instanced", description="Name of the collection with the objects that are instanced"
    )

    def look(self, context: bpy.types.Context) -> Looking:
        """At the points in scope, with what is drawn for each."""
        scope, settings = self._value(context, "scope"), self.settings(context)
        points = self.objects(context)
        if scope in {"MARKED", "FACELESS"} and context.scene is not None:
            points = populated_instances(context.scene)
        owners, shown = remembered(points), self._instanced(context)
        instanced = remembered(shown) if shown is not None else lambda: None
        return lambda search: self.populating(PointStore.look(owners(), settings, instanced(), search), settings)

    def asks_first(self, context: bpy.types.Context, looked: Making) -> bool:
        """In the window, before faces that exist are replaced."""
        if not looked.replaced or self.replace:
            return False
        ask_to_replace(context, "facegan.populate_instances", iface_("Populate Instances"), looked.replaced)
        return True

    def crowd(self, count: int) -> str:
        """As of characters."""
        return counted(count, rpt_("{:,} instance"), rpt_("{:,} instances"))

    def warnings(self, report: Report) -> list[str]:
        """What the artist should know of."""
        told = []
        if not report.prototypes:
            told.append(rpt_("No instanced mesh shows the faces: choose the collection with the instanced objects"))
        if report.shared:
            one = rpt_("{:,} instance has the ID of another, and its face: give it its own")
            many = rpt_("{:,} instances have the ID of another, and its face: give each its own")
            told.append(counted(report.shared, one, many))
        if report.gone:
            sentence = rpt_("Changed while faces were made, and left out: {}")
            told.append(sentence.format(first_names(report.gone)))
        return told

    def _instanced(self, context: bpy.types.Context) -> list[bpy.types.Object] | None:
        chosen = crowd(context).instanced
        if self.properties.is_property_set("instanced"):
            chosen = bpy.data.collections.get(self.instanced)
            if chosen is None:
                raise CrowdError(rpt_("No collection named {}").format(self.instanced), rpt_("check the name"))
        return list(chosen.all_objects) if chosen is not None else None


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
        one, many = rpt_("Removed the face of {:,} instance"), rpt_("Removed the faces of {:,} instances")
        self.report({"INFO"}, counted(remove_instances(selected(context)), one, many))
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
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report(
            {"INFO"},
            rpt_("{} takes its faces from {}. Populate Instances fills it").format(context.object.name, table.name),
        )
        return {"FINISHED"}
