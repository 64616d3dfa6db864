"""Pages as files, written by the thread that makes them, so that Blender's own thread only takes them over.

No Blender in here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import CrowdError

FIRST_TILE = 1001
"""The number of the first UDIM tile."""


class PageFileError(CrowdError):
    """A page's file that cannot be written or read. The message names it and the remedy."""

    def __init__(self, path: Path | str, what: str, error: OSError, remedy: str) -> None:
        super().__init__(f"cannot be {what} ({error.strerror})", remedy, path)


@dataclass(frozen=True)
class Staging:
    """That pages are wanted as files: in which folder, and whether those that stay as they are go there too.

    The latter only if any page is new.
    """

    folder: Path
    whole: bool


class StagedPages:
    """Files of pages in a folder of their own, which goes when it is closed or nobody holds it any more."""

    def __init__(self, parent: Path) -> None:
        """Raises PageFileError for a parent that cannot be written; it is made if it is not there."""
        try:
            parent.mkdir(parents=True, exist_ok=True)
            self._folder = TemporaryDirectory(prefix=".crowd-faces-", dir=parent, ignore_cleanup_errors=True)
        except OSError as error:
            raise PageFileError(parent, "written", error, "choose another place") from error

    def put(self, name: str, content: bytes) -> Path:
        """Writes a page and returns its file. Raises PageFileError."""
        path = Path(self._folder.name) / name
        try:
            path.write_bytes(content)
        except OSError as error:
            raise PageFileError(path.parent, "written", error, "make room, or choose another place") from error
        return path

    def close(self) -> None:
        """Takes away what is still in the folder, and the folder."""
        self._folder.cleanup()


def staged_name(index: int) -> str:
    """What the file of a page is called: numbered as UDIM tiles are, so that Blender takes all for one image."""
    return f"page.{FIRST_TILE + index}.png"


def free_names(stem: str) -> Iterator[str]:
    """The stem with 1, 2, 3 and so on behind it."""
    return (f"{stem}-{number}" for number in count(1))


def claim(paths: Iterable[Path]) -> bool:
    """Makes all of these files, empty, so that no other program takes their names; if any is there, makes none.

    Raises OSError.
    """
    made: list[Path] = []
    try:
        for path in paths:
            path.open("xb").close()
            made.append(path)
    except OSError as error:
        for path in made:
            path.unlink()
        if isinstance(error, FileExistsError):
            return False
        raise
    return True


def place(staged: Mapping[str, Path], folder: Path, stem: str) -> str:
    """Moves files into the folder under the first free name of that stem, and returns the name.

    staged: files by what their names have behind it. Nothing is ever overwritten: Undo, backups and other files may
    show what is there, and other Blenders may write there at the same time. Raises PageFileError.
    """
    target = folder
    for name in free_names(stem):
        targets = {ending: folder / f"{name}{ending}" for ending in staged}
        try:
            if not claim(targets.values()):
                continue
            for ending, path in staged.items():
                target = targets[ending]
                path.replace(target)
        except OSError as error:
            raise PageFileError(target, "written", error, "choose another place") from error
        return name
    raise RuntimeError("names never end")
