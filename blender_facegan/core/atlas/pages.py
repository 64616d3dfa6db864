"""Draws the pages of an request, one after the other. No Blender in here: it runs in a thread of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from ..engine.engine import usable_cores
from ..likeness.descriptors import LEAST_SIDE, descriptors
from ..likeness.separation import BATCH, Separation
from ..likeness.shrinking import shrunk
from ..likeness.skin import skin_colours
from .bands import join
from .drawing import Drawing
from .page_rows import PageRows, ReadPage
from .plan import Layout
from .request import Bystander, CancelledError, Faces, MadePage, Request, Wanted
from .staging import StagedPages, Staging, staged_name

Refusal = Callable[[Sequence[Wanted]], Sequence[Wanted]]
"""From characters to the same ones in their order, from other seeds where the faces would be broken."""


def take_in_kept(separation: Separation, request: Request, old: Sequence[ReadPage], fresh: set[int]) -> None:
    """Tells the separation of the faces that stay: those out of scope, and those in scope that are not made anew.

    old: the request's pages.
    """
    shown: dict[int, dict[int, Bystander]] = {}
    for tile, bystander in request.others.items():
        shown.setdefault(tile.page, {})[tile.cell] = bystander
    for wanted in request.wanted:
        if wanted.tile is not None and wanted.uid not in fresh:
            shown.setdefault(wanted.tile.page, {})[wanted.tile.cell] = Bystander(wanted.uid, wanted.recipe.seed)
    for index, cells in shown.items():
        likeness, kept = old[index].likeness(list(cells)), list(cells.values())
        separation.add(likeness, [one.uid for one in kept], [one.seed for one in kept])


class PageMaker:
    """Makes one page after another. fresh: who gets a new face, by tile index; re-rolled characters are put back there.

    staging: where the pages are left as files; None where they are wanted in memory. threads: that pack them, None for
    every core. describes: whether the pages keep what their faces are compared by. refusal: who is drawn from another
    seed, since the model doubts the face; None where nobody is.
    """

    def __init__(
        self,
        faces: Faces,
        layout: Layout,
        fresh: dict[int, Wanted],
        drawing: Drawing,
        progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
        staging: Staging | None = None,
        threads: int | None = None,
        describes: bool = False,
        refusal: Refusal | None = None,
    ) -> None:
        self._faces, self._layout, self._fresh = faces, layout, fresh
        self._drawing, self._progress, self._cancelled = drawing, progress, cancelled
        self._made, self._total = 0, len(fresh)
        self._staging, self._threads = staging, threads or usable_cores()
        self._describes = describes and faces.atlas.tile_side >= LEAST_SIDE
        self._described: dict[int, NDArray[np.float32]] = {}
        self._refusal = refusal
        self._refused: set[int] = set()
        self._parted: set[int] = set()
        self.separation: Separation | None = None

    def make_all(self, old: Sequence[ReadPage]) -> None:
        """Makes all pages of the layout. old: the pages that its tiles refer to."""
        atlas = self._layout.atlas
        self._progress(0, self._total)
        by_page: dict[int, list[int]] = {}
        for tile_index in self._fresh:
            by_page.setdefault(tile_index // atlas.per_page, []).append(tile_index)
        rows = PageRows(self._layout, old)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="crowd-faces-pages") as pool:
            for index, shape in enumerate(atlas.pages):
                if index in self._layout.untouched:
                    self._faces.pages.append(MadePage(*shape, is_new=False))
                    continue
                pictures = self._make_faces(by_page.get(index, []))
                if self._cancelled():
                    raise CancelledError
                bands = rows.bands(index, pictures, pool)
                content = join(shape.width, bands, rows.likeness(index, self._described))
                self._faces.pages.append(self._made_page(index, content, is_new=True))
        if self._stages_all:
            for index, before in self._layout.untouched.items():
                self._faces.pages[index] = self._made_page(index, old[before].page.file(), is_new=False)
        self._faces.refused, self._faces.parted = len(self._refused), len(self._parted)
        if self.separation is not None:
            self._faces.alike, self._faces.closest = self.separation.left, self.separation.closest

    @property
    def _stages_all(self) -> bool:
        return self._staging is not None and self._staging.whole and any(made.is_new for made in self._faces.pages)

    def _made_page(self, index: int, content: bytes, is_new: bool) -> MadePage:
        shape = self._layout.atlas.pages[index]
        if self._staging is None:
            return MadePage(*shape, is_new, png=content)
        if self._faces.staged is None:
            self._faces.staged = StagedPages(self._staging.folder)
        return MadePage(*shape, is_new, path=self._faces.staged.put(staged_name(index), content))

    def _make_faces(self, tile_indices: Sequence[int]) -> dict[int, NDArray[np.uint8]]:
        """The new faces of a page by tile index, and their skins."""
        pictures: dict[int, NDArray[np.uint8]] = {}
        for start in range(0, len(tile_indices), BATCH):
            self._refuse(tile_indices[start : start + BATCH])
        for first, chunk in self._drawing.stream(
            [self._fresh[tile_index].recipe for tile_index in tile_indices], self._cancelled
        ):
            faces = shrunk(chunk, self._layout.atlas.tile_side)
            pictures.update(zip(tile_indices[first : first + len(chunk)], faces, strict=True))
            self._count(len(chunk))
        if self._cancelled():
            raise CancelledError
        # Those that may not change come first, so that the others make way for them.
        ordered = sorted(tile_indices, key=lambda tile_index: (self._fresh[tile_index].may_change, tile_index))
        for start in range(0, len(ordered), BATCH):
            batch = ordered[start : start + BATCH]
            if self.separation is not None:
                self._admit(batch, pictures, self.separation)
            elif self._describes:
                vectors = descriptors(np.stack([pictures[tile_index] for tile_index in batch]))
                self._described.update(zip(batch, vectors, strict=True))
        self._measure_skins(pictures)
        return pictures

    def _refuse(self, tile_indices: Sequence[int]) -> None:
        """Has those be drawn from another seed whose faces the model doubts."""
        if self._refusal is None:
            return
        if self._cancelled():
            raise CancelledError
        before = [self._fresh[tile_index] for tile_index in tile_indices]
        for tile_index, one, now in zip(tile_indices, before, self._refusal(before), strict=True):
            if now.recipe.seed != one.recipe.seed:
                self._fresh[tile_index] = now
                self._refused.add(one.uid)

    def _measure_skins(self, pictures: dict[int, NDArray[np.uint8]]) -> None:
        card, tile_indices = self._faces.card, list(pictures)
        for start in range(0, len(tile_indices), BATCH):
            batch = tile_indices[start : start + BATCH]
            colours = skin_colours(
                np.stack([pictures[tile_index] for tile_index in batch]), card.eye_distance, card.eye_height
            )
            for tile_index, (red, green, blue) in zip(batch, colours.tolist(), strict=True):
                self._faces.skins[tile_index] = (red, green, blue)

    def _admit(
        self, tile_indices: Sequence[int], pictures: dict[int, NDArray[np.uint8]], separation: Separation
    ) -> None:
        def remake(rows: Sequence[int]) -> tuple[NDArray[np.uint8], list[int]]:
            if self._cancelled():
                raise CancelledError
            self._total += len(rows)
            for row in rows:
                self._fresh[tile_indices[row]] = self._fresh[tile_indices[row]].rerolled()
                self._parted.add(self._fresh[tile_indices[row]].uid)
            self._refuse([tile_indices[row] for row in rows])
            recipes = [self._fresh[tile_indices[row]].recipe for row in rows]
            made = shrunk(self._drawing.generate(recipes), self._layout.atlas.tile_side)
            self._count(len(rows))
            return made, [recipe.seed for recipe in recipes]

        wanted = [self._fresh[tile_index] for tile_index in tile_indices]
        stacked = np.stack([pictures[tile_index] for tile_index in tile_indices])
        seeds, free = [one.recipe.seed for one in wanted], [one.may_change for one in wanted]
        vectors = separation.admit(stacked, [one.uid for one in wanted], seeds, free, remake)
        self._described.update(zip(tile_indices, vectors, strict=True))
        pictures.update(zip(tile_indices, stacked, strict=True))

    def _count(self, more: int) -> None:
        self._made += more
        self._progress(self._made, self._total)
