"""A crowd that is populated again and again: whoever comes, goes or changes, everybody's own face is on the page."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from numpy.typing import NDArray

from blender_facegan.core.atlas.plan import OldPage, Tile
from blender_facegan.core.atlas.request import Bystander, Existing, Faces, Request, Wanted
from blender_facegan.core.atlas.worker import make_faces
from blender_facegan.core.engine.engine import Engine
from blender_facegan.core.model.file import read_model
from blender_facegan.core.people.population import Recipe
from tests.blender.labelled_models import with_true_golden
from tests.core.model.model_writer import small_network

SIDE, PAGE = 8, 32
UIDS = st.integers(0, 30)
RECIPES = st.builds(Recipe, st.integers(0, 3), st.sampled_from([-1.0, 1.0]), st.sampled_from([5.0, 70.0]))


class Crowd(RuleBasedStateMachine):
    """What is on the pages, and who stands where, after each run."""

    def __init__(self) -> None:
        super().__init__()
        self.people: dict[int, Recipe] = {}
        self.shown: dict[int, tuple[Recipe, Tile, str]] = {}
        self.pages: list[Existing] = []

    @initialize(gutter=st.integers(0, 2))
    def begin(self, gutter: int) -> None:
        self.gutter = gutter
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "m.facegan"
        self.model = with_true_golden(small_network().draft(SIDE), path)
        self.engine = Engine(read_model(path), threads=1)

    @rule(
        come_or_change=st.dictionaries(UIDS, RECIPES, min_size=1, max_size=20),
        go=st.sets(UIDS, max_size=20),
        out_of_scope=st.sets(UIDS, max_size=8),
    )
    def populate(self, come_or_change: dict[int, Recipe], go: set[int], out_of_scope: set[int]) -> None:
        """Whoever is out of scope keeps the face that there is."""
        self.people |= come_or_change
        for uid in go:
            self.people.pop(uid, None)
            self.shown.pop(uid, None)
        chosen = [uid for uid in self.people if uid not in out_of_scope]
        others = {tile: Bystander(uid, 0) for uid, (_, tile, _) in self.shown.items() if uid not in chosen}
        wanted = [Wanted(uid, self.people[uid], *(self.shown[uid][1:] if uid in self.shown else ())) for uid in chosen]
        order = Request(self.model, wanted, self.pages, others, self.gutter, PAGE, 1)
        self.take(make_faces(order, lambda *_: None, lambda: False))

    def take(self, faces: Faces) -> None:
        """As `commit` does it."""
        before = [self.pages[i] for i in faces.taken_over]
        atlas = faces.atlas
        self.pages = [
            Existing(OldPage(made.width, made.height, atlas.columns, atlas.cell_side), SIDE, self.gutter, made.png)
            if made.png is not None
            else before[i]
            for i, made in enumerate(faces.pages)
        ]
        for uid, (recipe, tile, made_with) in list(self.shown.items()):
            if uid not in faces.places:
                self.shown[uid] = recipe, Tile(*divmod(faces.moved[tile], atlas.per_page)), made_with
        for uid, place in faces.places.items():
            assert place.tile_index is not None
            self.shown[uid] = self.people[uid], Tile(*divmod(place.tile_index, atlas.per_page)), place.made_with

    @invariant()
    def everybody_shows_their_own_face_and_nobody_elses(self) -> None:
        pixels = [page.pixels() for page in self.pages]
        for recipe, tile, _ in self.shown.values():
            picture = self.pages[tile.page].picture(pixels[tile.page], tile.cell)
            (own,) = self.engine.generate([recipe])
            assert np.array_equal(picture, own)
            self.no_bleed(pixels[tile.page], tile, own)

    def no_bleed(self, page: NDArray[np.uint8], tile: Tile, own: NDArray[np.uint8]) -> None:
        """What is around the tile is the tile's own edge, however far a filter looks."""
        shape, gutter = self.pages[tile.page].shape, self.gutter
        row, column = divmod(tile.cell, shape.columns)
        bottom, left = shape.height - row * shape.cell_side, column * shape.cell_side
        cell = page[bottom - shape.cell_side : bottom, left : left + shape.cell_side]
        assert np.array_equal(cell, np.pad(own, ((gutter, gutter), (gutter, gutter), (0, 0)), "edge"))

    @invariant()
    def nobody_shares_a_place(self) -> None:
        """Nor does anybody stand on a page that is not there."""
        tiles = [tile for _, tile, _ in self.shown.values()]
        assert len(set(tiles)) == len(tiles)
        assert all(tile.cell < self.pages[tile.page].shape.capacity for tile in tiles)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


Crowd.TestCase.settings = settings(max_examples=60, stateful_step_count=6)
TestCrowd: Any = Crowd.TestCase
