"""Operators on model files and on the labels that they declare."""

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...scene.model.store import choose_model, install_model, labels_of, remove_model, unchoose_model
from ...scene.people.labels import clear_label, offer_label
from ..base import Answer, ConfirmedOperator, CrowdOperator, PathOperator, chosen_path
from ..fields import file_field, files_shown, switch, words
from ..preference_values import chosen_model, preferences


class FACEGAN_OT_install_model(PathOperator):
    """Check a model file, add it to the installed ones, and use it."""

    bl_label = "Install Model"
    bl_options = set()

    filepath: file_field("Model file, as written by the trainer's export")
    filter_glob: files_shown("*.facegan")
    use: switch("Use", "Make faces with this model from now on", default=True)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Answer:
        """Asks for the file, unless it was dropped."""
        return self.execute(context) if self.filepath.endswith(".facegan") else super().invoke(context, event)

    def perform(self, context: bpy.types.Context) -> None:
        """Checks and copies it."""
        chosen = preferences(context)
        found = install_model(chosen_path(self.filepath))
        if self.use and chosen is not None:
            choose_model(chosen, found.path.name)
        name = found.card.name if found.card is not None else found.path.name
        self.report({"INFO"}, rpt_("Installed {}").format(name))


class FACEGAN_FH_model(bpy.types.FileHandler):
    """A model file that is dropped into the 3D view is installed."""

    bl_idname = "FACEGAN_FH_model"
    bl_label = "Crowd Faces Model"
    bl_import_operator = FACEGAN_OT_install_model.bl_idname
    bl_file_extensions = ".facegan"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Whether the file was dropped where the crowd stands, or where models are listed."""
        return context.area is not None and context.area.type in ("VIEW_3D", "PREFERENCES")


class FACEGAN_OT_choose_model(CrowdOperator):
    """Make faces with this model from now on."""

    bl_label = "Use Model"
    bl_options = {"INTERNAL"}

    name: words("Name", "File name of the model")

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs the preferences to keep the choice in."""
        return "" if preferences(context) is not None else rpt_("Enable the add-on in the preferences")

    def perform(self, context: bpy.types.Context) -> None:
        """Chooses it."""
        choose_model(preferences(context), self.name)


class FACEGAN_OT_remove_model(ConfirmedOperator):
    """Delete this model file. Faces that it made stay."""

    bl_label = "Remove Model"
    bl_options = {"INTERNAL"}

    name: words("Name", "File name of the model")

    def perform(self, context: bpy.types.Context) -> None:
        """Deletes it, and goes back to the default model where it was in use."""
        chosen = preferences(context)
        remove_model(self.name)
        if chosen is not None and Path(chosen.model).name == self.name:
            unchoose_model(chosen)


class FACEGAN_OT_set_label(CrowdOperator):
    """Choose a value for this property of the faces, or leave it to the model again."""

    bl_label = "Set Label"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    name: words("Label", "Name of the label")
    character: switch("Character", "Of the active character, and not of the whole crowd")
    clear: switch("Clear", "Leave it to the model")

    def perform(self, context: bpy.types.Context) -> None:
        """Adds or removes the property."""
        owner = context.object if self.character else context.scene
        label = labels_of(chosen_model(context)).get(self.name)
        if owner is None or label is None:
            raise CrowdError(rpt_("The model has no label {}, or no character is active").format(self.name))
        if not owner.is_editable:
            raise CrowdError(
                rpt_("{} is linked and read-only").format(owner.name), rpt_("make a library override of it")
            )
        if self.clear:
            clear_label(owner, label)
        else:
            offer_label(owner, label)
