"""The face that a character is to have: drawn, or as it was with a change; and which model file draws it how large."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import bpy

from ...core.atlas.drawing import is_made_in
from ...core.atlas.plan import Tile, plan
from ...core.atlas.request import Wanted
from ...core.model.encoder_file import vector_size
from ...core.model.file import read_card
from ...core.people.population import Recipe, draw
from ..people.labels import read_labels
from ..people.recipes import Revision, current, differs, drawn, may_draw_again
from ..people.sources import Given
from ..records import character
from .settings import Settings


def wanted_of(
    obj: bpy.types.Object,
    key: str,
    settings: Settings,
    given: Given,
    revision: Revision | None,
    shown: tuple[Tile, int] | None,
) -> tuple[Wanted, Recipe, bool]:
    """The face that the character is to have, what was drawn for it, and whether it has another one."""
    record = character(obj)
    locked = record.locked and record.page is not None
    labels = tuple(sorted(dict([*settings.crowd_labels, *read_labels(obj, settings.labels)]).items()))
    origin = draw(settings.demographics, settings.crowd_seed, key)
    before = current(record, labels)
    if locked:
        recipe = before
    elif revision is not None:
        recipe = revision.apply(before, key)
    else:
        recipe = drawn(record, origin, given, settings)
        if recipe.labels != labels:
            recipe = replace(recipe, labels=labels)
    may_change = revision is None and not locked and may_draw_again(record, origin, given, settings)
    wanted = Wanted(
        uid=obj.session_uid,
        recipe=recipe,
        tile=shown[0] if shown is not None else None,
        made_with=record.made_with if shown is not None else "",
        locked=locked,
        key=key,
        may_change=may_change,
        may_be_refused=may_change or (revision is not None and revision.reroll and not locked),
    )
    has_another = differs(recipe, before) or not (locked or is_made_in(record.made_with, settings.even_light))
    return wanted, origin, record.page is not None and has_another


class Chosen(NamedTuple):
    """The model file that makes the faces, and the one whose larger faces stay where there are any."""

    model: Path
    larger: Path | None = None


def choose_size(settings: Settings, picture_side: float, wanted: Sequence[Wanted]) -> Chosen:
    """The model file for these characters, the nearest of whom has a picture of `picture_side` pixels on the render.

    The larger one where pictures of the other would be enlarged, as long as one page holds all. So a crowd does not
    fill memory for the sake of its first row: that is populated by itself, and its faces stay. People from photographs
    are drawn by the larger one if it takes their latents. Raises ModelFileError.
    """
    if settings.larger is None or settings.face_size is not None:
        return Chosen(settings.model)
    if picture_side <= read_card(settings.model).resolution:
        return Chosen(settings.model, settings.larger)
    side = read_card(settings.larger).resolution
    if any(one.recipe.latent is not None for one in wanted) and not _takes_latents(settings.model, settings.larger):
        return Chosen(settings.model, settings.larger)
    if len(wanted) > plan(0, side, settings.gutter, settings.page_size).per_page:
        return Chosen(settings.model, settings.larger)
    return Chosen(settings.larger)


def _takes_latents(model: Path, other: Path) -> bool:
    """Whether the other model draws from the vectors of the one."""
    return vector_size(model) == vector_size(other)
