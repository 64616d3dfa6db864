"""Makes the faces that a crowd lacks and lays them out on pages. No Blender in here: it runs in a thread of its own."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from ..core.atlas import AtlasPlan, compose
from ..core.card import Card
from ..core.engine import Engine
from ..core.model_file import read_model
from ..core.population import Recipe
from ..core.skin import skin_colour
from . import png
from .layout import Layout, OldPage, Tile, arrange

__all__ = ["CancelledError", "Existing", "Faces", "Generation", "MadePage", "Order", "Place", "Wanted", "make_faces"]

Color = tuple[float, float, float]


class CancelledError(Exception):
    """The artist stopped the making of faces."""


@dataclass(frozen=True)
class Existing:
    """A page that is in the file: tile and gutter in pixels, and its content, an own PNG file or uint8 [H, W, 3]."""

    shape: OldPage
    tile: int
    gutter: int
    content: bytes | NDArray[np.uint8]

    def pixels(self) -> NDArray[np.uint8]:
        """uint8 [H, W, 3], row 0 at the top."""
        if not isinstance(self.content, bytes):
            return self.content
        pixels = png.decode(self.content)
        if pixels is None:
            raise ValueError("a page's content is not a file of ours")
        return pixels


@dataclass(frozen=True)
class Wanted:
    """A character in scope: who it is, and the face it has. locked: that face stays whatever the recipe says."""

    uid: int
    recipe: Recipe
    tile: Tile | None = None
    made_with: str = ""
    locked: bool = False


@dataclass(frozen=True)
class Order:
    """What to make. `others` are the tiles of characters out of scope: they are kept, but may move."""

    model: Path
    wanted: Sequence[Wanted]
    pages: Sequence[Existing] = ()
    others: frozenset[Tile] = frozenset()
    gutter: int = 4
    page_size: int = 4096
    threads: int | None = None


@dataclass(frozen=True)
class Place:
    """Where a character's face is now: its slot of the atlas, and what it was made with. slot None: left as it was."""

    slot: int | None
    made_with: str
    fresh: bool


@dataclass(frozen=True)
class MadePage:
    """A page to write; png is None where the page in the file can stay as it is."""

    width: int
    height: int
    png: bytes | None


@dataclass
class Faces:
    """What was made. `moved`: the new slots of old tiles that were kept. `skins`: linear RGB of fresh faces by slot."""

    card: Card
    atlas: AtlasPlan
    geometry: tuple[int, int]
    pages: list[MadePage] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    moved: dict[Tile, int] = field(default_factory=dict)
    skins: dict[int, Color] = field(default_factory=dict)
    taken_over: tuple[int, ...] = ()

    @property
    def fresh(self) -> int:
        """Characters whose face is new."""
        return sum(place.fresh for place in self.places.values())


class Generation:
    """The making of an order's faces in a thread. Ask `done` now and then, then take `result()`."""

    def __init__(self, order: Order) -> None:
        self._stop = Event()
        self.made, self.total = 0, len(order.wanted)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="crowd-faces")
        self._future: Future[Faces] = self._pool.submit(make_faces, order, self._note, self._stop.is_set)
        self._pool.shutdown(wait=False)

    @property
    def done(self) -> bool:
        """Whether `result` can be taken without waiting."""
        return self._future.done()

    def cancel(self) -> None:
        """Stops within a face's time; `result` then raises CancelledError."""
        self._stop.set()

    def result(self) -> Faces:
        """The faces; raises what `make_faces` raised."""
        return self._future.result()

    def _note(self, made: int, total: int) -> None:
        self.made, self.total = made, total


