"""The node groups and billboard materials as assets: a file of their own, which Blender's asset browser shows."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import bpy
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from numpy.typing import NDArray

from ...core.errors import CrowdError
from ..instances.face_id import face_id_group
from ..materials.face_nodes import face_group
from ..materials.materials import billboard_material
from ..materials.skin_matching import SKIN_GROUP, skin_group

LIBRARY = "Crowd Faces"
"""Name of the library and of its catalog."""
FILE = "crowd_faces.blend"
_CATALOGS = "blender_assets.cats.txt"
_CATALOG = "6f0b8d0e-5c0f-4a57-9a54-1f6b6c2a7b11"
_LICENCE = "GPL-3.0-or-later"


class _Asset(NamedTuple):
    """An asset: its name, what to do with it, and how to make it."""

    name: str
    description: str
    make: Callable[[], Any]


ASSETS: tuple[_Asset, ...] = (
    _Asset(
        "Crowd Face Head",
        "Lays the face of a head on its front. Put it ahead of a color anywhere in a material, then populate",
        lambda: face_group("FACE", None).copy(),
    ),
    _Asset(
        "Crowd Face UV",
        "Lays the face of a head where the active UV map covers 0 to 1. Put it ahead of a color, then populate",
        lambda: face_group("UV", None).copy(),
    ),
    _Asset(
        "Crowd Face Billboard",
        "Lays the face across a flat mesh. Connect color and alpha in a material, then populate",
        lambda: face_group("PLANE", None).copy(),
    ),
    _Asset(SKIN_GROUP, "Colors necks, hands and bodies like the skin of their character", lambda: skin_group().copy()),
    _Asset(
        "Crowd Face ID",
        "Gives instances faces from a table. Add it as a modifier with the button Add Face ID",
        lambda: face_id_group().copy(),
    ),
    _Asset(
        "Crowd Billboard",
        "A face cut out softly, lit by the scene. Assign it to a plane, then populate",
        lambda: billboard_material(face_group("PLANE", None), "LIT"),
    ),
    _Asset(
        "Crowd Billboard Emission",
        "A face cut out softly, as bright as its picture. Assign it to a plane, then populate",
        lambda: billboard_material(face_group("PLANE", None), "EMISSION"),
    ),
)


def write_assets(folder: Path, picture: NDArray[np.uint8]) -> Path:
    """Writes the assets' file and catalog into the folder and returns the file. The open file stays as it is.

    picture: uint8 [H, W, 3], row 0 at the top, the face that their previews show. Raises CrowdError.
    """
    target = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _CATALOGS).write_text(f"VERSION 1\n\n{_CATALOG}:{LIBRARY}:{LIBRARY}\n", encoding="utf-8")
    except OSError as error:
        raise CrowdError(_unwritable(target, error)) from error
    before = _blocks()
    try:
        with ExitStack() as names:
            made = {asset: asset.make() for asset in ASSETS}
            for asset, block in made.items():
                names.enter_context(_named(block, asset.name))
                _mark(block, asset, picture)
            _write(target, set(made.values()))
    finally:
        _remove(_blocks() - before)
    return target


def _write(target: Path, blocks: set[Any]) -> None:
    try:
        bpy.data.libraries.write(str(target), blocks, fake_user=True, compress=True)
    except RuntimeError as error:
        raise CrowdError(_unwritable(target, error)) from error


def _unwritable(target: Path, error: Exception) -> str:
    return rpt_("Cannot write {} ({}): check the folder's permissions").format(target, error)


def is_known(context: bpy.types.Context, folder: Path) -> bool:
    """Whether the folder is one of Blender's asset libraries."""
    return bool(_registered(context, folder))


def know_library(context: bpy.types.Context, folder: Path) -> None:
    """Makes the folder one of Blender's asset libraries, once."""
    if not is_known(context, folder):
        _libraries(context).new(name=LIBRARY, directory=str(folder))


def forget_library(context: bpy.types.Context, folder: Path) -> None:
    """Takes the folder off Blender's asset libraries and removes the files that `write_assets` wrote."""
    for library in _registered(context, folder):
        _libraries(context).remove(library)
    for name in (FILE, f"{FILE}1", _CATALOGS):
        (folder / name).unlink(missing_ok=True)


def _libraries(context: bpy.types.Context) -> Any:
    preferences: Any = context.preferences
    return preferences.filepaths.asset_libraries


def _registered(context: bpy.types.Context, folder: Path) -> list[Any]:
    return [library for library in _libraries(context) if Path(library.path) == folder]


def _blocks() -> set[Any]:
    return {*bpy.data.node_groups, *bpy.data.materials}


def _remove(blocks: set[Any]) -> None:
    for material in [block for block in blocks if isinstance(block, bpy.types.Material)]:
        bpy.data.materials.remove(material)
    for group in [block for block in blocks if not isinstance(block, bpy.types.Material)]:
        bpy.data.node_groups.remove(group)


@contextmanager
def _named(block: Any, name: str) -> Iterator[None]:
    """Gives a block the very name, lent by whoever has it in this file."""
    others: Any = bpy.data.materials if isinstance(block, bpy.types.Material) else bpy.data.node_groups
    holder = next((other for other in others if other.name == name and other.library is None and other != block), None)
    if holder is not None:
        holder.name = f"{name} (lent)"
    block.name = name
    try:
        yield
    finally:
        if holder is not None:
            block.name = f"{name} (written)"
            holder.name = name


def _mark(block: Any, asset: _Asset, picture: NDArray[np.uint8]) -> None:
    block.asset_mark()
    data = block.asset_data
    data.description, data.author, data.license = asset.description, LIBRARY, _LICENCE
    data.catalog_id = _CATALOG
    data.tags.new("crowd")
    data.tags.new("face")
    preview = block.preview_ensure()
    preview.image_size = picture.shape[1], picture.shape[0]
    preview.image_pixels_float.foreach_set(_cut_out(picture).ravel())


def _cut_out(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The picture within a soft oval: float32 [H, W, 4], bottom row first."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width]
    distance = np.hypot((columns + 0.5) / width * 2 - 1, (rows + 0.5) / height * 2 - 1)
    alpha = np.clip((1 - distance) / 0.15, 0, 1)
    return np.dstack([picture / 255, alpha]).astype(np.float32)[::-1]
