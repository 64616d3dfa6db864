"""Blender's files as a command handles them: opened as they are, saved whole or not at all."""

import os
import shutil
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import Any

import bpy

from ...core.errors import CrowdError

_PLAIN = b"BLENDER"
"""How a .blend begins that is not compressed."""


def open_file(path: Path) -> None:
    """Opens a .blend with its own windows, so that it is saved with what its artist has arranged. Raises CrowdError."""
    if not path.is_file():
        raise CrowdError("there is no such file", where=path)
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=True)
    except RuntimeError as error:
        raise CrowdError(f"cannot be opened ({told(error)})", where=path) from error


def is_of_newer_blender() -> bool:
    """Whether the open file holds what only a newer Blender knows, as far as Blender can tell: saved, it loses that."""
    data: Any = bpy.data
    return bool(tuple(data.version) > tuple(bpy.app.version_file))


def is_compressed(path: Path) -> bool:
    """Whether the .blend is compressed. Raises CrowdError."""
    try:
        with path.open("rb") as file:
            return file.read(len(_PLAIN)) != _PLAIN
    except OSError as error:
        raise CrowdError(f"cannot be read ({error.strerror})", where=path) from error


def check_writable(path: Path) -> None:
    """Makes sure that a .blend can be saved there, before any work is done for it. Raises CrowdError.

    Blender moves what is there out of the way, a folder too, and says nothing of it.
    """
    if path.is_dir():
        raise CrowdError("is a folder", "give the file to write, such as faces.blend", path)
    if not path.parent.is_dir():
        raise CrowdError(f"there is no folder {path.parent}", "make it, or choose another place", path)
    if path.exists() and not path.is_file():
        raise CrowdError("is no file", "choose another place", path)
    if path.exists() and not os.access(path, os.W_OK):
        raise CrowdError("is write-protected", "choose another place", path)
    try:
        # Asked for its rights, a folder of a network may promise more than it keeps.
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise CrowdError(f"cannot be written ({error.strerror})", "choose another place", path) from error


def save_file(path: Path, compress: bool) -> None:
    """Saves the open file, the paths in it made relative to its new place, and moves it there when it is whole.

    Blender itself writes to one name for all before it moves it, which others may be writing to now. What is there is
    kept under its other names, as many times as the preferences say. Raises CrowdError.
    """
    check_writable(path)
    part = path.with_name(f".{path.stem}.{token_hex(4)}.blend")
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(part), copy=True, check_existing=False, compress=compress)
        _keep_versions(path)
        part.replace(path)
    except (RuntimeError, OSError) as error:
        # On a full disk Blender tells whatever went wrong last.
        remedy = f"make room ({shutil.disk_usage(path.parent).free / 1e6:,.1f} MB are free), or choose another place"
        raise CrowdError(f"cannot be saved ({told(error)})", remedy, path) from error
    finally:
        for left in (part, part.with_name(f"{part.name}@")):
            left.unlink(missing_ok=True)


def _keep_versions(path: Path) -> None:
    """What is there becomes `.blend1`, what was that `.blend2`, and so on, as when Blender saves. Raises OSError."""
    preferences: Any = bpy.context.preferences
    versions = [path, *(path.with_name(f"{path.name}{i + 1}") for i in range(preferences.filepaths.save_version))]
    for older, newer in zip(versions[:1:-1], versions[-2:0:-1], strict=True):
        if newer.is_file():
            newer.replace(older)
    if len(versions) > 1 and path.is_file():
        # A second name of the same file where the disk knows such, so that there is one at any moment.
        second = path.with_name(f".{path.stem}.{token_hex(4)}.blend1")
        try:
            os.link(path, second)
        except OSError:
            shutil.copy2(path, second)
        second.replace(versions[1])


def told(error: Exception) -> str:
    """What went wrong in one line, as Blender or the system tells it."""
    return " ".join(str(getattr(error, "strerror", None) or error).split()).removeprefix("Error: ")
