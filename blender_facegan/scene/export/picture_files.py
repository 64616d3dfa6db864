"""Pictures as files: whose they are, which may be written again, and never half of one."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.atlas import png
from ...core.atlas.file_names import file_names
from ...core.errors import CrowdError
from ..records import path_beside


def check_folder(folder: Path) -> None:
    """Makes the folder, and sure that files can be written there, before any work is done. Raises CrowdError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Asked for its rights, a folder of a network may promise more than it keeps.
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CrowdError(unwritable(folder, error)) from error


def check_file(path: Path) -> None:
    """Makes sure that a file can be written there, before any work is done. Raises CrowdError."""
    check_folder(path.parent)
    if path.is_dir():
        raise CrowdError(rpt_("{} is a folder").format(path), rpt_("name the file to write"))


def owner(obj: bpy.types.Object) -> str:
    """Tells the object from those of other libraries that are called the same."""
    return f"{obj.name}\n{Path(obj.library.filepath).name}" if obj.library is not None else obj.name


def free_files(names: Sequence[str], owners: Sequence[str], folder: Path, endings: Sequence[str] = ()) -> list[Path]:
    """A file for each name. One that is there is only written again where it is a picture of the same owner.

    endings: what comes behind each name, `.png` where it is not given.
    """

    def is_free(index: int, name: str) -> bool:
        path = folder / f"{name}{endings[index] if endings else '.png'}"
        return not os.path.lexists(path) or _owner_of(path) == owners[index]

    found = file_names(names, is_free)
    return [folder / f"{name}{endings[index] if endings else '.png'}" for index, name in enumerate(found)]


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file that is there whole or not at all. Raises CrowdError."""
    write_all({path: content})


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Writes files, none of which is put in its place before all are written. Raises CrowdError."""
    own = token_hex(4)  # Another Blender may write the same files now.
    parts = {path: path.with_name(f".{path.name}.{own}.part") for path in contents}
    path = next(iter(parts))
    try:
        for path, content in contents.items():
            parts[path].write_bytes(content)
        for path, part in parts.items():
            part.replace(path)
    except OSError as error:
        raise CrowdError(unwritable(path, error)) from error
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def write_picture(pixels: NDArray[np.uint8], target: Path, alpha: bool, whose: str) -> None:
    """Writes a PNG with the marks of its owner and of pictures that a model has made. Raises CrowdError.

    pixels: [height, width, 4], bottom row first, sRGB. alpha: whether the fourth channel is kept.
    """
    write_whole(target, png.with_owner(png.encode(pixels[::-1], alpha), whose))


def load_picture(target: Path) -> bpy.types.Image:
    """The picture as an image, its path told from where the .blend is."""
    for known in bpy.data.images:
        if known.library is None and known.users == 0 and bpy.path.abspath(known.filepath) == str(target):
            bpy.data.images.remove(known)
    image: Any = bpy.data.images.load(str(target), check_existing=False)
    image.filepath = path_beside(target)
    return image  # type: ignore[no-any-return]


def unwritable(path: Path, error: OSError) -> str:
    """The line that tells of it."""
    return rpt_("Cannot write {} ({}): choose another folder").format(path, error.strerror)


def _owner_of(path: Path) -> str | None:
    try:
        return png.owner_of(path.read_bytes())
    except OSError:  # a folder, or nothing that this user may read: somebody else's
        return None
