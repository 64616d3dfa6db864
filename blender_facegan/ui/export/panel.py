"""The sub-panel that leads out of Blender."""

import bpy

from ..panels import SubPanel


class FACEGAN_PT_export(SubPanel, bpy.types.Panel):
    """Faces as files, for programs that do not read Blender's materials."""

    bl_label = "Bake and Export"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout: bpy.types.UILayout, _context: bpy.types.Context) -> None:
        """Bake, take it back, and the table."""
        layout.operator("facegan.bake_textures", icon="UV")
        layout.operator("facegan.bake", icon="RENDER_STILL")
        layout.operator("facegan.restore_live", icon="LOOP_BACK")
        layout.operator("facegan.export_table", icon="SPREADSHEET")
