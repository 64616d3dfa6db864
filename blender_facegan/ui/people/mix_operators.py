"""Operators on the mix of people that a crowd is drawn from, and the menu of mixes."""

from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, IntProperty

from ...core.errors import CrowdError
from ...core.people.mixes import check_name, delete_mix, read_mix, saved_mixes, write_mix
from ...scene.people.mixes import READY, add_band, apply_mix, remove_band, scene_mix
from ..base import Answer, ConfirmedOperator, CrowdOperator, PathOperator, chosen_path, windows
from ..fields import file_field, files_shown, switch, words
from .mix_choice import mixes_folder, named_mix, told_of_mixes


class _MixOperator(CrowdOperator):
    """Works on the scene's mix."""

    def change(self, scene: bpy.types.Scene) -> str:
        """Does the work and returns what to tell; raises CrowdError or ValueError."""
        raise NotImplementedError

    def perform(self, context: bpy.types.Context) -> None:
        """Runs `change`."""
        scene: Any = context.scene
        with told_of_mixes():
            self.report({"INFO"}, self.change(scene))


class FACEGAN_OT_load_mix(_MixOperator):
    """Fill in this share of women and these ages."""

    bl_label = "Load Mix"

    name: words("Mix", "Name of a ready or saved mix")

    def change(self, scene: bpy.types.Scene) -> str:
        """Fills in the fields."""
        apply_mix(scene, named_mix(self.name))
        return rpt_("Loaded {}").format(bpy.path.display_name(self.name))


class FACEGAN_OT_save_mix(_MixOperator):
    """Keep this share of women and these ages under a name, for all files."""

    bl_label = "Save Mix"
    bl_options = {"REGISTER"}

    name: words("Name", "Name of the mix", default="My Mix")
    replace: switch("Replace", "Replace a saved mix of that name", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> Answer:
        """Asks for the name."""
        return windows(context).invoke_props_dialog(self)

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


class FACEGAN_OT_delete_mix(ConfirmedOperator, _MixOperator):
    """Delete this saved mix. Crowds that were drawn from it stay as they are."""

    bl_label = "Delete Mix"
    bl_options = {"REGISTER"}

    name: words("Mix", "Name of a saved mix")

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

    filter_glob: files_shown("*.json")


class FACEGAN_OT_import_mix(_MixFileOperator):
    """Fill in the share of women and the ages that a JSON file holds."""

    bl_label = "Import Mix"

    filepath: file_field("JSON file of a mix")

    def change(self, scene: bpy.types.Scene) -> str:
        """Fills in the fields."""
        path = chosen_path(self.filepath)
        apply_mix(scene, read_mix(path))
        return rpt_("Loaded {}").format(path.name)


class FACEGAN_OT_export_mix(_MixFileOperator):
    """Write this share of women and these ages to a JSON file, to share them."""

    bl_label = "Export Mix"
    bl_options = set()

    check_existing: BoolProperty(default=True, options={"HIDDEN"})
    filepath: file_field("JSON file of a mix", default="mix.json")

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
    """Add a band of ages above the others."""

    bl_label = "Add Band"

    def change(self, scene: bpy.types.Scene) -> str:
        """Adds it."""
        add_band(scene)
        return "Added a band"


class FACEGAN_OT_remove_age_band(_MixOperator):
    """Remove this band of ages."""

    bl_label = "Remove Band"

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
