"""What a crowd's characters may be kept as: objects, or points and single instances. Populate knows no more of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

from bpy.app.translations import pgettext_rpt as rpt_

from ...core.atlas.plan import Tile
from ...core.atlas.request import Bystander, Existing, Faces, Wanted
from ...core.errors import CrowdError
from ..people.characters import Skipped
from .settings import Settings


class Carried(NamedTuple):
    """A character as an artist knows it, and the mesh objects that carry its face, the finest level of detail first."""

    character: str
    meshes: tuple[str, ...]


class NothingToPopulateError(CrowdError):
    """Nothing in scope can get a face."""

    @classmethod
    def of(cls, what: str, skipped: Sequence[Skipped], remedy: str) -> "NothingToPopulateError":
        """What is not there: for a reason of the first that was skipped, or, where nothing was, with the remedy."""
        if not skipped:
            return cls(what, remedy)
        first, *others = skipped
        more = rpt_(" and {} more objects").format(len(others)) if others else ""
        return cls(f"{first.name} ({first.reason}){more}", first.remedy, where=what)


@dataclass(frozen=True, kw_only=True)
class Store:
    """The characters as they were looked at, in plain values.

    Blender's data may go, and moves at an undo, while faces are made: it is remembered by `session_uid` and found again
    by `check`.

    wanted: the characters in scope. skipped: who is left out, and why. pages: the pages of faces that there are.
    others: the characters out of scope that have a face on these pages. is_drawn: whether the scene is to show what the
    mix came out as; not where faces were revised. picture_side: of the nearest character's face, in pixels of the
    render; 0 where that does not matter, or nobody is seen. one_image: whether all pages are parts of one image, and so
    are needed as files together.
    """

    wanted: Sequence[Wanted]
    skipped: Sequence[Skipped]
    pages: Sequence[Existing]
    others: Mapping[Tile, Bystander]
    is_drawn: bool = False
    picture_side: float = 0.0
    one_image: ClassVar[bool] = False

    @property
    def replaced(self) -> int:
        """Characters who have a face and are to get another."""
        raise NotImplementedError

    def check(self, faces: Faces, settings: Settings, beside: Path | None) -> "Writing":
        """Finds everything again and makes sure that it can be written; changes nothing.

        beside: the folder for pages; None packs them. Raises CrowdError, before anything is written.
        """
        raise NotImplementedError


class Writing(Protocol):
    """What is to be written down, after the check."""

    @property
    def present(self) -> Sequence[Wanted]:
        """The characters that are still there."""
        ...

    @property
    def gone(self) -> Sequence[str]:
        """What is not there any more, or can no longer show a face, by name."""
        ...

    @property
    def shared(self) -> int:
        """Characters whose identity another has too, so that they have one face."""
        ...

    @property
    def carried(self) -> Sequence[Carried]:
        """Which meshes carry the faces: of each character, in the order of `present`, or of what is instanced."""
        ...

    def write(self) -> Sequence[str]:
        """Writes pages, properties and materials.

        Returns the names of the instanced objects that show the faces. Raises CrowdError where a page cannot be written
        as a file: then nothing else was.
        """
        ...

    def name_of(self, uid: int) -> str | None:
        """How an artist is told which character it is; None for one that has gone."""
        ...
