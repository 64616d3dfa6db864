"""Other faces that a character could have: same sex and age, new seeds, page by page and always the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.atlas.plan import OldPage
from ...core.atlas.request import Existing, Faces, Request, Wanted
from ...core.errors import CrowdError
from ...core.people.population import character_seed
from ..head.search import FaceSearch
from ..people.characters import has_face
from ..people.recipes import Revision
from ..populate.objects import ObjectStore
from ..populate.settings import Settings
from ..records import character
from .icons import icons

COUNT = 18
"""Faces on a sheet."""


@dataclass(frozen=True)
class Sheet:
    """A sheet of candidates: for whom, the sheet's number from 0, what to make, and the seeds in their order."""

    uid: int
    number: int
    request: Request
    seeds: tuple[int, ...]


def candidate_sheet(obj: bpy.types.Object, settings: Settings, number: int) -> Sheet:
    """The sheet of that number for the character. Raises CrowdError for one whose face cannot be changed.

    Each seed is a hash of the character's key and the candidate's place. So a sheet shows the same people whenever it
    is opened, whichever of them was taken. Where broken faces are refused, others take their place when the faces are
    made.
    """
    if not has_face(obj):
        raise CrowdError(rpt_("no face yet"), rpt_("populate it first"), obj.name)
    if character(obj).locked:
        raise CrowdError(rpt_("locked"), rpt_("unlock its face first"), obj.name)
    # Where its face lies does not matter: the search is asked for nothing, and the character stands for its person.
    (before,) = ObjectStore.look([obj], settings, Revision(), FaceSearch()).wanted
    places = range(number * COUNT, (number + 1) * COUNT)
    seeds = tuple(character_seed(0, f"{before.key}/candidate/{place}") for place in places)
    wanted = [
        Wanted(i, Revision(seed=seed).apply(before.recipe, before.key), key=before.key, may_be_refused=True)
        for i, seed in enumerate(seeds)
    ]
    request = Request(
        settings.model,
        wanted,
        gutter=0,
        threads=settings.threads,
        even_light=settings.even_light,
        refusing=settings.model if settings.refuses else None,
    )
    return Sheet(obj.session_uid, number, request, seeds)


def show_candidates(sheet: Sheet, faces: Faces) -> Sheet:
    """Keeps the candidates' pictures as icons, and returns the sheet with the seeds that they were drawn from."""
    sheet = replace(sheet, seeds=tuple(faces.rerolled.get(i, seed) for i, seed in enumerate(sheet.seeds)))
    for seed, picture in zip(sheet.seeds, _pictures(faces), strict=True):
        icons().put(icon_key(sheet, seed), picture)
    return sheet


def icon_key(sheet: Sheet, seed: int) -> str:
    """What the icon of a candidate is called."""
    return f"candidate/{sheet.uid}/{seed}"


def _pictures(faces: Faces) -> Iterator[NDArray[np.uint8]]:
    (page,) = faces.pages
    shape = OldPage(page.width, page.height, faces.atlas.columns, faces.atlas.cell_side)
    made = Existing(shape, *faces.geometry, page.png or b"")
    pixels = made.pixels()
    for name in sorted(faces.places):
        tile_index = faces.places[name].tile_index
        if tile_index is None:
            raise ValueError("a candidate has no place")
        yield made.picture(pixels, tile_index)