def make_faces(
    order: Order,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> Faces:
    """Makes the faces that are not there yet, page by page, so that memory does not grow with the crowd.

    progress: told the faces made and the faces to make. Raises ModelFileError, and CancelledError when `cancelled`.
    """
    model = read_model(order.model)
    digest = hashlib.sha256(order.model.read_bytes()).hexdigest()[:16]
    side = model.card.resolution
    ours = tuple(i for i, page in enumerate(order.pages) if (page.tile, page.gutter) == (side, order.gutter))
    decision = _decide(order, digest, ours)
    layout = arrange(
        [order.pages[i].shape for i in ours],
        sorted(decision.kept),
        list(decision.replaced.values()),
        len(decision.new),
        (side, order.gutter, order.page_size),
    )
    faces = Faces(model.card, layout.atlas, (side, order.gutter), taken_over=ours)
    slots = {
        **{uid: layout.kept[tile] for uid, tile in decision.keeping.items()},
        **{uid: layout.replaced[tile] for uid, tile in decision.replaced.items()},
        **dict(zip(decision.new, layout.new, strict=True)),
    }
    by_uid = {wanted.uid: wanted for wanted in order.wanted}
    fresh = {slots[uid]: by_uid[uid].recipe for uid in (*decision.replaced, *decision.new)}
    for wanted in order.wanted:
        is_fresh = slots.get(wanted.uid) in fresh
        made_with = _fingerprint(digest, wanted.recipe) if is_fresh else wanted.made_with
        faces.places[wanted.uid] = Place(slots.get(wanted.uid), made_with, is_fresh)
    local = {tile: i for i, tile in enumerate(ours)}
    faces.moved = {Tile(ours[tile.page], tile.cell): slot for tile, slot in layout.kept.items()}
    old = [order.pages[i] for i in local]
    _make_pages(faces, layout, old, fresh, Engine(model, order.threads), progress, cancelled)
    return faces


@dataclass
class _Decision:
    """Tiles here count only pages of the model's geometry. keeping, replaced: by character; new: characters."""

    kept: set[Tile]
    keeping: dict[int, Tile]
    replaced: dict[int, Tile]
    new: list[int]


def _decide(order: Order, digest: str, ours: Sequence[int]) -> _Decision:
    """Who keeps its face, whose is made anew in its place, and who needs a place.

    A locked face on a page of another model's geometry stays there: such a character is in none of the three.
    """
    position = {page: i for i, page in enumerate(ours)}

    def own(tile: Tile | None) -> Tile | None:
        return Tile(position[tile.page], tile.cell) if tile is not None and tile.page in position else None

    decision = _Decision({tile for tile in map(own, order.others) if tile is not None}, {}, {}, [])
    remaking = []
    for wanted in order.wanted:
        tile = own(wanted.tile)
        if wanted.tile is not None and (wanted.locked or wanted.made_with == _fingerprint(digest, wanted.recipe)):
            if tile is not None:
                decision.keeping[wanted.uid] = tile
                decision.kept.add(tile)
        else:
            remaking.append((wanted.uid, tile))
    used = Counter(decision.kept)
    for uid, tile in remaking:
        # A duplicate shares its original's tile: whoever comes first takes it over.
        if tile is not None and not used[tile]:
            decision.replaced[uid] = tile
            used[tile] += 1
        else:
            decision.new.append(uid)
    return decision


def _fingerprint(digest: str, recipe: Recipe) -> str:
    labels = "".join(f":{name}={value}" for name, value in recipe.labels)
    return f"{digest}:{recipe.seed}:{recipe.sex:.3f}:{recipe.age:.3f}{labels}"


def _make_pages(
    faces: Faces,
    layout: Layout,
    old: Sequence[Existing],
    fresh: dict[int, Recipe],
    engine: Engine,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> None:
    atlas, made = layout.atlas, 0
    progress(0, len(fresh))
    for index, shape in enumerate(atlas.pages):
        if index in layout.untouched:
            faces.pages.append(MadePage(*shape, None))
            continue
        pictures = dict(_kept_pictures(layout, index, old))
        here = [slot for slot in fresh if slot // atlas.per_page == index]
        for first, chunk in engine.stream([fresh[slot] for slot in here], cancelled):
            for slot, picture in zip(here[first : first + len(chunk)], chunk, strict=True):
                pictures[slot] = picture
                red, green, blue = skin_colour(picture, faces.card.eye_distance, faces.card.eye_height)
                faces.skins[slot] = (float(red), float(green), float(blue))
            made += len(chunk)
            progress(made, len(fresh))
        if cancelled():
            raise CancelledError
        faces.pages.append(MadePage(*shape, png.encode(compose(atlas, index, pictures)[::-1])))


def _kept_pictures(layout: Layout, index: int, old: Sequence[Existing]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The pictures that move onto the page `index` from old pages, by slot, row 0 at the top."""
    decoded: dict[int, NDArray[np.uint8]] = {}
    for tile, slot in layout.kept.items():
        if slot // layout.atlas.per_page != index:
            continue
        page = old[tile.page]
        if tile.page not in decoded:
            decoded[tile.page] = page.pixels()
        row, column = divmod(tile.cell, page.shape.columns)
        left = column * page.shape.cell + page.gutter
        bottom = page.shape.height - row * page.shape.cell - page.gutter
        yield slot, decoded[tile.page][bottom - page.tile : bottom, left : left + page.tile]
