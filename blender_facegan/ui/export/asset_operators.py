"""Operators that show the node groups and materials in Blender's asset browser, and take them away again."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import StringProperty

from ...core.engine.check import fit_model
from ...core.engine.engine import Engine
from ...core.errors import CrowdError
from ...core.people.population import Recipe
from ...scene.export.asset_library import forget_library, is_known, know_library, write_assets
from ..preference_values import PACKAGE, model_to_use

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

_SHOWN = Recipe(seed=13, sex=-1.0, age=27.0)
"""Whose face the previews show."""


def _folder(directory: str) -> Path | None:
    """The folder asked for, else the add-on's own folder for such files, outside its code; None without either."""
    if directory:
        return Path(bpy.path.abspath(directory))
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="assets"))
    except ValueError:  # registered by a script, not installed as an extension
        return None


class _AssetsOperator(bpy.types.Operator):
    """What both have in common: the folder."""

    directory: StringProperty(
        name="Folder",
        description="Folder of the assets. The add-on's own when empty",
        subtype="DIR_PATH",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def chosen_folder(self) -> Path | None:
        """The folder, or None after a report of what is wrong."""
        folder = _folder(self.directory)
        if folder is None:
            self.report({"ERROR"}, rpt_("Crowd Faces is not installed as an extension: name a folder for its assets"))
        return folder


class FACEGAN_OT_add_assets(_AssetsOperator):
    """Show the node groups and billboard materials in the asset browser, as the library Crowd Faces."""

    bl_idname = "facegan.add_assets"
    bl_label = "Add Asset Library"
    bl_description = "Show the node groups and billboard materials in the asset browser, as the library Crowd Faces"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Writes the library and makes it known."""
        folder = self.chosen_folder()
        if folder is None:
            return {"CANCELLED"}
        try:
            (picture,) = Engine(fit_model(model_to_use(context)), threads=1).generate([_SHOWN])
            path = write_assets(folder, picture.repeat(2, axis=0).repeat(2, axis=1))
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        know_library(context, folder)
        self.report({"INFO"}, rpt_("Wrote {}. The asset browser shows it as Crowd Faces").format(path))
        return {"FINISHED"}


class FACEGAN_OT_remove_assets(_AssetsOperator):
    """Take the library Crowd Faces off the asset browser and remove its file. What you have used of it stays."""

    bl_idname = "facegan.remove_assets"
    bl_label = "Remove Asset Library"
    bl_description = "Take the library Crowd Faces off the asset browser and remove its file. What you have used stays"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Forgets the library."""
        folder = self.chosen_folder()
        if folder is None:
            return {"CANCELLED"}
        if not is_known(context, folder):
            self.report({"WARNING"}, rpt_("{} is not among the asset libraries").format(folder))
        try:
            forget_library(context, folder)
        except OSError as error:
            self.report(
                {"ERROR"},
                rpt_("Cannot remove the assets in {} ({}): remove them by hand").format(folder, error.strerror),
            )
            return {"CANCELLED"}
        return {"FINISHED"}
