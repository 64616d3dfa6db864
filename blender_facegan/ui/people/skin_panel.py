"""The part of the panel *People* that says which skins the crowd has."""

from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ...scene.model.store import shown_card
from ..preference_values import chosen_model


def draw_skin(layout: bpy.types.UILayout, context: bpy.types.Context, settings: Any) -> None:
    """The distribution of tones, its weights where they are the artist's own, and the light in the faces."""
    card = shown_card(chosen_model(context))
    if card is None or not card.is_aligned:
        return
    layout.prop(settings, "skin")
    if settings.skin == "WEIGHTS":
        column = layout.column(align=True)
        for tone in range(len(settings.skin_weights)):
            column.prop(settings, "skin_weights", index=tone, text=iface_("Tone {}").format(tone + 1))
    row = layout.row()
    row.active = card.light == "photographs"
    row.prop(settings, "even_light", slider=True)
