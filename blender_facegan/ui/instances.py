"""Crowds without objects: points that are instanced on, and collection instances."""

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import IntProperty

from ..core.errors import CrowdError
from ..scene.instances.face_id import add_face_id
from ..scene.instances.points import PointStore
from ..scene.instances.removal import populated_instances, remove_instances
from ..scene.people.characters import first_names
from ..scene.people.scope import remembered
from ..scene.populate.populate import Report
from ..scene.records import crowd, selected
from .base import CrowdOperator, active_object, counted
from .fields import words
from .panels import SubPanel
from .populate.operators import Asking
from .searching import Looking


class FACEGAN_OT_populate_instances(Asking):
    """Give every instance of the selected points and collection instances its own face."""

    bl_label = "Populate Instances"
    bl_options = {"UNDO"}

    instanced: words("Instanced", "Name of the collection with the objects that are instanced")

    def look(self, context: bpy.types.Context) -> Looking:
        """At the points in scope, with what is drawn for each."""
        scope, settings = self._value(context, "scope"), self.settings(context)
        points = self.objects(context)
        if scope in {"MARKED", "FACELESS"} and context.scene is not None:
            points = populated_instances(context.scene)
        owners, shown = remembered(points), self._instanced(context)
        instanced = remembered(shown) if shown is not None else lambda: None
        return lambda search: self.populating(PointStore.look(owners(), settings, instanced(), search), settings)

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


class FACEGAN_OT_remove_instances(CrowdOperator):
    """Take the faces of the selected points and collection instances away, and restore the materials."""

    bl_label = "Remove Instance Faces"

    alone = True

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs a selection."""
        return "" if selected(context) else rpt_("Select points or collection instances")

    def perform(self, context: bpy.types.Context) -> None:
        """Removes the faces."""
        one, many = rpt_("Removed the face of {:,} instance"), rpt_("Removed the faces of {:,} instances")
        self.report({"INFO"}, counted(remove_instances(selected(context)), one, many))


class FACEGAN_OT_add_face_id(CrowdOperator):
    """Let the instances that modifiers scatter on the active object take their faces from a table, by their ID.

    Then populate the table.
    """

    bl_label = "Add Face ID"

    count: IntProperty(
        name="Faces",
        description="Faces in the table. IDs beyond it begin again. 0 makes as many as there are instances",
        min=0,
        max=1_000_000,
    )
    table: words("Table", "Name of the object with the faces. A new one is made when empty")

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs an active object that can have modifiers."""
        can_scatter = context.object is not None and context.object.type in {"MESH", "POINTCLOUD", "CURVES", "CURVE"}
        return "" if can_scatter else rpt_("Make the object that scatters the instances active")

    def perform(self, context: bpy.types.Context) -> None:
        """Adds the table and the modifier."""
        obj = active_object(context)
        table = add_face_id(context, obj, self.count, self.table)
        told = rpt_("{} takes its faces from {}. Populate Instances fills it")
        self.report({"INFO"}, told.format(obj.name, table.name))


class FACEGAN_PT_instances(SubPanel, bpy.types.Panel):
    """Points and collection instances."""

    bl_label = "Instances"

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """What is instanced, and the buttons."""
        settings = crowd(context)
        layout.prop(settings, "instanced")
        layout.prop(settings, "id_source")
        layout.operator("facegan.populate_instances", icon="OUTLINER_OB_POINTCLOUD")
        layout.operator("facegan.add_face_id", icon="GEOMETRY_NODES")
        layout.operator("facegan.remove_instances", icon="TRASH")
