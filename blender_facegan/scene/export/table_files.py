"""The files of a crowd table: where they go, and which of a table before go with it."""

from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path

from ...core.errors import CrowdError
from ...core.export.written_table import WrittenTable, is_ours, read_table
from .picture_files import unwritable, write_all

CSV, JSON, LICENCE = "crowd.csv", "crowd.json", "LICENCE.txt"
_STEM = "crowd"


def place_for(names: Iterable[str], folder: Path, has_pages: bool) -> Path:
    """The folder for a table with these files: the one that is asked for, where none of its files is somebody else's.

    Otherwise one in there: files of one table stay together. Those of a table before are written again, but a table of
    pages and one of pictures that characters have of their own do not take each other's place.
    """
    wanted = list(names)
    for number in count(1):
        target = folder if number == 1 else folder / (_STEM if number == 2 else f"{_STEM}_{number - 1}")
        before = table_in(target)
        is_same_kind = before is None or bool(before.files) == has_pages
        if is_same_kind and all(_may_write(target / name) for name in wanted):
            return target
    raise RuntimeError("numbers never end")


def table_in(folder: Path) -> WrittenTable | None:
    """The table that stands in the folder; None where there is none of ours."""
    try:
        return read_table((folder / JSON).read_bytes())
    except OSError:
        return None


def write_table(contents: Mapping[str, bytes], folder: Path) -> None:
    """Writes the files, and takes away what the table before had besides. Raises CrowdError."""
    before = table_in(folder)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise CrowdError(unwritable(folder, error)) from error
    write_all({folder / name: content for name, content in contents.items()})
    for name in before.files if before is not None else ():
        # A name alone: what an edited table says must not lead elsewhere.
        path = folder / Path(name).name
        if path.name not in contents and path.is_file() and _may_write(path):
            path.unlink()


def _may_write(path: Path) -> bool:
    try:
        return is_ours(path.read_bytes())
    except FileNotFoundError:
        return True
    except OSError:  # a folder, or nothing that this user may read: somebody else's
        return False
