"""The sub-panel that says where pages are kept."""

import bpy

from ..panels import SubPanel


class FACEGAN_PT_pages(SubPanel, bpy.types.Panel):
    """Where the pages of faces are kept."""

    bl_label = "Pages"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout: bpy.types.UILayout, _context: bpy.types.Context) -> None:
        """Inside the .blend, or beside it."""
        column = layout.column(align=True)
        column.operator("facegan.save_pages", icon="FILE_TICK")
        column.operator("facegan.pack_pages", icon="PACKAGE")
