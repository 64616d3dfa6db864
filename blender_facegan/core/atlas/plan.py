"""Where each face stands on the pages of an atlas, and the pages' pixels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_PAGE_SIZE = 8192
"""Largest side of a page in pixels."""


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

    count: tiles in all. tile_side and gutter: pixels. page: a full page; the last page may be lower. Slot i stands on
    page i // (columns * rows), so a tile's pixels stay where they are when the plan grows.
    """

    count: int
    tile_side: int
    gutter: int
    page: PageShape

    @property
    def cell_side(self) -> int:
        """Side of a tile with its gutter, in pixels."""
        return self.tile_side + 2 * self.gutter

    @property
    def columns(self) -> int:
        """Tiles side by side."""
        return self.page.width // self.cell_side

    @property
    def rows(self) -> int:
        """Tiles above each other on a full page."""
        return self.page.height // self.cell_side

    @property
    def per_page(self) -> int:
        """Tiles on a full page."""
        return self.columns * self.rows

    @property
    def pages(self) -> tuple[PageShape, ...]:
        """The pages' sizes; the last one has the lowest power of two that holds its tiles."""
        full, rest = divmod(self.count, self.per_page)
        last = [PageShape(self.page.width, _page_height(rest, self.columns, self.cell_side))] if rest else []
        return (*[self.page] * full, *last)

    def grown(self, count: int) -> "AtlasPlan":
        """The plan with room for `count` tiles, in which every tile keeps its pixels (but not its UV height)."""
        return replace(self, count=count)

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


def plan(count: int, tile_side: int, gutter: int, page_size: int) -> AtlasPlan:
    """Lays out `count` tiles of `tile` pixels, each in a gutter of `gutter`, on pages up to `page_size` square.

    A crowd that fits one page gets the width that makes that page smallest. Raises ValueError for a page size that is
    not a power of two up to MAX_PAGE_SIZE or holds no tile, and for a count, tile or gutter out of range.
    """
    if count < 0 or tile_side < 1 or gutter < 0:
        raise ValueError(
            f"{count} tiles of {tile_side} pixels, gutter {gutter}: none may be negative, nor a tile empty"
        )
    if not 1 <= page_size <= MAX_PAGE_SIZE or page_size & (page_size - 1):
        raise ValueError(f"the page size {page_size} is not a power of two up to {MAX_PAGE_SIZE}")
    cell_side = tile_side + 2 * gutter
    if cell_side > page_size:
        raise ValueError(
            f"a tile of {tile_side} pixels with its gutter of {gutter} does not fit a page of {page_size}: "
            "choose larger pages"
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


def compose(
    atlas: AtlasPlan, page: int, faces: NDArray[np.uint8] | Mapping[int, NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """A page's pixels: uint8 [height, width, 4], RGBA, bottom row first, as Blender's images want them.

    faces: uint8 [n, tile_side, tile_side, 3], row 0 at the top, the faces of this page's tiles in their order (tiles
    that are left over stay empty); or a map from tile index to face, where faces of other pages are passed over. Each
    gutter repeats the edge of its tile, so that mip levels and filters do not mix neighbours; empty cells are
    transparent black. Raises IndexError for a page that the plan lacks, ValueError for faces of another size or too
    many.
    """
    if not 0 <= page < len(atlas.pages):
        raise IndexError(f"page {page} is not one of the atlas's {len(atlas.pages)}")
    width, height = atlas.pages[page]
    pixels = np.zeros((height, width, 4), np.uint8)
    first = page * atlas.per_page
    if not isinstance(faces, Mapping):
        if len(faces) > min(atlas.per_page, atlas.count - first):
            raise ValueError(f"{len(faces)} faces are more than page {page} holds")
        faces = dict(enumerate(faces, first))
    for tile_index, face in faces.items():
        if atlas.pixels(tile_index)[0] == page:
            _place(pixels, atlas, tile_index, face)
    return pixels


def _place(pixels: NDArray[np.uint8], atlas: AtlasPlan, tile_index: int, face: NDArray[np.uint8]) -> None:
    if face.shape != (atlas.tile_side, atlas.tile_side, 3):
        raise ValueError(f"a face of shape {face.shape} does not fit a tile of {atlas.tile_side} pixels")
    _, x, y = atlas.pixels(tile_index)
    gutter, cell_side, end = atlas.gutter, atlas.cell_side, atlas.gutter + atlas.tile_side
    target = pixels[y - gutter : y - gutter + cell_side, x - gutter : x - gutter + cell_side]
    target[..., 3] = 255
    target = target[..., :3]
    # Row 0 of a face is its top; the page starts at the bottom.
    target[gutter:end, gutter:end] = face[::-1]
    target[gutter:end, :gutter] = target[gutter:end, gutter : gutter + 1]
    target[gutter:end, end:] = target[gutter:end, end - 1 : end]
    target[:gutter] = target[gutter]
    target[end:] = target[end - 1]
