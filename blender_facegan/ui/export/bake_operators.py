"""Operators that write faces into files, one for each character, and take them back."""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...core.errors import CrowdError
from ...scene.export.baking import bake_surfaces, is_baked, restore_live_faces, save_faces
from ...scene.people.characters import describe_skipped, has_face
from ...scene.records import selected
from ..base import MAY_BE_RELATIVE, PathOperator, chosen_path, counted, is_free

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class FACEGAN_OT_bake(PathOperator):
    """Write one image for each selected character into a folder."""

    bl_idname = "facegan.bake"
    bl_label = "Bake to Images"
    bl_description = "Write one image for each selected character into a folder"
    bl_options = {"UNDO"}

    directory: StringProperty(
        name="Folder",
        description="Folder that the images are written to",
        subtype="DIR_PATH",
        options=MAY_BE_RELATIVE,
    )
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    use_baked: BoolProperty(
        name="Use on Characters",
        description=(
            "Bake what the surface shows, and give each character a material, a mesh and a UV map that show its image. "
            "For export to glTF, FBX and USD. Otherwise the faces are written as they were made"
        ),
    )
    size: IntProperty(
        name="Size",
        description="Side of the images that are used on characters",
        default=256,
        min=16,
        max=8192,
        subtype="PIXEL",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a selected character with a face, in object mode."""
        if not is_free(cls, context):
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set(rpt_("Switch to Object Mode"))
            return False
        if not any(has_face(obj) for obj in selected(context)):
            cls.poll_message_set(rpt_("Select characters that have a face"))
            return False
        return True

    def draw(self, _context: bpy.types.Context) -> None:
        """The options beside the file browser."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.prop(self, "use_baked")
        column = layout.column()
        column.enabled = self.use_baked
        column.prop(self, "size")

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Writes the images, the mouse pointer showing how many are done."""
        if not self.directory:
            self.report({"ERROR"}, rpt_("No folder: choose one"))
            return {"CANCELLED"}
        manager = context.window_manager
        if manager is None:
            return {"CANCELLED"}
        objects = list(selected(context))
        manager.progress_begin(0, len(objects))

        def progress(made: int, _total: int) -> None:
            manager.progress_update(made)

        try:
            folder = chosen_path(self.directory)
            if self.use_baked:
                baked = bake_surfaces(objects, folder, self.size, progress)
            else:
                baked = save_faces(objects, folder, progress)
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        finally:
            manager.progress_end()
        self.report(
            {"INFO"}, f"{counted(len(baked.files), rpt_('Wrote {:,} image'), rpt_('Wrote {:,} images'))}: {folder}"
        )
        if baked.skipped:
            self.report({"WARNING"}, describe_skipped(baked.skipped))
        return {"FINISHED"}


class FACEGAN_OT_restore_live(bpy.types.Operator):
    """Let the selected characters show their live faces again, on the meshes that they had."""

    bl_idname = "facegan.restore_live"
    bl_label = "Restore Live Faces"
    bl_description = "Take baked images off the selected characters: their live faces show again, on their own meshes"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a selected baked character."""
        if not any(is_baked(obj) for obj in selected(context)):
            cls.poll_message_set(rpt_("Select characters that use baked images"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Restores them."""
        one, many = rpt_("Restored {:,} live face"), rpt_("Restored {:,} live faces")
        self.report({"INFO"}, counted(restore_live_faces(selected(context)), one, many))
        return {"FINISHED"}
