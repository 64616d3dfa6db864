"""Pages of faces as images packed into the .blend."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.atlas import png
from ...core.atlas.plan import Tile
from ...core.atlas.request import Existing, Faces, MadePage
from ...core.atlas.staging import PageFileError, place
from ..records import character, face_material, file_of, page, path_beside
from .page_set import is_page_set, page_of

_NAME = "Crowd Faces"
STEM = "page"
"""How the file of a page begins."""


def pages_in_file() -> list[bpy.types.Image]:
    """The pages that may be written again, in their order. Pages of linked libraries are left alone."""
    ours = [image for image in bpy.data.images if page(image).is_page and image.library is None]
    return sorted(ours, key=lambda image: (page(image).index, image.name))


def existing(image: bpy.types.Image) -> Existing:
    """A page as `generation` wants it. Raises PageFileError for one whose file beside the .blend cannot be read."""
    content = _content(image)
    # Asked for its size, Blender would decode the picture.
    size = png.size(content) if isinstance(content, bytes) else None
    return page_of(image, size or _size(image), content)


def faces_on(images: Sequence[bpy.types.Image]) -> dict[int, tuple[Tile, int]]:
    """The tile and the seed of every character that shows a face of these pages, by `session_uid`."""
    index = {image.session_uid: i for i, image in enumerate(images)}
    found = {}
    for obj in bpy.data.objects:
        record = character(obj)
        if record.page is not None and record.page.session_uid in index and obj.is_editable:
            found[obj.session_uid] = Tile(index[record.page.session_uid], record.cell), record.seed
    return found


def write_pages(faces: Faces, old: list[bpy.types.Image], beside: Path | None) -> list[bpy.types.Image]:
    """Writes the pages that changed and returns all pages of the atlas, in order.

    old: the pages in the file as the order listed them. A page that is written again takes its old one's place in
    every material and on every object. beside: the folder for the pages, which are then staged; None packs them.
    Raises PageFileError, before anything is changed.
    """
    mine = [old[i] for i in faces.taken_over]
    new = _new_pages(faces, len(mine), beside)
    result = []
    for index in range(len(faces.pages)):
        before = mine[index] if index < len(mine) else None
        image = new.get(index, before)
        if image is None:
            raise RuntimeError(f"page {index} is neither there nor new")
        if before is not None and image != before:
            before.user_remap(image)
            name = before.name
            bpy.data.images.remove(before)
            image.name = name
        result.append(image)
    faces.discard()
    return result


def drop_unused() -> None:
    """Removes the add-on's materials, node groups and pages that nothing shows any more."""
    shown = {character(obj).page for obj in bpy.data.objects}
    _drop(bpy.data.materials, lambda one: face_material(one).role != "NONE")
    _drop(bpy.data.node_groups, lambda tree: bool(tree.get("facegan_projection")) and not tree.use_fake_user)
    _drop(
        bpy.data.images,
        lambda image: (page(image).is_page or is_page_set(image)) and image not in shown and not image.use_fake_user,
    )


def _drop(blocks: Any, is_ours: Callable[[Any], bool]) -> None:
    """Removes what is ours and unused, and then what only that has used: a baked material holds what it stands for.

    Who uses what is looked up. The count that Blender keeps is too high after a bake in Blender 4.2.
    """
    while ours := {block for block in blocks if block.library is None and is_ours(block)}:
        users = bpy.data.user_map(subset=ours)
        unused = [block for block in ours if not users.get(block)]
        for block in unused:
            blocks.remove(block)
        if not unused:
            return


def _new_pages(faces: Faces, taken_over: int, beside: Path | None) -> dict[int, bpy.types.Image]:
    """The images of the pages that are to be written, by their index: all of them, or none where one fails."""
    new: dict[int, bpy.types.Image] = {}
    try:
        for index, made in enumerate(faces.pages):
            if made.is_new or index >= taken_over:
                new[index] = _new_page(made, faces, index, beside)
    except PageFileError:
        for image in new.values():
            bpy.data.images.remove(image)
        raise
    return new


def _new_page(made: MadePage, faces: Faces, index: int, beside: Path | None) -> bpy.types.Image:
    image: Any = _packed(made.png or b"") if made.path is None or beside is None else _beside(made.path, beside)
    image.name = f"{_NAME} {index + 1}"
    image.colorspace_settings.name = "sRGB"
    record = page(image)
    record.is_page, record.index = True, index
    record.tile, record.gutter = faces.geometry
    record.columns = faces.atlas.columns
    return image  # type: ignore[no-any-return]


def _packed(data: bytes) -> Any:
    image: Any = bpy.data.images.new(_NAME, 1, 1)
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    return image


def _beside(path: Path, folder: Path) -> Any:
    placed = folder / f"{place({'.png': path}, folder, STEM)}.png"
    image: Any = bpy.data.images.load(str(placed))
    image.filepath_raw = path_beside(placed)
    return image


def _content(image: bpy.types.Image) -> bytes | NDArray[np.uint8]:
    data: Any = b"" if image.is_dirty else _file(image)
    if png.is_ours(data):
        return bytes(data)
    # Painted over, or packed or unpacked by Blender: its own pixels are what counts.
    width, height = _size(image)
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    rows = pixels.reshape(height, width, image.channels)[::-1, :, :3]
    return np.round(rows * 255).astype(np.uint8)


def _file(image: bpy.types.Image) -> Any:
    packed: Any = image.packed_file
    if packed is not None or image.source != "FILE":
        return packed.data if packed is not None else b""
    path = file_of(image)
    try:
        return path.read_bytes()
    except OSError as error:
        raise PageFileError(path, "read", error, f"put it back, or remove the faces of {image.name}") from error


def _size(image: bpy.types.Image) -> tuple[int, int]:
    size: Any = image.size
    return int(size[0]), int(size[1])
