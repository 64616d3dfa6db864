"""The rows of tiles of a page that is written: packed where a face is new, else taken over from an old page."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..likeness.descriptors import LENGTH, descriptors
from .bands import Band, PageFile, pack, read_page, unpack
from .plan import Layout, Tile, compose_row
from .request import Existing

_TOGETHER = 1024
"""Pictures that are described at a time."""


class PageRows:
    """old: the pages that the layout's tiles refer to."""

    def __init__(self, layout: Layout, old: "Sequence[ReadPage]") -> None:
        self._atlas = layout.atlas
        self._old = old
        self._kept = {tile_index: tile for tile, tile_index in layout.kept.items()}

    def bands(self, index: int, pictures: Mapping[int, NDArray[np.uint8]], pool: ThreadPoolExecutor) -> list[Band]:
        """The bands of the page `index`, from its top.

        pictures: the new faces of the page by tile index, uint8 [tile_side, tile_side, 3], row 0 at the top. pool:
        packs them, several at a time.
        """
        atlas = self._atlas
        width, height = atlas.pages[index]
        columns, rows = atlas.columns, height // atlas.cell_side
        first = index * atlas.per_page
        found: list[Band | Future[Band]] = []
        blank: Band | None = None
        if height % atlas.cell_side:
            found.append(pack(np.zeros((height % atlas.cell_side, width, 3), np.uint8)))
        for row in reversed(range(rows)):
            start = first + row * columns
            tile_indices = range(start, min(start + columns, atlas.count))
            if not tile_indices:
                blank = blank or pack(np.zeros((atlas.cell_side, width, 3), np.uint8))
                found.append(blank)
                continue
            same = self._same(tile_indices, row, pictures)
            if same is not None:
                found.append(same)
                continue
            faces = {
                tile_index - start: face
                for tile_index in tile_indices
                if (face := self._face(tile_index, pictures)) is not None
            }
            found.append(pool.submit(pack, compose_row(atlas, faces)))
        return list(_results(found))

    def likeness(self, index: int, described: Mapping[int, NDArray[np.float32]]) -> NDArray[np.float32]:
        """The descriptors of the faces on the page `index`, in the order of its cells: float32 [cells, D].

        described: those of new faces, by tile index. Not a number where it is not known.
        """
        first = index * self._atlas.per_page
        cells = min(self._atlas.per_page, self._atlas.count - first)
        found = np.full((cells, LENGTH), np.nan, np.float32)
        for cell in range(cells):
            tile = self._kept.get(first + cell)
            known = self._old[tile.page].known_likeness(tile.cell) if tile is not None else described.get(first + cell)
            if known is not None:
                found[cell] = known
        return found

    def _same(self, tile_indices: range, row: int, pictures: Mapping[int, NDArray[np.uint8]]) -> Band | None:
        """The band of an old page with the same faces in the same cells; None where there is none.

        Of a row that is not full there is none: what is in its empty cells cannot be told.
        """
        if len(tile_indices) < self._atlas.columns or any(index in pictures for index in tile_indices):
            return None
        tiles = [self._kept.get(index) for index in tile_indices]
        place = tiles[0]
        if place is None or place.cell != row * self._atlas.columns:
            return None
        if tiles != [Tile(place.page, place.cell + column) for column in range(len(tiles))]:
            return None
        page = self._old[place.page]
        return page.band(row) if page.has_width(self._atlas.page.width, self._atlas.columns) else None

    def _face(self, tile_index: int, pictures: Mapping[int, NDArray[np.uint8]]) -> NDArray[np.uint8] | None:
        if tile_index in pictures:
            return pictures[tile_index]
        tile = self._kept.get(tile_index)
        return self._old[tile.page].picture(tile.cell) if tile is not None else None


class ReadPage:
    """A page that is there, of which no more is read than is asked for."""

    def __init__(self, page: Existing) -> None:
        self.page = page
        self._read: dict[int, NDArray[np.uint8]] = {}

    @cached_property
    def _file(self) -> PageFile | None:
        content = self.page.content
        return read_page(content) if isinstance(content, bytes) else None

    @cached_property
    def _whole(self) -> NDArray[np.uint8]:
        return self.page.pixels()

    def has_width(self, width: int, columns: int) -> bool:
        """Whether a row of it is as long as that, in pixels and in tiles."""
        return (self.page.shape.width, self.page.shape.columns) == (width, columns)

    def band(self, row: int) -> Band | None:
        """The band of a row, counted from the lowest; None where the file is not made of bands."""
        if self._file is None or row >= len(self._file.bands):
            return None
        found = self._file.bands[-1 - row]
        return found if found.rows == self.page.shape.cell_side else None

    def likeness(self, cells: Sequence[int]) -> NDArray[np.float32]:
        """The descriptors of the faces in these cells: float32 [N, D], see `core.likeness.descriptors`."""
        found = np.full((len(cells), LENGTH), np.nan, np.float32)
        for place, cell in enumerate(cells):
            known = self.known_likeness(cell)
            if known is not None:
                found[place] = known
        unknown = np.flatnonzero(~np.isfinite(found).all(axis=1))
        for start in range(0, len(unknown), _TOGETHER):
            places = unknown[start : start + _TOGETHER]
            found[places] = descriptors(np.stack([self.picture(cells[place]) for place in places]))
        return found

    def known_likeness(self, cell: int) -> NDArray[np.float32] | None:
        """The descriptor of the face in a cell if the page's file has it."""
        known = self._file.likeness if self._file is not None else None
        return known[cell] if known is not None and known.shape[1] == LENGTH and cell < len(known) else None

    def picture(self, cell: int) -> NDArray[np.uint8]:
        """The face in a cell: uint8 [tile_side, tile_side, 3], row 0 at the top."""
        row, column = divmod(cell, self.page.shape.columns)
        band = self.band(row)
        if band is None:
            return self.page.picture(self._whole, cell)
        if row not in self._read:
            self._read[row] = unpack(band, self.page.shape.width)
        left = column * self.page.shape.cell_side + self.page.gutter
        below = self.page.gutter + self.page.tile_side
        return self._read[row][self.page.gutter : below, left : left + self.page.tile_side]


def _results(bands: Sequence[Band | Future[Band]]) -> Iterator[Band]:
    for band in bands:
        yield band.result() if isinstance(band, Future) else band
