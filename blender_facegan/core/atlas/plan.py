"""The atlas: where each tile stands on its pages, their pixels, and which tile every face gets when a crowd changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import CrowdError

MAX_PAGE_SIZE = 8192
"""Largest side of a page in pixels."""


class AtlasError(CrowdError, ValueError):
    """Sizes of which no atlas can be made. The message is one line: the sizes, the remedy."""


class Rectangle(NamedTuple):
    """A tile without its gutter: its page, and its lower left corner and size in UV units of the page."""

    page: int
    u: float
    v: float
    size_u: float
    size_v: float


class PageShape(NamedTuple):
    """Size of a page in pixels, both powers of two."""

    width: int
    height: int


@dataclass(frozen=True)
class AtlasPlan:
    """Square tiles on pages, `gutter` pixels around each, row by row from a page's lower left corner.

    count: tiles in all. tile_side and gutter: pixels. page: a full page; the last page may be lower. Tile i stands on
    page i // (columns * rows), so its pixels stay where they are when the plan grows.
    """

    count: int
    tile_side: int
    gutter: int
    page: PageShape

    @cached_property
    def cell_side(self) -> int:
        """Side of a tile with its gutter, in pixels."""
        return self.tile_side + 2 * self.gutter

    @cached_property
    def columns(self) -> int:
        """Tiles side by side."""
        return self.page.width // self.cell_side

    @cached_property
    def rows(self) -> int:
        """Tiles above each other on a full page."""
        return self.page.height // self.cell_side

    @cached_property
    def per_page(self) -> int:
        """Tiles on a full page."""
        return self.columns * self.rows

    @cached_property
    def pages(self) -> tuple[PageShape, ...]:
        """The pages' sizes; the last one has the lowest power of two that holds its tiles."""
        full, rest = divmod(self.count, self.per_page)
        last = [PageShape(self.page.width, _page_height(rest, self.columns, self.cell_side))] if rest else []
        return (*[self.page] * full, *last)

    def pixels(self, index: int) -> tuple[int, int, int]:
        """(page, x, y) of a tile without gutter: pixels from the page's lower left corner.

        Raises IndexError for an index outside 0 to count - 1.
        """
        if not 0 <= index < self.count:
            raise IndexError(f"tile {index} is not one of the atlas's {self.count}")
        page, cell = divmod(index, self.per_page)
        row, column = divmod(cell, self.columns)
        return page, column * self.cell_side + self.gutter, row * self.cell_side + self.gutter

    def rectangle(self, index: int) -> Rectangle:
        """A tile in UV units. Raises IndexError for an index outside 0 to count - 1."""
        page, x, y = self.pixels(index)
        width, height = self.pages[page]
        return Rectangle(page, x / width, y / height, self.tile_side / width, self.tile_side / height)


def mip_safe_gutter(tile_side: int, gutter: int) -> int:
    """The gutter, in pixels, as much wider as it takes for mip levels to show no neighbour at a tile's edge.

    A texel of a mip level must not lie on two cells, and the tile's edge not beyond the middle of its outermost texel:
    so a cell is a multiple of twice the gutter, as far as that is a power of two. Linear filters then read nothing of a
    neighbour as long as a texel is no wider than two gutters. A tile with an odd side has no such gutter.
    """
    if gutter < 1 or tile_side % 2:
        return gutter
    step = 1 << (gutter.bit_length() - 1)
    return gutter + (-gutter - tile_side // 2) % step


def mip_safe_levels(tile_side: int, gutter: int) -> int:
    """How many times a page can be halved until a neighbour is seen at a tile's edge, with a linear filter or none.

    See `mip_safe_gutter`; pages of older versions may have narrower ones.
    """
    levels, cell_side = 0, tile_side + 2 * gutter
    while 1 << levels <= gutter and cell_side % (2 << levels) == 0 and tile_side >> levels > 1:
        levels += 1
    return levels


def plan(count: int, tile_side: int, gutter: int, page_size: int) -> AtlasPlan:
    """Lays out `count` tiles of `tile` pixels, each in a gutter of `gutter`, on pages up to `page_size` square.

    A crowd that fits one page gets the width that makes that page smallest. Raises AtlasError for a page size that is
    not a power of two up to MAX_PAGE_SIZE or holds no tile, and for a count, tile or gutter out of range.
    """
    if count < 0 or tile_side < 1 or gutter < 0:
        raise AtlasError(
            f"{count} tiles of {tile_side} pixels, gutter {gutter}", "none may be negative, nor a tile empty"
        )
    if not 1 <= page_size <= MAX_PAGE_SIZE or page_size & (page_size - 1):
        raise AtlasError(f"the page size {page_size} is not a power of two up to {MAX_PAGE_SIZE}")
    cell_side = tile_side + 2 * gutter
    if cell_side > page_size:
        raise AtlasError(
            f"a tile of {tile_side} pixels with its gutter of {gutter} does not fit a page of {page_size}",
            "choose larger pages",
        )
    return AtlasPlan(count, tile_side, gutter, PageShape(_page_width(count, cell_side, page_size), page_size))


def _page_width(count: int, cell_side: int, page_size: int) -> int:
    if not 0 < count <= (page_size // cell_side) ** 2:
        return page_size
    widths = [width for width in _powers_of_two(page_size) if width >= cell_side]
    shapes = [PageShape(width, _page_height(count, width // cell_side, cell_side)) for width in widths]
    fitting = [shape for shape in shapes if shape.height <= page_size]
    return min(fitting, key=lambda shape: (shape.width * shape.height, max(shape))).width


def _page_height(count: int, columns: int, cell_side: int) -> int:
    """The lowest power of two that holds so many tiles."""
    height = -(-count // columns) * cell_side
    return 1 << (height - 1).bit_length()


def _powers_of_two(largest: int) -> list[int]:
    return [1 << power for power in range(largest.bit_length())]


def compose_row(atlas: AtlasPlan, faces: Mapping[int, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The pixels of a row of tiles: uint8 [cell_side, width of a page, 3], row 0 at the top.

    faces: by column, uint8 [tile_side, tile_side, 3], row 0 at the top. Each gutter repeats the edge of its tile, so
    that mip levels and filters do not mix neighbours; empty cells are black. Raises IndexError for a column that the
    plan lacks, ValueError for a face of another size.
    """
    row = np.zeros((atlas.cell_side, atlas.page.width, 3), np.uint8)
    gutter, end = atlas.gutter, atlas.gutter + atlas.tile_side
    for column, face in faces.items():
        if not 0 <= column < atlas.columns:
            raise IndexError(f"column {column} is not one of the atlas's {atlas.columns}")
        if face.shape != (atlas.tile_side, atlas.tile_side, 3):
            raise ValueError(f"a face of shape {face.shape} does not fit a tile of {atlas.tile_side} pixels")
        cell = row[:, column * atlas.cell_side : (column + 1) * atlas.cell_side]
        cell[gutter:end, gutter:end] = face
        cell[gutter:end, :gutter] = cell[gutter:end, gutter : gutter + 1]
        cell[gutter:end, end:] = cell[gutter:end, end - 1 : end]
        cell[:gutter] = cell[gutter]
        cell[end:] = cell[end - 1]
    return row


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

    geometry: tile and gutter in pixels, and the largest side of a page. Tiles are kept where they are as far as the
    atlas stays without holes, so that a page on which nothing changes need not be written again.
    Raises AtlasError as `plan` does.
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
