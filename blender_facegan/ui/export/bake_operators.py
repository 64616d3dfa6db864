"""Operators that write faces into files, one for each character, and take them back."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...core.errors import CrowdError
from ...scene.export.baking import bake_surfaces, save_faces
from ...scene.export.crowd_table import write_bake_table
from ...scene.export.live_faces import is_baked, restore_live_faces
from ...scene.export.textures.baking import bake_textures
from ...scene.export.textures.surfaces import described
from ...scene.head.persons import persons_with_faces
from ...scene.people.characters import Skipped, describe_skipped, has_face
from ...scene.records import selected
from ..base import MAY_BE_RELATIVE, PathOperator, chosen_path, counted, is_free

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

Progress = Callable[[int, int], None]


class Outcome(NamedTuple):
    """What a bake reports: images written, who was left out, what else there is to say."""

    images: int
    skipped: Sequence[Skipped]
    notes: str = ""


class _BakeOperator(PathOperator):
    """What both ways to bake have in common: the folder, who is baked, and the report."""

    directory: StringProperty(
        name="Folder",
        description="Folder that the images are written to",
        subtype="DIR_PATH",
        options=MAY_BE_RELATIVE,
    )
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a selected character with a face, in object mode."""
        if not is_free(cls, context):
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set(rpt_("Switch to Object Mode"))
            return False
        if not _has_character(selected(context)):
            cls.poll_message_set(rpt_("Select characters that have a face"))
            return False
        return True

    def bake(self, objects: Sequence[bpy.types.Object], folder: Path, progress: Progress) -> Outcome:
        """Writes the images. Raises CrowdError."""
        raise NotImplementedError

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
            outcome = self.bake(objects, folder, progress)
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        finally:
            manager.progress_end()
        wrote = counted(outcome.images, rpt_("Wrote {:,} image"), rpt_("Wrote {:,} images"))
        self.report({"INFO"}, f"{wrote}: {folder}{f'. {outcome.notes}' if outcome.notes else ''}")
        if outcome.skipped:
            self.report({"WARNING"}, describe_skipped(outcome.skipped))
        return {"FINISHED"}


class FACEGAN_OT_bake(_BakeOperator):
    """Write one image for each selected character into a folder."""

    bl_idname = "facegan.bake"
    bl_label = "Bake to Images"
    bl_description = "Write one image for each selected character into a folder"
    bl_options = {"UNDO"}

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

    def draw(self, _context: bpy.types.Context) -> None:
        """The options beside the file browser."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.prop(self, "use_baked")
        column = layout.column()
        column.enabled = self.use_baked
        column.prop(self, "size")

    def bake(self, objects: Sequence[bpy.types.Object], folder: Path, progress: Progress) -> Outcome:
        """One image for each."""
        if self.use_baked:
            baked = bake_surfaces(objects, folder, self.size, progress)
        else:
            baked = save_faces(objects, folder, progress)
        write_bake_table({obj: {"": [path]} for obj, path in baked.files.items()}, folder)
        return Outcome(len(baked.files), baked.skipped)


class FACEGAN_OT_bake_textures(_BakeOperator):
    """Give each selected character a copy of its own textures with the face and the skin in them."""

    bl_idname = "facegan.bake_textures"
    bl_label = "Bake to Textures"
    bl_description = (
        "Give each selected character a copy of its own base color texture with the face and the skin in it, on its "
        "own UV map. For export to glTF, FBX and USD"
    )
    bl_options = {"UNDO"}

    smallest: IntProperty(
        name="Smallest Size",
        description="Textures below this size are made larger, so that a face is sharp on them. 0 keeps their size",
        default=0,
        min=0,
        max=8192,
        subtype="PIXEL",
    )

    def draw(self, _context: bpy.types.Context) -> None:
        """The options beside the file browser."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.prop(self, "smallest")

    def bake(self, objects: Sequence[bpy.types.Object], folder: Path, progress: Progress) -> Outcome:
        """Copies of their textures."""
        baked = bake_textures(objects, folder, self.smallest, progress)
        write_bake_table(baked.files, folder)
        return Outcome(baked.images, baked.skipped, described(baked.notes))


def _has_character(objects: Sequence[bpy.types.Object]) -> bool:
    """Whether any is a character with a face, or another mesh of one."""
    return any(has_face(obj) for obj in objects) or bool(persons_with_faces(objects))


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
