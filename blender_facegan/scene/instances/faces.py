"""Where the faces of instances stand, read back from the columns of their carriers."""

from collections.abc import Mapping, Sequence

import bpy
import numpy as np

from ...core.atlas.layout import Tile
from ...core.atlas.request import Bystander, Existing, Faces
from ...core.atlas.worker import fingerprint
from ...core.people.population import Recipe
from ...core.people.skin_tones import DARKEST_TONE, LIGHTEST_TONE
from ..pages.page_set import tiles_of
from ..records import TILE
from .point_data import SKIN_TONE, Carrier, carrier

PAGES, MADE_WITH, ASKED = "facegan_pages", "facegan_made_with", "skin"
"""Custom properties of a carrier: the image with its faces, and what they were made with: the model's digest, the word
`skin` if tones were asked for, and labels."""


def faces_of(one: Carrier, pages: Sequence[Existing]) -> list[tuple[Tile | None, str]] | None:
    """The tile of every character and what its face was made with, or None for a carrier without faces."""
    columns = [one.read(f"facegan_{name}") for name in ("slot", "seed", "sex", "age")]
    digest, *rest = str(one.obj.get(MADE_WITH, "")).split(":")
    asked = rest[:1] == [ASKED]
    skins = one.read(SKIN_TONE) if asked else [None] * one.count
    if any(column is None for column in columns) or skins is None or not digest:
        return None
    tail = "".join(f":{label}" for label in rest[int(asked) :])
    tile_indices, seeds, sexes, ages = (column for column in columns if column is not None)
    return [
        (_tile_at(tile_index, pages), fingerprint(digest, Recipe(seed, sex, age, skin=skin)) + tail)
        if seed >= 0 and -1 <= sex <= 1 and (skin is None or LIGHTEST_TONE <= skin <= DARKEST_TONE)
        else (None, "")
        for tile_index, seed, sex, age, skin in zip(tile_indices, seeds, sexes, ages, skins, strict=True)
    ]


def bystanders(
    image: bpy.types.Image | None, pages: Sequence[Existing], in_scope: set[int], uid: int
) -> Mapping[Tile, Bystander]:
    """The tiles of instances out of scope."""
    found: dict[Tile, Bystander] = {}
    for obj in bpy.data.objects:
        if image is None or obj.get(PAGES) != image or obj.session_uid in in_scope:
            continue
        one = carrier(obj)
        if isinstance(one, Carrier):
            tile_indices, seeds = one.read("facegan_slot"), one.read("facegan_seed")
            for tile_index, seed in zip(tile_indices or (), seeds or (), strict=False):
                tile = _tile_at(tile_index, pages)
                if tile is not None:
                    found[tile] = Bystander(uid, max(seed, 0))
    return found


def move(obj: bpy.types.Object, faces: Faces, pages: Sequence[Existing]) -> None:
    """Instances out of scope whose faces may now stand elsewhere."""
    one = carrier(obj)
    if not isinstance(one, Carrier) or not faces.taken_over:
        return
    tiles = [_tile_at(index, pages) for index in one.read("facegan_slot") or ()]
    tile_indices = np.array([faces.moved.get(tile, 0) if tile is not None else 0 for tile in tiles], np.int64)
    one.write(TILE, "FLOAT_COLOR", tiles_of(faces.atlas, tile_indices))
    one.write("facegan_slot", "INT", tile_indices)
    one.tag()


def _tile_at(tile_index: int, pages: Sequence[Existing]) -> Tile | None:
    """The tile of an index; all pages but the last are full, and as large."""
    if not pages or tile_index < 0:
        return None
    index, cell = divmod(tile_index, pages[0].shape.capacity)
    return Tile(index, cell) if index < len(pages) and cell < pages[index].shape.capacity else None
