"""Operators on the mix of people that a crowd is drawn from, and the menu of mixes."""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...core.errors import CrowdError
from ...core.people.mixes import check_name, delete_mix, read_mix, saved_mixes, write_mix
from ...scene.people.mixes import READY, add_band, apply_mix, remove_band, scene_mix
from ..base import MAY_BE_RELATIVE, PathOperator, chosen_path
from .mix_choice import mixes_folder, named_mix

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class _MixOperator(bpy.types.Operator):
    """Does its work in `change`, and reports what is wrong in one line."""

    def change(self, scene: bpy.types.Scene) -> str:
        """Does the work and returns what to tell; raises CrowdError or ValueError."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Runs `change`."""
        if context.scene is None:
            return {"CANCELLED"}
        try:
            told = self.change(context.scene)
        except (CrowdError, ValueError) as error:
            text = str(error)
            self.report({"ERROR"}, text[:1].upper() + text[1:])
            return {"CANCELLED"}
        self.report({"INFO"}, told)
        return {"FINISHED"}


class FACEGAN_OT_load_mix(_MixOperator):
    """Draw the crowd from this mix of people."""

    bl_idname = "facegan.load_mix"
    bl_label = "Load Mix"
    bl_description = "Fill in this share of women and these ages"
    bl_options = {"REGISTER", "UNDO"}

    name: StringProperty(name="Mix", description="Name of a ready or saved mix")

    def change(self, scene: bpy.types.Scene) -> str:
        """Fills in the fields."""
        apply_mix(scene, named_mix(self.name))
        return rpt_("Loaded {}").format(bpy.path.display_name(self.name))


class FACEGAN_OT_save_mix(_MixOperator):
    """Keep the scene's mix of people for other files."""

    bl_idname = "facegan.save_mix"
    bl_label = "Save Mix"
    bl_description = "Keep this share of women and these ages under a name, for all files"
    bl_options = {"REGISTER"}

    name: StringProperty(name="Name", description="Name of the mix", default="My Mix")
    replace: BoolProperty(name="Replace", description="Replace a saved mix of that name", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> "set[OperatorReturnItems]":
        """Asks for the name."""
        if context.window_manager is None:
            return {"CANCELLED"}
        return context.window_manager.invoke_props_dialog(self)

    def change(self, scene: bpy.types.Scene) -> str:
        """Writes the file."""
        name = check_name(self.name)
        if name.upper() in READY:
            raise CrowdError(rpt_("{} is a ready mix").format(name), rpt_("choose another name"))
        if not self.replace and name.casefold() in {saved.casefold() for saved in saved_mixes(mixes_folder())}:
            raise CrowdError(
                rpt_("There is a mix called {}").format(name), rpt_("tick Replace, or choose another name")
            )
        write_mix(mixes_folder() / f"{name}.json", scene_mix(scene))
        return rpt_("Saved {}").format(name)


class FACEGAN_OT_delete_mix(_MixOperator):
    """Delete a saved mix of people."""

    bl_idname = "facegan.delete_mix"
    bl_label = "Delete Mix"
    bl_description = "Delete this saved mix. Crowds that were drawn from it stay as they are"
    bl_options = {"REGISTER"}

    name: StringProperty(name="Mix", description="Name of a saved mix")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> "set[OperatorReturnItems]":
        """Asks first."""
        if context.window_manager is None:
            return {"CANCELLED"}
        return context.window_manager.invoke_confirm(self, event)

    def change(self, scene: bpy.types.Scene) -> str:
        """Deletes the file."""
        saved = saved_mixes(mixes_folder())
        if self.name not in saved:
            raise CrowdError(
                rpt_("No saved mix is called {}").format(self.name),
                rpt_("choose {}").format(", ".join(saved) or rpt_("one after saving it")),
            )
        delete_mix(saved[self.name])
        return rpt_("Deleted {}").format(self.name)


class _MixFileOperator(PathOperator, _MixOperator):
    """Works on a file that the artist chooses."""


class FACEGAN_OT_import_mix(_MixFileOperator):
    """Draw the crowd from the mix of people in a file."""

    bl_idname = "facegan.import_mix"
    bl_label = "Import Mix"
    bl_description = "Fill in the share of women and the ages that a JSON file holds"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(
        name="File", description="JSON file of a mix", subtype="FILE_PATH", options=MAY_BE_RELATIVE
    )
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def change(self, scene: bpy.types.Scene) -> str:
        """Fills in the fields."""
        path = chosen_path(self.filepath)
        apply_mix(scene, read_mix(path))
        return rpt_("Loaded {}").format(path.name)


class FACEGAN_OT_export_mix(_MixFileOperator):
    """Write the scene's mix of people to a file, to share it."""

    bl_idname = "facegan.export_mix"
    bl_label = "Export Mix"
    bl_description = "Write this share of women and these ages to a JSON file, to share them"

    check_existing: BoolProperty(default=True, options={"HIDDEN"})
    filepath: StringProperty(
        name="File", description="JSON file of a mix", subtype="FILE_PATH", default="mix.json", options=MAY_BE_RELATIVE
    )
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def check(self, _context: bpy.types.Context) -> bool:
        """Completes the file's name while the artist types it."""
        ensured = bpy.path.ensure_ext(self.filepath, ".json")
        changed = bool(ensured != self.filepath)
        self.filepath = ensured
        return changed

    def change(self, scene: bpy.types.Scene) -> str:
        """Writes the file."""
        path = chosen_path(self.filepath)
        write_mix(path, scene_mix(scene))
        return rpt_("Wrote {}").format(path.name)


class FACEGAN_OT_add_age_band(_MixOperator):
    """Add a band of ages."""

    bl_idname = "facegan.add_age_band"
    bl_label = "Add Band"
    bl_description = "Add a band of ages above the others"
    bl_options = {"REGISTER", "UNDO"}

    def change(self, scene: bpy.types.Scene) -> str:
        """Adds it."""
        add_band(scene)
        return "Added a band"


class FACEGAN_OT_remove_age_band(_MixOperator):
    """Remove a band of ages."""

    bl_idname = "facegan.remove_age_band"
    bl_label = "Remove Band"
    bl_description = "Remove this band of ages"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(name="Band", description="Number of the band, from 0", min=0)

    def change(self, scene: bpy.types.Scene) -> str:
        """Removes it."""
        remove_band(scene, self.index)
        return "Removed a band"


class FACEGAN_MT_mixes(bpy.types.Menu):
    """The ready mixes, and the artist's own. Blender draws a menu once, when it opens."""

    bl_label = "Mixes"
    bl_description = "Ready and saved mixes of people"

    def draw(self, _context: bpy.types.Context) -> None:
        """One line for each mix."""
        layout: Any = self.layout
        for name in READY:
            layout.operator("facegan.load_mix", text=bpy.path.display_name(name.lower())).name = name
        saved = saved_mixes(mixes_folder())
        if saved:
            layout.separator()
        for name in saved:
            layout.operator("facegan.load_mix", text=name, translate=False).name = name
        layout.separator()
        layout.operator("facegan.save_mix", icon="ADD")
        layout.operator("facegan.import_mix", icon="IMPORT")
        layout.operator("facegan.export_mix", icon="EXPORT")
        if saved:
            layout.separator()
        for name in saved:
            text = bpy.app.translations.pgettext_iface("Delete {}").format(name)
            layout.operator("facegan.delete_mix", text=text, icon="TRASH", translate=False).name = name
