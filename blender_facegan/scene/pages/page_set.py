"""The pages of faces that instances show: all of them tiles of one image, so that one material reaches every face.

The image has a UDIM tile for each page: page i stands at (i % 10, i // 10) in UV units. A tile of a face that is
counted from there needs no page number beside it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import ArrayLike, NDArray

from ...core.atlas import png
from ...core.atlas.plan import AtlasPlan, OldPage
from ...core.atlas.request import Existing, Faces
from ...core.atlas.staging import FIRST_TILE, place, staged_name
from ...core.errors import CrowdError, system_refusals
from ..records import file_of, page, path_beside

MAX_PAGES = 1000
"""UDIM tiles that Blender knows: 1001 to 2000."""
_MARK = "facegan_page_set"
_NAME = "Crowd Faces Set"
STEM = "instances"
"""How the files of a page set begin."""
_COLUMNS = 10


def is_page_set(image: bpy.types.Image | None) -> bool:
    """Whether the image holds the pages of instances."""
    return image is not None and bool(image.get(_MARK))


def tiles_of(atlas: AtlasPlan, tile_indices: ArrayLike) -> NDArray[np.float32]:
    """Tiles by index: float32 [N, 4], lower left corner (u, v) and size (u, v), pages laid out as UDIM tiles."""
    pages, cells = np.divmod(np.asarray(tile_indices, np.int64), atlas.per_page)
    rows, columns = np.divmod(cells, atlas.columns)
    sizes = np.array(atlas.pages, np.float64).reshape(-1, 2)[pages]
    corners = np.stack((columns, rows), axis=-1) * atlas.cell_side + atlas.gutter
    places = np.stack((pages % _COLUMNS, pages // _COLUMNS), axis=-1)
    return np.concatenate((places + corners / sizes, atlas.tile_side / sizes), axis=-1).astype(np.float32)


def existing_pages(image: bpy.types.Image) -> list[Existing]:
    """The pages of the image in their order. Raises CrowdError when someone else has changed its pictures."""
    found = []
    for content in _contents(image):
        size = png.size(content)
        if size is None:
            raise CrowdError(
                rpt_("{} was changed by hand").format(image.name),
                rpt_("remove the faces of its instances and populate again"),
            )
        found.append(page_of(image, size, content))
    return found


def page_of(image: bpy.types.Image, size: tuple[int, int], content: bytes | NDArray[np.uint8]) -> Existing:
    """A page of the image, of this size and content."""
    record = page(image)
    shape = OldPage(*size, record.columns, record.tile + 2 * record.gutter)
    return Existing(shape, record.tile, record.gutter, content)


def check_count(faces: Faces) -> None:
    """Raises CrowdError for more pages than one image can hold."""
    if len(faces.pages) > MAX_PAGES:
        raise CrowdError(
            rpt_("{:,} pages are more than {:,}").format(len(faces.pages), MAX_PAGES), rpt_("choose larger pages")
        )


def write_page_set(faces: Faces, old: bpy.types.Image | None, beside: Path | None) -> bpy.types.Image:
    """Takes the pages over and returns their image, which takes the old one's place everywhere.

    faces: made with all pages staged. beside: the folder for the pages; None packs them. Raises PageFileError, before
    anything is changed.
    """
    if old is not None and faces.taken_over and not any(made.is_new for made in faces.pages):
        return old
    paths = [made.path for made in faces.pages if made.path is not None]
    image = _packed(paths) if beside is None else _beside(paths, beside)
    faces.discard()
    image.name = _NAME
    image.colorspace_settings.name = "sRGB"
    image[_MARK] = True
    record = page(image)
    record.tile, record.gutter = faces.geometry
    record.columns = faces.atlas.columns
    if old is not None and faces.taken_over:
        name = old.name
        old.user_remap(image)
        bpy.data.images.remove(old)
        image.name = name
    return image  # type: ignore[no-any-return]


def _packed(paths: Sequence[Path]) -> Any:
    # Blender packs the tiles of an image from their files alone.
    image = _tiled(paths[0].with_name(staged_name(0)), len(paths))
    image.pack()
    # What is packed no longer has a file: leave a name that means something in the artist's folder.
    image.filepath_raw = f"//{_NAME}.<UDIM>.png"
    return image


def _beside(paths: Sequence[Path], folder: Path) -> Any:
    name = place({f".{FIRST_TILE + i}.png": path for i, path in enumerate(paths)}, folder, STEM)
    image = _tiled(folder / f"{name}.{FIRST_TILE}.png", len(paths))
    image.filepath_raw = path_beside(folder / f"{name}.<UDIM>.png")
    return image


def _tiled(first: Path, count: int) -> Any:
    """An image of the tile in the file and of those beside it."""
    return as_tiles(bpy.data.images.load(str(first)), range(FIRST_TILE, FIRST_TILE + count))


def as_tiles(image: Any, numbers: Sequence[int]) -> Any:
    """Makes the image of the first tile's file one of all UDIM tiles of these numbers, whose files are beside it."""
    image.source = "TILED"
    image.filepath = image.filepath.replace(f".{numbers[0]}.", ".<UDIM>.")
    there = {tile.number for tile in image.tiles}
    for number in numbers:
        if number not in there:
            image.tiles.new(tile_number=number)
    return image


def _contents(image: bpy.types.Image) -> list[bytes]:
    """The pages' files, in their order, packed or beside the .blend."""
    by_number: dict[int, bytes] = {}
    files: Any = image.packed_files
    for file in files:
        by_number[file.tile_number] = bytes(file.packed_file.data)
    if not by_number:
        pattern = str(file_of(image))
        for tile in image.tiles:
            path = Path(pattern.replace("<UDIM>", str(tile.number)))
            with system_refusals(rpt_("cannot be read ({})"), rpt_("pack {}").format(image.name), path):
                by_number[tile.number] = path.read_bytes()
    return [by_number[number] for number in sorted(by_number)]
