"""Operators that show the node groups and materials in Blender's asset browser, and take them away again."""

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.engine.check import fit_model
from ...core.engine.engine import Engine
from ...core.errors import CrowdError, system_refusals
from ...core.people.population import Recipe
from ...scene.export.asset_library import forget_library, is_known, know_library, write_assets
from ..base import CrowdOperator
from ..fields import words
from ..preference_values import PACKAGE, model_to_use

_SHOWN = Recipe(seed=13, sex=-1.0, age=27.0)
"""Whose face the previews show."""


class _AssetsOperator(CrowdOperator):
    """What both have in common: the folder."""

    directory: words(
        "Folder",
        "Folder of the assets. The add-on's own when empty",
        subtype="DIR_PATH",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def chosen_folder(self) -> Path:
        """The folder asked for, else the add-on's own for such files, outside its code. Raises CrowdError for none."""
        if self.directory:
            return Path(bpy.path.abspath(self.directory))
        try:
            return Path(bpy.utils.extension_path_user(PACKAGE, path="assets"))
        except ValueError as error:  # registered by a script
            what = rpt_("Crowd Faces is not installed as an extension")
            raise CrowdError(what, rpt_("name a folder for its assets")) from error


class FACEGAN_OT_add_assets(_AssetsOperator):
    """Show the node groups and billboard materials in the asset browser, as the library Crowd Faces."""

    bl_label = "Add Asset Library"
    bl_options = {"REGISTER"}

    def perform(self, context: bpy.types.Context) -> None:
        """Writes the library and makes it known."""
        folder = self.chosen_folder()
        (picture,) = Engine(fit_model(model_to_use(context)), threads=1).generate([_SHOWN])
        path = write_assets(folder, picture.repeat(2, axis=0).repeat(2, axis=1))
        know_library(context, folder)
        self.report({"INFO"}, rpt_("Wrote {}. The asset browser shows it as Crowd Faces").format(path))


class FACEGAN_OT_remove_assets(_AssetsOperator):
    """Take the library Crowd Faces off the asset browser and remove its file. What you have used stays."""

    bl_label = "Remove Asset Library"
    bl_options = {"REGISTER"}

    def perform(self, context: bpy.types.Context) -> None:
        """Forgets the library."""
        folder = self.chosen_folder()
        if not is_known(context, folder):
            self.report({"WARNING"}, rpt_("{} is not among the asset libraries").format(folder))
        with system_refusals(rpt_("cannot be removed ({})"), rpt_("remove the assets there by hand"), folder):
            forget_library(context, folder)
