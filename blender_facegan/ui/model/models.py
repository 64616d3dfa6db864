"""Models, as the preferences and the sidebar show them: installed, chosen, with cards and a control for every label."""

import textwrap
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...scene.model.store import (
    Installed,
    choose_model,
    install_model,
    installed_models,
    labels_of,
    remove_model,
    shown_card,
    unchoose_model,
)
from ...scene.people.labels import clear_label, label_property, offer_label
from ..base import Answer, ConfirmedOperator, CrowdOperator, PathOperator, chosen_path
from ..fields import file_field, files_shown, switch, words
from ..panels import ObjectFields, OnMesh, SidebarFields, SubPanel
from ..preference_values import chosen_model, preferences

_WIDTH = 90
"""Characters to a line in the preferences, whose text Blender does not wrap."""


class FACEGAN_PT_model(SubPanel, bpy.types.Panel):
    """The model that makes the faces, its licence, and what it can be asked for."""

    bl_label = "Model"

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """Name, licence, and the crowd's labels."""
        path = chosen_model(context)
        card = shown_card(path)
        if not path.is_file() and not installed_models():
            layout.label(text="No model is installed", icon="INFO")
            layout.label(text="Drop a .facegan file into the 3D view")
            layout.operator("facegan.install_model", icon="IMPORT")
            return
        if card is None:
            layout.label(text=iface_("Cannot use {}").format(path.name), icon="ERROR")
            return
        column = layout.column(align=True)
        column.label(text=card.name, icon="COMMUNITY")
        column.label(text=iface_("License: {}").format(card.licence))
        column.label(text=iface_("{} × {} pixels").format(card.resolution, card.resolution))
        if context.scene is not None:
            draw_labels(layout, context, context.scene)


class _CharacterLabels(OnMesh):
    """What the active character has of the model's further labels, instead of what the crowd has."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a model that knows more than sex and age, too."""
        return super().poll(context) and bool(labels_of(chosen_model(context)))

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """A control for each."""
        if context.object is not None:
            draw_labels(layout, context, context.object)


class FACEGAN_PT_character_labels(_CharacterLabels, SidebarFields):
    """Below the character in the sidebar."""

    bl_label = "Appearance"
    bl_parent_id = "FACEGAN_PT_character"


class FACEGAN_PT_object_labels(_CharacterLabels, ObjectFields):
    """Below the character in the object's properties."""

    bl_label = "Appearance"
    bl_parent_id = "FACEGAN_PT_object"


def draw_labels(layout: bpy.types.UILayout, context: bpy.types.Context, owner: bpy.types.ID) -> None:
    """A control for each label of the model that the owner, the scene or a character, has chosen a value for."""
    for label in labels_of(chosen_model(context)).values():
        name = label_property(label)
        title = label.name.replace("_", " ").title() + (f" ({label.unit})" if label.unit else "")
        row = layout.row(align=True)
        chosen = owner.get(name) is not None
        if chosen:
            row.prop(owner, f'["{bpy.utils.escape_identifier(name)}"]', text=title)
        text = "" if chosen else iface_("{}: Any").format(title)
        operator = row.operator("facegan.set_label", text=text, icon="X" if chosen else "ADD")
        operator.name, operator.clear = label.name, chosen
        operator.character = isinstance(owner, bpy.types.Object)


def draw_models(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The installed models, the chosen one with its card."""
    chosen, installed = chosen_model(context), installed_models()
    if not installed:
        text = "No model is installed: get a .facegan file from a release, or train one, and drop it into the 3D view"
        layout.label(text=text, icon="INFO")
    for model in installed:
        box = layout.box()
        row = box.row()
        current = model.path == chosen
        choose = row.operator(
            "facegan.choose_model", text="", icon="RADIOBUT_ON" if current else "RADIOBUT_OFF", emboss=False
        )
        choose.name = model.path.name
        row.label(text=model.card.name if model.card is not None else model.path.name)
        if model.card is not None:
            row.label(text=model.card.licence)
        if not model.is_default:
            row.operator("facegan.remove_model", text="", icon="TRASH", emboss=False).name = model.path.name
        if current or model.problem:
            _draw_card(box.column(align=True), model)
    layout.operator("facegan.install_model", icon="IMPORT")


def _draw_card(column: bpy.types.UILayout, model: Installed) -> None:
    card = model.card
    if card is None:
        _draw_text(column, model.problem)
        return
    for title, text in (
        ("Resolution", iface_("{} × {} pixels").format(card.resolution, card.resolution)),
        ("Training Data", card.training_data),
        ("Attribution", card.attribution),
        ("Labels", ", ".join(label.name for label in card.labels)),
    ):
        _draw_text(column, f"{iface_(title)}: {text}")
    for name, figure in model.figures:
        row = column.split(factor=0.5)
        row.label(text=name)
        row.label(text=figure)


def _draw_text(column: bpy.types.UILayout, text: str) -> None:
    for line in textwrap.wrap(text, _WIDTH):
        column.label(text=line)


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
    of_settings = True

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
