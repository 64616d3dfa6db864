"""The crowd for game engines and other renderers: its pages as images, and a table of who shows which tile."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.atlas import png
from ...core.atlas.plan import mip_safe_levels
from ...core.atlas.request import Existing
from ...core.errors import CrowdError
from ...core.export.crowd_table import PageFile, Row, Source, TileArray, as_csv, as_json, licence_text
from ...core.export.ktx2 import MOST_LAYERS, texture_array
from ...core.export.standing import is_sheared
from ...core.export.written_table import PICTURE_OWNER, WrittenTable
from ...core.likeness.shrinking import halved, shrunk
from ..people.characters import Skipped, first_names
from .picture_files import check_folder
from .table_files import CSV, JSON, LICENCE, place_for, table_in, write_table
from .table_rows import shown_faces, sources_of


@dataclass(frozen=True)
class Exported:
    """What was written: the files, how many characters, and who was left out. notes: what of it is not as it seems."""

    files: Sequence[Path]
    characters: int
    skipped: Sequence[Skipped]
    notes: Sequence[str] = ()


def export_table(
    objects: Sequence[bpy.types.Object],
    folder: Path,
    has_transforms: bool = True,
    has_array: bool = False,
    smaller: int = 0,
) -> Exported:
    """Writes pages, table and licence of the characters among the objects, of objects, points and single instances.

    has_array: also all faces in equal tiles, as a grid and as a texture array with mip levels. smaller: how many times
    each page is written again at half the size, for those far away; no more often than its gutters keep neighbours out.
    Raises CrowdError; then nothing has been written.
    """
    check_folder(folder)
    shown, skipped = shown_faces(objects, has_transforms)
    if not shown:
        raise CrowdError(rpt_("No characters with a face"), rpt_("select some, or populate first"))
    keys = list(dict.fromkeys(one.page for one in shown))
    pages = {one.page: one.existing for one in shown}
    contents: dict[str, bytes] = {}
    files = {key: _page_files(pages[key], number, smaller, contents) for number, key in enumerate(keys, 1)}
    cells = sorted({(keys.index(one.page), one.cell) for one in shown})
    array = _array([(pages[keys[page]], cell) for page, cell in cells], contents) if has_array else None
    tiles = {place: tile for tile, place in enumerate(cells)}
    rows = [
        replace(
            one.row,
            image=files[one.page].files[0],
            page=keys.index(one.page) + 1,
            place=place_of(one.existing, one.cell),
            tile=tiles[keys.index(one.page), one.cell],
        )
        for one in shown
    ]
    _add_tables(contents, rows, list(files.values()), array, sources_of(shown), _meter())
    target = place_for(contents, folder, has_pages=True)
    write_table(contents, target)
    return Exported([target / name for name in contents], len(rows), skipped, _notes(rows, files.values(), smaller))


def _notes(rows: Sequence[Row], pages: Iterable[PageFile], smaller: int) -> list[str]:
    notes = []
    sheared = [row.name for row in rows if row.matrix is not None and is_sheared(row.matrix)]
    if sheared:
        told = rpt_("Sheared, so that turn and size in the CSV are the nearest there are (the JSON has matrices): {}")
        notes.append(told.format(first_names(list(dict.fromkeys(sheared)))))
    fewer = [page for page in pages if len(page.files) <= smaller]
    if fewer:
        told = rpt_("Smaller pages of {}: {}; a gutter of {} pixels keeps neighbors out of no more")
        notes.append(told.format(fewer[0].files[0], len(fewer[0].files) - 1, fewer[0].gutter))
    return notes


def write_bake_table(pictures: Mapping[bpy.types.Object, Mapping[str, Sequence[Path]]], folder: Path) -> Sequence[Path]:
    """The same table for characters that were baked: each with pictures of its own, by the names of its materials.

    Characters that were baked into the folder before stay in it as long as their pictures are there. Raises CrowdError.
    """
    shown, _ = shown_faces(list(pictures), has_transforms=True)
    if not shown:
        return ()
    target = place_for((CSV, JSON, LICENCE), folder, has_pages=False)
    rows = []
    for one in shown:
        named = {name: [_from(target, path) for path in paths] for name, paths in pictures[one.obj].items() if paths}
        first = next((files[0] for files in named.values()), "")
        rows.append(replace(one.row, image=first, textures=named))
    before, sources = table_in(target), sources_of(shown)
    if before is not None:
        rows += _still_there(before, rows, target)
        sources += [source for source in before.sources if source.digest not in {one.digest for one in sources}]
    rows = [
        replace(row, tile=number) for number, row in enumerate(sorted(rows, key=lambda row: (row.name, row.library)))
    ]
    contents: dict[str, bytes] = {}
    _add_tables(contents, rows, [], None, sources, _meter())
    write_table(contents, target)
    return [target / name for name in contents]


def _from(folder: Path, path: Path) -> str:
    """The path as it is told in the folder, with forward slashes."""
    return Path(os.path.relpath(path, folder)).as_posix()


def _still_there(before: WrittenTable, new: Sequence[Row], folder: Path) -> list[Row]:
    """The rows of others whose pictures are still in the folder; without a transform where that is in other units."""
    again = {(row.name, row.library) for row in new}
    kept = [
        row
        for row in before.rows
        if (row.name, row.library) not in again
        and all((folder / file).is_file() for files in row.textures.values() for file in files)
    ]
    return kept if before.meter == _meter() else [replace(row, matrix=None) for row in kept]


def _meter() -> float:
    """Metres of a Blender unit."""
    scene = bpy.context.scene
    return scene.unit_settings.scale_length if scene is not None else 1.0


def place_of(page: Existing, cell: int) -> tuple[float, float, float, float]:
    """A tile on its page: lower left corner and size in UV units."""
    row, column = divmod(cell, page.shape.columns)
    left, bottom = column * page.shape.cell_side + page.gutter, row * page.shape.cell_side + page.gutter
    width, height = page.shape.width, page.shape.height
    return left / width, bottom / height, page.tile_side / width, page.tile_side / height


def _page_files(page: Existing, number: int, smaller: int, contents: dict[str, bytes]) -> PageFile:
    pixels = page.pixels()
    names = [f"page_{number}.png"]
    contents[names[0]] = _picture(pixels)
    safe = mip_safe_levels(page.tile_side, page.gutter)
    for level in range(1, min(smaller, safe) + 1):
        pixels = halved(pixels)
        names.append(f"page_{number}_{1 << level}th.png" if level > 1 else f"page_{number}_half.png")
        contents[names[-1]] = _picture(pixels)
    shape = page.shape
    return PageFile(names, shape.width, shape.height, page.tile_side, page.gutter, shape.columns, safe)


def _array(cells: Sequence[tuple[Existing, int]], contents: dict[str, bytes]) -> TileArray:
    """The faces as equal tiles whose side is a power of two: the largest that no face is enlarged for."""
    side = min(page.tile_side for page, _ in cells)
    side = 1 << (side.bit_length() - 1)
    decoded: dict[int, NDArray[np.uint8]] = {}
    tiles = np.empty((len(cells), side, side, 3), np.uint8)
    for index, (page, cell) in enumerate(cells):
        if id(page) not in decoded:
            decoded[id(page)] = page.pixels()
        tiles[index] = shrunk(page.picture(decoded[id(page)], cell)[None], side)[0]
    per_file = min(MOST_LAYERS, (8192 // side) ** 2)
    columns = min(int(np.ceil(np.sqrt(min(len(cells), per_file)))), 8192 // side)
    grids, arrays = [], []
    for number, start in enumerate(range(0, len(cells), per_file), 1):
        part = tiles[start : start + per_file]
        grids.append(f"tiles_{number}.png")
        arrays.append(f"tiles_{number}.ktx2")
        contents[grids[-1]] = _picture(_grid(part, columns))
        contents[arrays[-1]] = texture_array(part)
    return TileArray(grids, arrays, side, columns, len(cells), per_file)


def _grid(tiles: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Tiles row by row from the upper left, without gutters: [rows * S, columns * S, 3]."""
    amount, side = tiles.shape[:2]
    rows = -(-amount // columns)
    filled = np.zeros((rows * columns, side, side, 3), np.uint8)
    filled[:amount] = tiles
    return filled.reshape(rows, columns, side, side, 3).swapaxes(1, 2).reshape(rows * side, columns * side, 3)


def _picture(pixels: NDArray[np.uint8]) -> bytes:
    return png.with_owner(png.encode(pixels), PICTURE_OWNER)


def _add_tables(
    contents: dict[str, bytes],
    rows: Sequence[Row],
    pages: Sequence[PageFile],
    array: TileArray | None,
    sources: Sequence[Source],
    meter: float,
) -> None:
    contents[CSV] = as_csv(rows)
    contents[JSON] = as_json(rows, pages, array, sources, meter)
    contents[LICENCE] = licence_text(sources, rows)
