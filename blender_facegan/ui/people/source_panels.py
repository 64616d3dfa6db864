"""Sub-panels: where the characters' sex and age are read from, instances, and where pages are kept."""

import bpy

from ...scene.records import crowd
from ..panels import SubPanel


class FACEGAN_PT_sources(SubPanel, bpy.types.Panel):
    """Who the characters are, as other tools have written it."""

    bl_label = "From Data"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """Names of properties and attributes."""
        settings = crowd(context)
        layout.prop(settings, "sex_source")
        if settings.sex_source:
            layout.prop(settings, "sex_values")
        layout.prop(settings, "age_source")
        layout.prop(settings, "seed_source")


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


class FACEGAN_PT_pages(SubPanel, bpy.types.Panel):
    """Where the pages of faces are kept."""

    bl_label = "Pages"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout: bpy.types.UILayout, _context: bpy.types.Context) -> None:
        """Inside the .blend, or beside it."""
        column = layout.column(align=True)
        column.operator("facegan.save_pages", icon="FILE_TICK")
        column.operator("facegan.pack_pages", icon="PACKAGE")
