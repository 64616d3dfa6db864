"""Which of the crowd's faces look most alike, as the pages show them now."""

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import bpy
import numpy as np

from ...core.likeness.separation import BATCH, AlikePair, Separation
from ..pages.images import existing
from ..people.characters import has_face
from ..records import character


def closest_pair(objects: Iterable[bpy.types.Object]) -> AlikePair | None:
    """The two characters whose faces are most alike, by `session_uid`; None where no two have faces of two persons.

    Who shares a seed is one person, and not compared.
    """
    separation = Separation()
    by_page: dict[bpy.types.Image, list[bpy.types.Object]] = {}
    for obj in objects:
        page = character(obj).page
        if has_face(obj) and page is not None:
            by_page.setdefault(page, []).append(obj)
    for page, shown in by_page.items():
        content = existing(page)
        pixels = content.pixels()
        for start in range(0, len(shown), BATCH):
            batch = shown[start : start + BATCH]
            pictures = np.stack([content.picture(pixels, character(obj).cell) for obj in batch])
            names, seeds = [obj.session_uid for obj in batch], [character(obj).seed for obj in batch]
            separation.admit(pictures, names, seeds, [False] * len(batch), _refuse)
    return separation.closest


def select_pair(context: bpy.types.Context, pair: AlikePair) -> list[str]:
    """Selects the two, the first as the active one, and nothing else; returns their names."""
    found = [_by_uid(context, uid) for uid in (pair.first, pair.second)]
    for obj in context.selected_objects or ():
        obj.select_set(False)
    for obj in found:
        obj.select_set(True)
    if context.view_layer is not None:
        context.view_layer.objects.active = found[0]
    return [obj.name for obj in found]


def _by_uid(context: bpy.types.Context, uid: int) -> Any:
    return next(obj for obj in context.view_layer.objects if obj.session_uid == uid)  # type: ignore[union-attr]


def _refuse(_rows: Sequence[int]) -> NoReturn:
    raise RuntimeError("faces that are only looked at are not made again")
