"""The face that a character is to have: drawn, or as it was with a change."""

from dataclasses import replace

import bpy

from ...core.atlas.drawing import is_made_in
from ...core.atlas.layout import Tile
from ...core.atlas.request import Wanted
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
