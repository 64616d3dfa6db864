"""Turns what the artist chose, in the panel or as arguments of an operator, into what `scene/` and `core/` are told."""

from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.atlas.drawing import effective_light
from ...core.errors import CrowdError
from ...core.model.card import Card
from ...core.model.file import read_card
from ...core.people.population import Demographics
from ...scene.materials.cut_out import WHITE
from ...scene.materials.look import Look, fitting_outline
from ...scene.model.store import doubt_mark, larger_model
from ...scene.people.labels import read_labels, settable
from ...scene.people.scope import in_scope
from ...scene.people.sources import Sources
from ...scene.populate.settings import Settings
from ...scene.records import crowd
from ..base import chosen_path
from ..fields import words
from ..people.mixes import chosen_mix, told_of_mixes
from ..preference_values import AUTO_SIZE, fixed_size, model_to_use, preferences
from ..properties import CrowdFields


class CrowdChoices(CrowdFields):
    """An operator's properties. Each that is not given takes its value from the scene's settings or the preferences."""

    properties: Any

    mix: words("Mix", "Name of a ready or saved mix of people, a mix file's path, or what it holds")
    collection: words("Collection", "Name of the collection whose objects get a face")
    skin_material: words("Skin Material", "Name of the material of the heads that shows the face")
    model: words("Model", "Model file that makes the faces", subtype="FILE_PATH")

    def objects(self, context: bpy.types.Context) -> list[bpy.types.Object]:
        """The objects to act on. Raises CrowdError when a collection is asked for that is not there."""
        scope = self._value(context, "scope")
        collection = self._collection(context) if scope == "COLLECTION" else None
        return in_scope(scope, context, collection)

    def settings(self, context: bpy.types.Context) -> Settings:
        """Everything else that Populate is told. Raises CrowdError for values that do not fit together."""
        chosen = preferences(context)
        model = chosen_path(self.model) if self.model else model_to_use(context)
        card = read_card(model)
        labels = settable(card)
        return Settings(
            model=model,
            demographics=self._demographics(context),
            crowd_seed=self._value(context, "crowd_seed"),
            look=self._look(context, card),
            skin_material=self._skin_material(context),
            match_body=self._value(context, "match_body"),
            gutter=chosen.gutter if chosen is not None else Settings.gutter,
            face_size=fixed_size(chosen),
            larger=larger_model(model) if chosen is not None and chosen.face_size == AUTO_SIZE else None,
            page_size=int(chosen.page_size) if chosen is not None else Settings.page_size,
            threads=chosen.threads or None if chosen is not None else None,
            sources=self.sources(context),
            labels=labels,
            crowd_labels=read_labels(context.scene, labels) if context.scene is not None else (),
            scene=context.scene.session_uid if context.scene is not None else None,
            likeness=self._value(context, "likeness") if self._value(context, "keep_apart") else None,
            doubt=doubt_mark(model),
            whole=self._value(context, "whole_faces"),
            even_light=effective_light(card, self._value(context, "even_light")),
        )

    def sources(self, context: bpy.types.Context) -> Sources:
        """Where sex, age, seed and skin are read from."""
        names = {what: self._value(context, f"{what}_source").strip() for what in ("sex", "age", "seed", "skin")}
        identity = self._value(context, "id_source").strip()
        return Sources(**names, identity=identity, sex_values=self._value(context, "sex_values"))

    def _demographics(self, context: bpy.types.Context) -> Demographics:
        def value(name: str) -> Any:
            return self._value(context, name)

        with told_of_mixes():
            return chosen_mix(value, crowd(context).age_bands, self.properties.is_property_set, self.mix)

    def _look(self, context: bpy.types.Context, card: Card) -> Look:
        outline = self._value(context, "outline")
        return Look(
            projection=self._value(context, "projection"),
            uv_map=self._value(context, "uv_map"),
            shading=self._value(context, "shading"),
            skin_from=self._value(context, "skin_from"),
            outline=fitting_outline(card) if outline == "AUTO" else outline,
            background=card.background or WHITE,
        )

    def _value(self, context: bpy.types.Context, name: str) -> Any:
        given = self.properties.is_property_set(name)
        return getattr(self if given else crowd(context), name)

    def _collection(self, context: bpy.types.Context) -> bpy.types.Collection:
        if not self.properties.is_property_set("collection"):
            chosen = crowd(context).collection
            if chosen is None:
                raise CrowdError(rpt_("No collection"), rpt_("choose one, or act on the selected objects"))
            return chosen
        found: bpy.types.Collection | None = bpy.data.collections.get(self.collection)
        if found is None:
            raise CrowdError(rpt_("No collection named {}").format(self.collection), rpt_("check the name"))
        return found

    def _skin_material(self, context: bpy.types.Context) -> str:
        if self.properties.is_property_set("skin_material"):
            return str(self.skin_material)
        chosen = crowd(context).skin_material
        return chosen.name if chosen is not None else ""
