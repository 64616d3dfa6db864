"""Operators on model files and on the labels that they declare."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, StringProperty

from ...core.errors import CrowdError
from ...scene.model.store import choose_model, install_model, labels_of, remove_model, unchoose_model
from ...scene.people.labels import clear_label, offer_label
from ..base import MAY_BE_RELATIVE, PathOperator, chosen_path
from ..preference_values import chosen_model, preferences

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class FACEGAN_OT_install_model(PathOperator):
    """Check a model file and add it to the installed ones."""

    bl_idname = "facegan.install_model"
    bl_label = "Install Model"
    bl_description = "Check a model file, add it to the installed ones, and use it"

    filepath: StringProperty(
        name="File",
        description="Model file, as written by the trainer's export",
        subtype="FILE_PATH",
        options=MAY_BE_RELATIVE,
    )
    filter_glob: StringProperty(default="*.facegan", options={"HIDDEN"})
    use: BoolProperty(name="Use", description="Make faces with this model from now on", default=True)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> "set[OperatorReturnItems]":
        """Asks for the file, unless it was dropped."""
        return self.execute(context) if self.filepath.endswith(".facegan") else super().invoke(context, event)

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Checks and copies it."""
        chosen = preferences(context)
        try:
            found = install_model(chosen_path(self.filepath))
            if self.use and chosen is not None:
                choose_model(chosen, found.path.name)
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report(
            {"INFO"}, rpt_("Installed {}").format(found.card.name if found.card is not None else found.path.name)
        )
        return {"FINISHED"}


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


class FACEGAN_OT_choose_model(bpy.types.Operator):
    """Make faces with this model from now on."""

    bl_idname = "facegan.choose_model"
    bl_label = "Use Model"
    bl_description = "Make faces with this model from now on"
    bl_options = {"INTERNAL"}

    name: StringProperty(name="Name", description="File name of the model")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs the preferences to keep the choice in."""
        if preferences(context) is None:
            cls.poll_message_set(rpt_("Enable the add-on in the preferences"))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Chooses it."""
        try:
            choose_model(preferences(context), self.name)
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class FACEGAN_OT_remove_model(bpy.types.Operator):
    """Delete an installed model file."""

    bl_idname = "facegan.remove_model"
    bl_label = "Remove Model"
    bl_description = "Delete this model file. Faces that it made stay"
    bl_options = {"INTERNAL"}

    name: StringProperty(name="Name", description="File name of the model")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> "set[OperatorReturnItems]":
        """Asks first: a file does not come back with Ctrl-Z."""
        if context.window_manager is None:
            return {"CANCELLED"}
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Deletes it, and goes back to the default model where it was in use."""
        chosen = preferences(context)
        try:
            remove_model(self.name)
            if chosen is not None and Path(chosen.model).name == self.name:
                unchoose_model(chosen)
        except CrowdError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class FACEGAN_OT_set_label(bpy.types.Operator):
    """Say what the crowd, or the active character, has of a label; or leave it to the model again."""

    bl_idname = "facegan.set_label"
    bl_label = "Set Label"
    bl_description = "Choose a value for this property of the faces, or leave it to the model again"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    name: StringProperty(name="Label", description="Name of the label")
    character: BoolProperty(name="Character", description="Of the active character, and not of the whole crowd")
    clear: BoolProperty(name="Clear", description="Leave it to the model")

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Adds or removes the property."""
        owner = context.object if self.character else context.scene
        label = labels_of(chosen_model(context)).get(self.name)
        if owner is None or label is None:
            self.report({"ERROR"}, rpt_("The model has no label {}, or no character is active").format(self.name))
            return {"CANCELLED"}
        if not owner.is_editable:
            self.report({"ERROR"}, rpt_("{} is linked and read-only: make a library override of it").format(owner.name))
            return {"CANCELLED"}
        if self.clear:
            clear_label(owner, label)
        else:
            offer_label(owner, label)
        return {"FINISHED"}
