"""Models, as the preferences and the sidebar show them: cards, licences, and a control for every label."""

import textwrap

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ...scene.model.store import Installed, installed_models, labels_of, shown_card
from ...scene.people.labels import label_property
from ..panels import ObjectFields, OnMesh, SidebarFields, SubPanel
from ..preference_values import chosen_model

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
