"""Where one face changes, one row of its page is packed anew and no other is read; the file is as if made at once."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blender_facegan.core.atlas import page_rows, png
from blender_facegan.core.atlas.bands import read_page
from blender_facegan.core.atlas.plan import OldPage, Tile
from blender_facegan.core.atlas.request import Existing, Faces, Request, Wanted
from blender_facegan.core.atlas.worker import make_faces
from blender_facegan.core.likeness.descriptors import descriptors
from blender_facegan.core.people.population import Recipe
from tests.core.atlas.test_drawing import pictures, written

PEOPLE = {uid: Recipe(uid, 1.0, 30.0) for uid in range(12)}
PAGE, GUTTER = 128, 4
"""Pages of three by three tiles of 32 pixels, which leave eight rows of pixels over."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("model") / "m.facegan")


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many bands were packed, and how many were read."""
    done = {"packed": 0, "read": 0, "described": 0}
    used: Any = page_rows
    pack, unpack, describe = used.pack, used.unpack, used.descriptors

    def packing(pixels: Any) -> Any:
        done["packed"] += 1
        return pack(pixels)

    def reading(*given: Any) -> Any:
        done["read"] += 1
        return unpack(*given)

    def describing(images: Any) -> Any:
        done["described"] += len(images)
        return describe(images)

    monkeypatch.setattr(page_rows, "pack", packing)
    monkeypatch.setattr(page_rows, "unpack", reading)
    monkeypatch.setattr(page_rows, "descriptors", describing)
    return done


def made(model: Path, people: Mapping[int, Recipe], before: Faces | None = None, **wishes: Any) -> Faces:
    """A run in which everybody is in scope. before: the run whose pages are there."""
    pages = existing(before) if before is not None else []
    told = {"likeness": 0.0, "page_size": PAGE, "gutter": GUTTER, "face_size": 32, **wishes}
    wanted = [_wanted(uid, recipe, before) for uid, recipe in people.items()]
    return make_faces(Request(model, wanted, pages, threads=2, **told), lambda *_: None, lambda: False)


def _wanted(uid: int, recipe: Recipe, before: Faces | None) -> Wanted:
    place = before.places.get(uid) if before is not None else None
    if before is None or place is None or place.tile_index is None:
        return Wanted(uid, recipe, key=str(uid), may_change=True)
    tile = Tile(*divmod(place.tile_index, before.atlas.per_page))
    return Wanted(uid, recipe, tile, place.made_with, key=str(uid))


def existing(faces: Faces) -> list[Existing]:
    found = []
    for page in faces.pages:
        shape = OldPage(page.width, page.height, faces.atlas.columns, faces.atlas.cell_side)
        found.append(Existing(shape, *faces.geometry, page.png or b""))
    return found


def faces_side(faces: Faces) -> int:
    return faces.atlas.cell_side


def test_one_of_many_changes_and_one_row_is_packed(model: Path, work: dict[str, int]) -> None:
    before = made(model, PEOPLE)
    work.update(packed=0, read=0, described=0)
    changed = {**PEOPLE, 4: replace(PEOPLE[4], seed=99)}
    after = made(model, changed, before)
    # The changed row, and the rest of the page above the tiles; the two others of the row are read.
    assert work == {"packed": 2, "read": 1, "described": 0}
    assert [page.is_new for page in after.pages] == [True, False]
    assert after.pages[0].png == made(model, changed).pages[0].png


def test_one_more_is_added_and_full_rows_stay(model: Path, work: dict[str, int]) -> None:
    before = made(model, PEOPLE)
    work.update(packed=0, read=0, described=0)
    more = {**PEOPLE, 12: Recipe(12, -1.0, 30.0)}
    after = made(model, more, before)
    assert work["read"] == 0
    assert work["described"] == 0
    assert [page.is_new for page in after.pages] == [False, True]
    assert after.pages[1].png == made(model, more).pages[1].png


def test_whoever_goes_leaves_no_picture_on_a_page_that_is_written(model: Path) -> None:
    before = made(model, PEOPLE)
    fewer = {uid: recipe for uid, recipe in PEOPLE.items() if uid not in (9, 11)}
    after = made(model, {**fewer, 0: replace(PEOPLE[0], seed=50)}, before)
    (first, second) = after.pages
    pixels = png.decode(second.png or b"")
    assert first.is_new
    assert second.is_new
    assert pixels is not None
    lowest = pixels[-faces_side(after) :]
    assert lowest[:, : faces_side(after)].any()
    assert not lowest[:, faces_side(after) :].any()


def test_the_file_keeps_what_its_faces_are_compared_by(model: Path) -> None:
    few = {uid: PEOPLE[uid] for uid in range(5)}
    before = made(model, few, page_size=256)
    read = read_page(before.pages[0].png or b"")
    assert read is not None
    assert read.likeness is not None
    np.testing.assert_allclose(read.likeness, descriptors(pictures(before)), atol=1e-3)
    after = made(model, {**few, 2: replace(few[2], seed=70)}, before, page_size=256)
    again = read_page(after.pages[0].png or b"")
    assert again is not None
    assert again.likeness is not None
    np.testing.assert_allclose(again.likeness, descriptors(pictures(after)), atol=1e-3)


def test_a_page_without_it_is_looked_at(model: Path, work: dict[str, int]) -> None:
    before = made(model, PEOPLE, likeness=None)
    work.update(packed=0, read=0, described=0)
    more = {**PEOPLE, 12: Recipe(12, -1.0, 30.0)}
    after = made(model, more, before, likeness=0.0)
    assert work["described"] == 12
    assert after.closest is not None
    assert made(model, more).closest is not None


@pytest.mark.parametrize("kind", ["one piece", "painted"])
def test_pages_that_are_not_made_of_rows_are_taken_over(model: Path, kind: str) -> None:
    before = made(model, PEOPLE)
    changed = {**PEOPLE, 4: replace(PEOPLE[4], seed=99)}
    wanted = [_wanted(uid, recipe, before) for uid, recipe in changed.items()]
    pages = []
    for page in existing(before):
        pixels = page.pixels()
        pages.append(replace(page, content=pixels if kind == "painted" else png.encode(pixels)))
    request = Request(model, wanted, pages, threads=2, likeness=0.0, page_size=PAGE, gutter=GUTTER, face_size=32)
    after = make_faces(request, lambda *_: None, lambda: False)
    expected, found = (png.decode(faces.pages[0].png or b"") for faces in (made(model, changed), after))
    assert expected is not None
    assert found is not None
    assert np.array_equal(found, expected)
