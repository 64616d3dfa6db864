"""Where the pages of faces are kept: packed into the .blend, or as pictures in a folder beside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from .page_set import is_page_set
from .records import page

__all__ = ["PageStorageError", "pack_pages", "save_pages"]

_UDIM = "<UDIM>"


class PageStorageError(Exception):
    """Pages that cannot be written or packed. The message names the file and the remedy."""


def save_pages() -> tuple[int, Path]:
    """Writes every page into a folder beside the .blend, and has the images read from there.

    Returns how many files, and the folder, which is called as the .blend with `_faces` behind. Raises PageStorageError
    when the .blend was never saved, and for a folder that cannot be written.
    """
    if not bpy.data.filepath:
        raise PageStorageError(
            rpt_("The file was never saved: save it first, so that the pages have a place beside it")
        )
    blend = Path(bpy.data.filepath)
    folder = blend.with_name(f"{blend.stem}_faces")
    written = 0
    for image, pattern in _packed():
        try:
            folder.mkdir(exist_ok=True)
            for file in image.packed_files:
                name = pattern.replace(_UDIM, str(file.tile_number))
                (folder / name).write_bytes(bytes(file.packed_file.data))
                written += 1
        except OSError as error:
            raise PageStorageError(
                rpt_("{}: cannot be written ({}): choose another place").format(folder, error.strerror)
            ) from error
        image.filepath_raw = f"//{folder.name}/{pattern}"
        image.unpack(method="REMOVE")
    return written, folder


def pack_pages() -> int:
    """Packs the pages that are beside the .blend into it and returns how many images. Raises PageStorageError."""
    count = 0
    for image in _ours():
        if image.packed_file is not None:
            continue
        try:
            image.pack()
        except RuntimeError as error:
            reason = str(error).strip().removeprefix("Error: ")
            raise PageStorageError(
                rpt_("{}: cannot be packed ({}): is {} there?").format(image.name, reason, image.filepath)
            ) from error
        count += 1
    return count


def _ours() -> list[Any]:
    images: list[Any] = [image for image in bpy.data.images if page(image).is_page or is_page_set(image)]
    return sorted((image for image in images if image.library is None), key=lambda image: image.name)


def _packed() -> Iterator[tuple[Any, str]]:
    """The packed pages, each with the name of its file."""
    for number, image in enumerate(_ours(), 1):
        if image.packed_file is not None:
            yield image, f"instances-{number}.{_UDIM}.png" if is_page_set(image) else f"page-{number}.png"
