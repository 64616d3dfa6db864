"""The pages of faces that instances show: all of them tiles of one image, so that one material reaches every face.

The image has a UDIM tile for each page: page i stands at (i % 10, i // 10) in UV units. A tile of a face that is
counted from there needs no page number beside it.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import ArrayLike, NDArray

from ..core.atlas import AtlasPlan
from . import png
from .generation import Existing, Faces
from .layout import OldPage
from .records import page

__all__ = ["MAX_PAGES", "PageSetError", "existing_pages", "is_page_set", "tiles_of", "write_page_set"]

MAX_PAGES = 1000
"""UDIM tiles that Blender knows: 1001 to 2000."""
_MARK = "facegan_page_set"
_NAME = "Crowd Faces Set"
_FIRST, _COLUMNS = 1001, 10


class PageSetError(Exception):
    """Pages that cannot be used or made. The message is one line with the remedy."""


def is_page_set(image: bpy.types.Image | None) -> bool:
    """Whether the image holds the pages of instances."""
    return image is not None and bool(image.get(_MARK))


def tiles_of(atlas: AtlasPlan, slots: ArrayLike) -> NDArray[np.float32]:
    """The slots' tiles: float32 [N, 4], lower left corner (u, v) and size (u, v), pages laid out as UDIM tiles."""
    pages, cells = np.divmod(np.asarray(slots, np.int64), atlas.per_page)
    rows, columns = np.divmod(cells, atlas.columns)
    sizes = np.array(atlas.pages, np.float64).reshape(-1, 2)[pages]
    corners = np.stack((columns, rows), axis=-1) * atlas.cell + atlas.gutter
    places = np.stack((pages % _COLUMNS, pages // _COLUMNS), axis=-1)
    return np.concatenate((places + corners / sizes, atlas.tile / sizes), axis=-1).astype(np.float32)


def existing_pages(image: bpy.types.Image) -> list[Existing]:
    """The pages of the image in their order. Raises PageSetError when someone else has changed its pictures."""
    record = page(image)
    cell = record.tile + 2 * record.gutter
    found = []
    for content in _contents(image):
        size = png.size(content)
        if size is None:
            raise PageSetError(
                rpt_("{} was changed by hand: remove the faces of its instances and populate again").format(image.name)
            )
        found.append(Existing(OldPage(*size, record.columns, cell), record.tile, record.gutter, content))
    return found


def write_page_set(faces: Faces, old: bpy.types.Image | None) -> bpy.types.Image:
    """Writes the pages and returns their image, which takes the old one's place everywhere. Raises PageSetError."""
    if len(faces.pages) > MAX_PAGES:
        raise PageSetError(
            rpt_("{:,} pages are more than {:,}: choose larger pages").format(len(faces.pages), MAX_PAGES)
        )
    if old is not None and faces.taken_over and all(made.png is None for made in faces.pages):
        return old
    kept = _contents(old) if old is not None and faces.taken_over else []
    contents = [made.png if made.png is not None else kept[i] for i, made in enumerate(faces.pages)]
    image = _packed(contents)
    image[_MARK] = True
    record = page(image)
    record.tile, record.gutter = faces.geometry
    record.columns = faces.atlas.columns
    if old is not None and faces.taken_over:
        name = old.name
        old.user_remap(image)
        bpy.data.images.remove(old)
        image.name = name
    return image


def _packed(contents: list[bytes]) -> bpy.types.Image:
    # Blender packs the tiles of an image from their files alone.
    with TemporaryDirectory(prefix="crowd-faces-") as folder:
        for i, content in enumerate(contents):
            (Path(folder) / f"{_NAME}.{_FIRST + i}.png").write_bytes(content)
        image: Any = bpy.data.images.load(str(Path(folder) / f"{_NAME}.{_FIRST}.png"))
        image.source = "TILED"
        image.filepath = str(Path(folder) / f"{_NAME}.<UDIM>.png")
        there = {tile.number for tile in image.tiles}
        for i in range(len(contents)):
            if _FIRST + i not in there:
                image.tiles.new(tile_number=_FIRST + i)
        image.pack()
    # What is packed no longer has a file: leave a name that means something in the artist's folder.
    image.filepath_raw = f"//{_NAME}.<UDIM>.png"
    image.name = _NAME
    image.colorspace_settings.name = "sRGB"
    return image  # type: ignore[no-any-return]


def _contents(image: bpy.types.Image) -> list[bytes]:
    """The pages' files, in their order, packed or beside the .blend."""
    by_number: dict[int, bytes] = {}
    files: Any = image.packed_files
    for file in files:
        by_number[file.tile_number] = bytes(file.packed_file.data)
    if not by_number:
        pattern = bpy.path.abspath(image.filepath)
        try:
            for tile in image.tiles:
                by_number[tile.number] = Path(pattern.replace("<UDIM>", str(tile.number))).read_bytes()
        except OSError as error:
            raise PageSetError(
                rpt_("{}: cannot be read ({}): pack {}").format(error.filename, error.strerror, image.name)
            ) from error
    return [by_number[number] for number in sorted(by_number)]
