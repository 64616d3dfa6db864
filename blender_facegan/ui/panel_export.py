"""The sub-panel that leads out of Blender."""

import bpy

from .panels import Fields

__all__ = ["FACEGAN_PT_export"]


class FACEGAN_PT_export(Fields, bpy.types.Panel):
    """Faces as files, for programs that do not read Blender's materials."""

    bl_label = "Bake and Export"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Crowd"
    bl_parent_id = "FACEGAN_PT_crowd"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout: bpy.types.UILayout, _context: bpy.types.Context) -> None:
        """Bake, and take it back."""
        layout.operator("facegan.bake", icon="RENDER_STILL")
        layout.operator("facegan.restore_live", icon="LOOP_BACK")
