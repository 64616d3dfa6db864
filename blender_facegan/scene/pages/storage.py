"""Where the pages of faces are kept: packed into the .blend, or as pictures in a folder beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.atlas import png
from ...core.atlas.staging import claim, free_names
from ...core.errors import CrowdError, system_refusals
from ..records import file_of, page
from .images import STEM as PAGE_STEM
from .page_set import STEM as PAGE_SET_STEM
from .page_set import is_page_set


def save_pages() -> tuple[int, Path]:
    """Writes every page into a folder beside the .blend, and has the images read from there.

    Returns how many files, and the folder, which is called as the .blend with `_faces` behind. Raises CrowdError
    when the .blend was never saved, and for a folder that cannot be written.
    """
    if not bpy.data.filepath:
        raise CrowdError(
            rpt_("The file was never saved"), rpt_("save it first, so that the pages have a place beside it")
        )
    folder, written = _folder_beside(Path(bpy.data.filepath)), 0
    for image in _ours():
        if image.packed_file is None:
            continue
        stem, ends = (PAGE_SET_STEM, ".{}.png") if is_page_set(image) else (PAGE_STEM, ".png")
        files = {ends.format(file.tile_number): png.marked(bytes(file.packed_file.data)) for file in image.packed_files}
        with system_refusals(rpt_("cannot be written ({})"), rpt_("choose another place"), folder):
            folder.mkdir(exist_ok=True)
            name = _put(files, folder, stem)
        image.filepath_raw = f"//{folder.name}/{name}{ends.format('<UDIM>')}"
        image.unpack(method="REMOVE")
        written += len(files)
    return written, folder


def _put(files: Mapping[str, bytes], folder: Path, stem: str) -> str:
    """Writes the files and returns their name, behind which each has its ending; those that are there stay.

    Nothing is overwritten: Undo, backups and other files may show what is there, and other Blenders may write there.
    """
    for name in free_names(stem):
        paths = {folder / f"{name}{ending}": content for ending, content in files.items()}
        if all(path.is_file() and path.read_bytes() == content for path, content in paths.items()):
            return name
        if claim(paths):
            for path, content in paths.items():
                path.write_bytes(content)
            return name
    raise RuntimeError("names never end")


def has_pages(packed: bool) -> bool:
    """Whether pages of faces are packed into the .blend, or, if not `packed`, beside it."""
    return any((image.packed_file is not None) == packed for image in _ours())


def pages_folder(saved_as: Path | None = None) -> Path | None:
    """The folder for new pages where any are kept as pictures: that of this .blend; None where all are packed.

    saved_as: the .blend that this one will be saved as; None for its own name. The pages that are there may stand
    beside another file: this one was saved under a new name, or they were appended.
    """
    kept = [image for image in _ours() if image.packed_file is None and image.source in {"FILE", "TILED"}]
    if not kept:
        return None
    blend = saved_as or (Path(bpy.data.filepath) if bpy.data.filepath else None)
    return _folder_beside(blend) if blend is not None else file_of(kept[0]).parent


def _folder_beside(blend: Path) -> Path:
    return blend.with_name(f"{blend.stem}_faces")


def pack_pages() -> int:
    """Packs the pages that are beside the .blend into it and returns how many images. Raises CrowdError."""
    count = 0
    for image in _ours():
        if image.packed_file is not None:
            continue
        try:
            image.pack()
        except RuntimeError as error:
            reason = str(error).strip().removeprefix("Error: ")
            raise CrowdError(
                rpt_("cannot be packed ({})").format(reason), rpt_("is {} there?").format(image.filepath), image.name
            ) from error
        count += 1
    return count


def _ours() -> list[Any]:
    images: list[Any] = [image for image in bpy.data.images if page(image).is_page or is_page_set(image)]
    return sorted((image for image in images if image.library is None), key=lambda image: image.name)
