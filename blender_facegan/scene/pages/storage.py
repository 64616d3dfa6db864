"""Where the pages of faces are kept: packed into the .blend, or as pictures in a folder beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.atlas.staging import free_names
from ...core.errors import CrowdError
from ..records import page
from .images import STEM as PAGE_STEM
from .page_set import STEM as PAGE_SET_STEM
from .page_set import is_page_set


class PageStorageError(CrowdError):
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
    for image in _ours():
        if image.packed_file is None:
            continue
        stem, ends = (PAGE_SET_STEM, ".{}.png") if is_page_set(image) else (PAGE_STEM, ".png")
        files = {ends.format(file.tile_number): bytes(file.packed_file.data) for file in image.packed_files}
        try:
            folder.mkdir(exist_ok=True)
            name = _put(files, folder, stem)
        except OSError as error:
            raise PageStorageError(
                rpt_("{}: cannot be written ({}): choose another place").format(folder, error.strerror)
            ) from error
        image.filepath_raw = f"//{folder.name}/{name}{ends.format('<UDIM>')}"
        image.unpack(method="REMOVE")
        written += len(files)
    return written, folder


def _put(files: Mapping[str, bytes], folder: Path, stem: str) -> str:
    """Writes the files and returns their name, behind which each has its ending; those that are there stay.

    Nothing is overwritten: Undo, backups and other files may show what is there.
    """
    for name in free_names(stem):
        paths = {folder / f"{name}{ending}": content for ending, content in files.items()}
        if all(path.is_file() and path.read_bytes() == content for path, content in paths.items()):
            return name
        if not any(path.exists() for path in paths):
            for path, content in paths.items():
                path.write_bytes(content)
            return name
    raise RuntimeError("names never end")


def has_pages(packed: bool) -> bool:
    """Whether pages of faces are packed into the .blend, or, if not `packed`, beside it."""
    return any((image.packed_file is not None) == packed for image in _ours())


def pages_folder() -> Path | None:
    """The folder of the pages that are kept as pictures; None where all are packed."""
    kept = (image for image in _ours() if image.packed_file is None and image.source in {"FILE", "TILED"})
    return next((Path(bpy.path.abspath(image.filepath)).parent for image in kept), None)


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
