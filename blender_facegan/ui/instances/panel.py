"""The sub-panel of crowds without objects."""

import bpy

from ...scene.records import crowd
from ..panels import SubPanel


class FACEGAN_PT_instances(SubPanel, bpy.types.Panel):
    """Points and collection instances."""

    bl_label = "Instances"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """What is instanced, and the buttons."""
        settings = crowd(context)
        layout.prop(settings, "instanced")
        layout.prop(settings, "id_source")
        layout.operator("facegan.populate_instances", icon="OUTLINER_OB_POINTCLOUD")
        layout.operator("facegan.add_face_id", icon="GEOMETRY_NODES")
        layout.operator("facegan.remove_instances", icon="TRASH")
