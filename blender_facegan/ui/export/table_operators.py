"""The operator that writes the crowd for game engines."""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...core.errors import CrowdError
from ...scene.export.crowd_table import export_table
from ...scene.people.characters import describe_skipped
from ...scene.records import selected
from ..base import MAY_BE_RELATIVE, PathOperator, chosen_path, counted, is_free

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class FACEGAN_OT_export_table(PathOperator):
    """Write the pages of faces as images, and a table of who shows which face, for game engines."""

    bl_idname = "facegan.export_table"
    bl_label = "Export Crowd Table"
    bl_description = (
        "Write the pages of faces as images, and a table of who shows which face, as CSV and JSON. "
        "For game engines and other renderers"
    )
    bl_options = {"REGISTER"}

    directory: StringProperty(
        name="Folder",
        description="Folder that the images and the table are written to",
        subtype="DIR_PATH",
        options=MAY_BE_RELATIVE,
    )
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    use_selection: BoolProperty(name="Selected Only", description="Only the selected objects, not all of the scene")
    transforms: BoolProperty(
        name="Transforms", description="Where each character stands, as place, turn and size", default=True
    )
    array: BoolProperty(
        name="Tile Array",
        description="Also all faces in equal tiles: as a grid, and as a texture array with mip levels (KTX2)",
    )
    smaller: IntProperty(
        name="Smaller Pages",
        description="How many times each page is written again at half the size, for characters far away",
        default=0,
        min=0,
        max=6,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs that no run is in progress."""
        return is_free(cls, context)

    def draw(self, _context: bpy.types.Context) -> None:
        """The options beside the file browser."""
        layout: Any = self.layout
        layout.use_property_split = True
        for name in ("use_selection", "transforms", "array", "smaller"):
            layout.prop(self, name)

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Writes the files."""
        scene = context.scene
        if not self.directory or scene is None:
            self.report({"ERROR"}, rpt_("No folder: choose one"))
            return {"CANCELLED"}
        objects = list(selected(context)) if self.use_selection else list(scene.objects)
        try:
            folder = chosen_path(self.directory)
            done = export_table(objects, folder, self.transforms, self.array, self.smaller)
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        wrote = counted(done.characters, rpt_("Wrote {:,} character"), rpt_("Wrote {:,} characters"))
        self.report({"INFO"}, f"{wrote}: {done.files[0].parent}")
        if done.skipped:
            self.report({"WARNING"}, describe_skipped(done.skipped))
        return {"FINISHED"}
