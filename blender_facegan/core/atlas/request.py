"""What is asked of the worker, and what comes back. All of it crosses to another thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..likeness.separation import AlikePair
from ..model.card import Card
from ..people.population import Recipe, character_seed
from . import png
from .plan import AtlasPlan, OldPage, Tile
from .staging import StagedPages, Staging

Color = tuple[float, float, float]


class CancelledError(Exception):
    """The artist stopped the making of faces."""


@dataclass(frozen=True)
class Existing:
    """A page that is in the file: tile and gutter in pixels, and its content, an own PNG file or uint8 [H, W, 3]."""

    shape: OldPage
    tile_side: int
    gutter: int
    content: bytes | NDArray[np.uint8]

    def pixels(self) -> NDArray[np.uint8]:
        """uint8 [H, W, 3], row 0 at the top. Raises ValueError for what is no file of ours."""
        if not isinstance(self.content, bytes):
            return self.content
        pixels = png.decode(self.content)
        if pixels is None:
            raise ValueError("a page's content is not a file of ours")
        return pixels

    def file(self) -> bytes:
        """The page as an own PNG file."""
        return self.content if isinstance(self.content, bytes) else png.encode(self.content)

    def picture(self, pixels: NDArray[np.uint8], cell: int) -> NDArray[np.uint8]:
        """The face in a cell of the page's `pixels`: uint8 [tile, tile, 3], row 0 at the top, a view."""
        row, column = divmod(cell, self.shape.columns)
        left = column * self.shape.cell_side + self.gutter
        bottom = self.shape.height - row * self.shape.cell_side - self.gutter
        return pixels[bottom - self.tile_side : bottom, left : left + self.tile_side]


@dataclass(frozen=True)
class Wanted:
    """A character in scope: who it is, and the face it has. locked: that face stays whatever the recipe says.

    A face that is made anew may be made from another seed, derived from `key`: may_change: if it looks like another's;
    may_be_refused: if the model doubts it.
    """

    uid: int
    recipe: Recipe
    tile: Tile | None = None
    made_with: str = ""
    locked: bool = False
    key: str = ""
    may_change: bool = False
    may_be_refused: bool = False

    def rerolled(self) -> "Wanted":
        """The same character with its next face: the same again for the same seed and key."""
        return replace(self, recipe=replace(self.recipe, seed=character_seed(self.recipe.seed, self.key)))


class Bystander(NamedTuple):
    """A character out of scope, and the seed of the face it shows."""

    uid: int
    seed: int


@dataclass(frozen=True)
class Request:
    """What to make. `others` are the tiles of characters out of scope: they are kept, but may move.

    likeness: the distance (see `core.likeness.descriptors`) that new faces keep from all others; None where it does not
    matter. staging: where pages are left as files; None where they are wanted in memory. face_size: the largest side of
    a face in pixels; None for whatever the model makes. larger: a model file that draws the same people larger, whose
    faces stay where there are any. even_light: how far photographs' lamps are taken out, 0 to 1. refusing: the model
    file that is asked which faces would be broken; None where they will do. It draws the same people as `model`: who
    they are does not hang on the size of their faces.
    """

    model: Path
    wanted: Sequence[Wanted]
    pages: Sequence[Existing] = ()
    others: Mapping[Tile, Bystander] = field(default_factory=dict)
    gutter: int = 4
    page_size: int = 4096
    threads: int | None = None
    likeness: float | None = None
    staging: Staging | None = None
    face_size: int | None = None
    larger: Path | None = None
    even_light: float = 0.0
    refusing: Path | None = None


@dataclass(frozen=True)
class Place:
    """Where a character's face is now: its tile's index, and what it was made with. None: left as it was."""

    tile_index: int | None
    made_with: str
    fresh: bool


@dataclass(frozen=True)
class MadePage:
    """A page of the atlas: its size in pixels, and its PNG file, in memory or, where the request asks for it, on disk.

    is_new: whether it is to be written; otherwise the page in the file can stay as it is.
    """

    width: int
    height: int
    is_new: bool
    png: bytes | None = None
    path: Path | None = None


@dataclass
class Faces:
    """What was made.

    moved: new tile indices of old tiles that were kept. unmoved: those of these tiles that are where they were, in
    pixels and in UV units. skins: linear RGB of fresh faces.

    rerolled: the new seeds of characters whose first face was doubted, or too like another's, by uid; refused, parted:
    how many were drawn again for the one and for the other. alike: new faces that still are like another's. closest:
    the most alike of all pairs with a new face, by uid. staged: holds the pages' files until `discard`.
    """

    card: Card
    atlas: AtlasPlan
    geometry: tuple[int, int]
    pages: list[MadePage] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    moved: dict[Tile, int] = field(default_factory=dict)
    unmoved: frozenset[Tile] = frozenset()
    skins: dict[int, Color] = field(default_factory=dict)
    taken_over: tuple[int, ...] = ()
    rerolled: dict[int, int] = field(default_factory=dict)
    refused: int = 0
    parted: int = 0
    alike: int = 0
    closest: AlikePair | None = None
    staged: StagedPages | None = None

    def recipe(self, uid: int, asked: Recipe) -> Recipe:
        """Whom the character `uid` is, now that its face is made: as `asked`, but for the seed if drawn again."""
        seed = self.rerolled.get(uid)
        return asked if seed is None else replace(asked, seed=seed)

    def discard(self) -> None:
        """Takes the pages' files away, once Blender has taken them over or nobody will."""
        if self.staged is not None:
            self.staged.close()
