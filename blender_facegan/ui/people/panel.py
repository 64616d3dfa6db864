"""Sub-panels: who the crowd is drawn from, who it became, and where the characters' sex, age and skin are read from."""

from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ...scene.model.store import shown_card
from ...scene.people.mixes import GROUPS
from ...scene.records import crowd
from ..base import OWN
from ..panels import SidebarFields, SubPanel
from ..preference_values import chosen_model


class FACEGAN_PT_people(SubPanel, bpy.types.Panel):
    """Who the crowd is drawn from."""

    bl_label = "People"
    bl_options = set()

    def draw_header_preset(self, _context: bpy.types.Context) -> None:
        """The mixes."""
        self.layout.menu("FACEGAN_MT_mixes", text="", icon="PRESET")

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """Sexes, ages and skins."""
        settings: Any = crowd(context)
        card = shown_card(chosen_model(context))
        if card is not None and not card.tells_people:
            layout.label(text="The model knows no sex and no age", icon="INFO")
            return
        layout.prop(settings, "share_of_women", slider=True)
        layout.prop(settings, "ages")
        if settings.ages == "BANDS":
            _draw_bands(layout, settings)
        else:
            column = layout.column(align=True)
            if settings.ages == "BELL":
                column.prop(settings, "age_mean")
                column.prop(settings, "age_spread")
            column.prop(settings, "age_minimum", text="Age Min")
            column.prop(settings, "age_maximum", text="Max")
        _draw_skin(layout, context, settings)
        row = layout.row(align=True)
        row.operator("facegan.read_people", text="Import", icon="IMPORT")
        row.operator("facegan.write_people", text="Export", icon="EXPORT")


class FACEGAN_PT_realised(SidebarFields, bpy.types.Panel):
    """What the last run made, beside what was asked for."""

    bl_label = "Made"
    bl_parent_id = "FACEGAN_PT_people"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Needs a run."""
        settings: Any = crowd(context)
        return bool(settings.realised.count)

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """A row for the women and for each stage of life."""
        settings: Any = crowd(context)
        record = settings.realised
        _draw_row(layout, "", "Asked", "Made")
        for name, asked, made in zip(GROUPS, record.asked, record.made, strict=True):
            _draw_row(layout, name, f"{asked:.0%}", f"{made:.0%}")
        _draw_row(layout, "Characters", "", f"{record.count:,}")


def _draw_bands(layout: bpy.types.UILayout, settings: Any) -> None:
    column = layout.column(align=True)
    column.use_property_split = False
    row = column.row(align=True)
    for heading in ("From", "To", "Weight"):
        row.label(text=heading, text_ctxt=OWN)
    row.label(icon="BLANK1")
    for index, band in enumerate(settings.age_bands):
        row = column.row(align=True)
        row.prop(band, "minimum", text="")
        row.prop(band, "maximum", text="")
        row.prop(band, "weight", text="")
        row.operator("facegan.remove_age_band", text="", icon="X").index = index
    column.operator("facegan.add_age_band", icon="ADD")


def _draw_skin(layout: bpy.types.UILayout, context: bpy.types.Context, settings: Any) -> None:
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


def _draw_row(layout: bpy.types.UILayout, *texts: str) -> None:
    row = layout.row()
    for text in texts:
        row.label(text=text, text_ctxt=OWN)


class FACEGAN_PT_sources(SubPanel, bpy.types.Panel):
    """Who the characters are, as other tools have written it."""

    bl_label = "From Data"

    def fields(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        """Names of properties and attributes."""
        settings = crowd(context)
        layout.prop(settings, "sex_source")
        if settings.sex_source:
            layout.prop(settings, "sex_values")
        layout.prop(settings, "age_source")
        layout.prop(settings, "seed_source")
        layout.prop(settings, "skin_source")
