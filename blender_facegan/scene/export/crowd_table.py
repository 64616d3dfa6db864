"""The crowd for game engines and other renderers: its pages as images, and a table of who shows which tile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.atlas import png
from ...core.atlas.request import Existing
from ...core.errors import CrowdError
from ...core.export.crowd_table import (
    PICTURE_OWNER,
    PageFile,
    Row,
    Source,
    TileArray,
    as_csv,
    as_json,
    is_ours,
    licence_text,
)
from ...core.export.ktx2 import MOST_LAYERS, texture_array
from ...core.likeness.shrinking import halved, shrunk
from ..people.characters import Skipped
from .picture_files import check_folder, unwritable, write_all
from .table_rows import shown_faces, sources_of

_TABLE = ("crowd.csv", "crowd.json", "LICENCE.txt")
_STEM = "crowd"


@dataclass(frozen=True)
class Exported:
    """What was written: the files, how many characters, and who was left out."""

    files: Sequence[Path]
    characters: int
    skipped: Sequence[Skipped]


def export_table(
    objects: Sequence[bpy.types.Object],
    folder: Path,
    has_transforms: bool = True,
    has_array: bool = False,
    smaller: int = 0,
) -> Exported:
    """Writes pages, table and licence of the characters among the objects, of objects, points and single instances.

    has_array: also all faces in equal tiles, as a grid and as a texture array with mip levels. smaller: how many times
    each page is written again at half the size, for those far away. Raises CrowdError; then nothing has been written.
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
    return Exported(_write(contents, folder), len(rows), skipped)


def write_bake_table(pictures: Mapping[bpy.types.Object, Mapping[str, Sequence[Path]]], folder: Path) -> Sequence[Path]:
    """The same table for characters that were baked: each with pictures of its own, by the names of its materials.

    Raises CrowdError.
    """
    shown, _ = shown_faces(list(pictures), has_transforms=True)
    if not shown:
        return ()
    rows = []
    for number, one in enumerate(shown):
        named = {name: [path.name for path in paths] for name, paths in pictures[one.obj].items() if paths}
        first = next((files[0] for files in named.values()), "")
        rows.append(replace(one.row, image=first, tile=number, textures=named))
    contents: dict[str, bytes] = {}
    _add_tables(contents, rows, [], None, sources_of(shown), _meter())
    return _write(contents, folder)


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
    for level in range(1, smaller + 1):
        if min(pixels.shape[:2]) % 2 or page.tile_side >> level < 1:
            break
        pixels = halved(pixels)
        names.append(f"page_{number}_{1 << level}th.png" if level > 1 else f"page_{number}_half.png")
        contents[names[-1]] = _picture(pixels)
    shape = page.shape
    return PageFile(names, shape.width, shape.height, page.tile_side, page.gutter, shape.columns)


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
    table, told, licence = _TABLE
    contents[table] = as_csv(rows)
    contents[told] = as_json(rows, pages, array, sources, meter)
    contents[licence] = licence_text(sources)


def _write(contents: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Writes the files where none of theirs stands, or one of a table before; else in a folder of their own in there.

    The names inside the table hold: files of one table stay together.
    """
    for number in count(1):
        target = folder if number == 1 else folder / (_STEM if number == 2 else f"{_STEM}_{number - 1}")
        if all(_may_write(target / name) for name in contents):
            break
    try:
        target.mkdir(exist_ok=True)
    except OSError as error:
        raise CrowdError(unwritable(target, error)) from error
    files = {target / name: content for name, content in contents.items()}
    write_all(files)
    return list(files)


def _may_write(path: Path) -> bool:
    try:
        return is_ours(path.read_bytes())
    except FileNotFoundError:
        return True
    except OSError:  # a folder, or nothing that this user may read: somebody else's
        return False
