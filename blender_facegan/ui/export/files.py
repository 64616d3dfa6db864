"""Faces and crowds as files, for programs that do not read Blender's materials: bakes, and tables for game engines."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, IntProperty

from ...scene.export.baked_mesh import is_baked, restore_live_faces
from ...scene.export.baking import Baked, bake_surfaces, save_faces
from ...scene.export.crowd_table import export_table, write_bake_table
from ...scene.export.textures.baking import Textures, bake_textures
from ...scene.export.textures.surfaces import described
from ...scene.head.persons import persons_with_faces
from ...scene.people.characters import describe_skipped, has_face
from ...scene.records import selected
from ..base import CrowdOperator, PathOperator, chosen_path, counted, windows
from ..fields import folder_field, pixels, switch
from ..panels import SubPanel

Progress = Callable[[int, int], None]


class _FolderOperator(PathOperator):
    """Writes files into a folder that it asks for."""

    directory: folder_field("Folder that the images are written to")
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    alone = True

    def draw(self, _context: bpy.types.Context) -> None:
        """The options beside the file browser."""
        layout: Any = self.layout
        layout.use_property_split = True
        self.options_in(layout)

    def options_in(self, layout: bpy.types.UILayout) -> None:
        """Shows the options."""
        raise NotImplementedError


class _BakeOperator(_FolderOperator):
    """What both ways to bake have in common: who is baked, and the report."""

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs a selected character with a face, in object mode."""
        if context.mode != "OBJECT":
            return rpt_("Switch to Object Mode")
        return "" if _has_character(selected(context)) else rpt_("Select characters that have a face")

    def bake(self, objects: Sequence[bpy.types.Object], folder: Path, progress: Progress) -> Baked | Textures:
        """Writes the images. Raises CrowdError."""
        raise NotImplementedError

    def perform(self, context: bpy.types.Context) -> None:
        """Writes the images, the mouse pointer showing how many are done."""
        folder, objects, manager = chosen_path(self.directory), list(selected(context)), windows(context)
        manager.progress_begin(0, len(objects))
        try:
            outcome = self.bake(objects, folder, lambda made, _total: manager.progress_update(made))
        finally:
            manager.progress_end()
        wrote = counted(outcome.images, rpt_("Wrote {:,} image"), rpt_("Wrote {:,} images"))
        notes = described(outcome.notes) if isinstance(outcome, Textures) else ""
        self.report({"INFO"}, f"{wrote}: {folder}{f'. {notes}' if notes else ''}")
        if outcome.skipped:
            self.report({"WARNING"}, describe_skipped(outcome.skipped))


class FACEGAN_OT_bake(_BakeOperator):
    """Write one image for each selected character into a folder."""

    bl_label = "Bake to Images"
    bl_options = {"UNDO"}

    use_baked: switch(
        "Use on Characters",
        "Bake what the surface shows, and give each character a material, a mesh and a UV map that show its image. "
        "For export to glTF, FBX and USD. Otherwise the faces are written as they were made",
    )
    size: pixels("Size", "Side of the images that are used on characters", 256, 16, 8192)

    def options_in(self, layout: bpy.types.UILayout) -> None:
        """The size is for images that are used."""
        layout.prop(self, "use_baked")
        column = layout.column()
        column.enabled = self.use_baked
        column.prop(self, "size")

    def bake(self, objects: Sequence[bpy.types.Object], folder: Path, progress: Progress) -> Baked:
        """One image for each."""
        if self.use_baked:
            baked = bake_surfaces(objects, folder, self.size, progress)
        else:
            baked = save_faces(objects, folder, progress)
        write_bake_table({obj: {"": [path]} for obj, path in baked.files.items()}, folder)
        return baked


class FACEGAN_OT_bake_textures(_BakeOperator):
    """Give each selected character a copy of its own textures with the face and the skin in them."""

    bl_label = "Bake to Textures"
    bl_description = (
        "Give each selected character a copy of its own base color texture with the face and the skin in it, on its "
        "own UV map. For export to glTF, FBX and USD"
    )
    bl_options = {"UNDO"}

    smallest: pixels(
        "Smallest Size",
        "Textures below this size are made larger, so that a face is sharp on them. 0 keeps their size",
        default=0,
        least=0,
        most=8192,
    )

    def options_in(self, layout: bpy.types.UILayout) -> None:
        """The size."""
        layout.prop(self, "smallest")

    def bake(self, objects: Sequence[bpy.types.Object], folder: Path, progress: Progress) -> Textures:
        """Copies of their textures."""
        baked = bake_textures(objects, folder, self.smallest, progress)
        write_bake_table(baked.files, folder)
        return baked


def _has_character(objects: Sequence[bpy.types.Object]) -> bool:
    """Whether any is a character with a face, or another mesh of one."""
    return any(has_face(obj) for obj in objects) or bool(persons_with_faces(objects))


class FACEGAN_OT_restore_live(CrowdOperator):
    """Take baked images off the selected characters: their live faces show again, on their own meshes."""

    bl_label = "Restore Live Faces"

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs a selected baked character."""
        is_there = any(is_baked(obj) for obj in selected(context))
        return "" if is_there else rpt_("Select characters that use baked images")

    def perform(self, context: bpy.types.Context) -> None:
        """Restores them."""
        one, many = rpt_("Restored {:,} live face"), rpt_("Restored {:,} live faces")
        self.report({"INFO"}, counted(restore_live_faces(selected(context)), one, many))


class FACEGAN_OT_export_table(_FolderOperator):
    """Write the pages of faces as images, and a table of who shows which face, as CSV and JSON.

    For game engines and other renderers.
    """

    bl_label = "Export Crowd Table"
    bl_options = {"REGISTER"}

    directory: folder_field("Folder that the images and the table are written to")
    use_selection: switch("Selected Only", "Only the selected objects, not all of the scene")
    transforms: switch("Transforms", "Where each character stands, as place, turn and size", default=True)
    array: switch(
        "Tile Array", "Also all faces in equal tiles: as a grid, and as a texture array with mip levels (KTX2)"
    )
    smaller: IntProperty(
        name="Smaller Pages",
        description="How many times each page is written again at half the size, for characters far away",
        default=0,
        min=0,
        max=6,
    )

    def options_in(self, layout: bpy.types.UILayout) -> None:
        """All of them."""
        for name in ("use_selection", "transforms", "array", "smaller"):
            layout.prop(self, name)

    def perform(self, context: bpy.types.Context) -> None:
        """Writes the files."""
        folder, scene = chosen_path(self.directory), context.scene
        everybody = scene.objects if scene is not None else ()
        objects = list(selected(context) if self.use_selection else everybody)
        done = export_table(objects, folder, self.transforms, self.array, self.smaller)
        wrote = counted(done.characters, rpt_("Wrote {:,} character"), rpt_("Wrote {:,} characters"))
        self.report({"INFO"}, f"{wrote}: {done.files[0].parent}")
        if done.skipped:
            self.report({"WARNING"}, describe_skipped(done.skipped))
        for note in done.notes:
            self.report({"WARNING"}, note)


class FACEGAN_PT_export(SubPanel, bpy.types.Panel):
    """Faces as files, for programs that do not read Blender's materials."""

    bl_label = "Bake and Export"

    def fields(self, layout: bpy.types.UILayout, _context: bpy.types.Context) -> None:
        """Bake, take it back, and the table."""
        layout.operator("facegan.bake_textures", icon="UV")
        layout.operator("facegan.bake", icon="RENDER_STILL")
        layout.operator("facegan.restore_live", icon="LOOP_BACK")
        layout.operator("facegan.export_table", icon="SPREADSHEET")
