"""Which tile every face gets when a crowd that already has some faces is populated again. No Blender in here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .plan import AtlasPlan, plan


class Tile(NamedTuple):
    """A place that is taken: the index of its page, and its cell on it, counted from the lower left, row by row."""

    page: int
    cell: int


@dataclass(frozen=True)
class OldPage:
    """A page as it stands in the file: its size, its columns, and the side of a tile with its gutter; in pixels."""

    width: int
    height: int
    columns: int
    cell_side: int

    @property
    def capacity(self) -> int:
        """Cells on the page, filled or not."""
        return self.columns * (self.height // self.cell_side)


@dataclass(frozen=True)
class Layout:
    """The new atlas. `kept` and `replaced` map the old tiles to tile indices; `new` are those of the faces without one.

    `untouched` maps a page of the atlas to the old page that can stay as it is, pixels and all. `same`: pages of the
    atlas that are as large as the old one at their place: a tile that keeps its cell there keeps its UV coordinates.
    """

    atlas: AtlasPlan
    kept: dict[Tile, int]
    replaced: dict[Tile, int]
    new: tuple[int, ...]
    untouched: dict[int, int]
    same: frozenset[int] = frozenset()


def arrange(
    pages: Sequence[OldPage],
    kept: Sequence[Tile],
    replaced: Sequence[Tile],
    new: int,
    geometry: tuple[int, int, int],
) -> Layout:
    """Lays out the tiles that keep their face, those whose face is made anew, and `new` more.

    geometry: tile and gutter in pixels, and the largest side of a page. Slots are kept where they are as far as the
    atlas stays without holes, so that a page on which nothing changes need not be written again.
    Raises ValueError as `core.atlas.plan.plan` does.
    """
    first = _first_indices(pages)
    tile_indices = {tile: first[tile.page] + tile.cell for tile in (*kept, *replaced)}
    count = len(tile_indices) + new
    holes = iter(sorted(set(range(count)) - set(tile_indices.values())))
    for tile, tile_index in tile_indices.items():
        if tile_index >= count:
            tile_indices[tile] = next(holes)
    tile_side, gutter, page_size = geometry
    atlas = plan(count, tile_side, gutter, page_size)
    fresh = tuple(holes)
    changed = {tile_indices[tile] // atlas.per_page for tile in replaced} | {
        tile_index // atlas.per_page for tile_index in fresh
    }
    same = {index for index in range(min(len(pages), len(atlas.pages))) if _same(pages[index], atlas, index)}
    moved_onto = {
        tile_index // atlas.per_page
        for tile, tile_index in tile_indices.items()
        if tile != divmod(tile_index, atlas.per_page)
    }
    return Layout(
        atlas,
        {tile: tile_indices[tile] for tile in kept},
        {tile: tile_indices[tile] for tile in replaced},
        fresh,
        {index: index for index in sorted(same - changed - moved_onto)},
        frozenset(same),
    )


def _first_indices(pages: Sequence[OldPage]) -> list[int]:
    first = [0]
    for page in pages:
        first.append(first[-1] + page.capacity)
    return first


def _same(page: OldPage, atlas: AtlasPlan, index: int) -> bool:
    return (page.width, page.height, page.columns, page.cell_side) == (
        *atlas.pages[index],
        atlas.columns,
        atlas.cell_side,
    )
