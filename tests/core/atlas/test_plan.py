from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.atlas.plan import AtlasPlan, PageShape, compose_row, mip_safe_levels, plan
from tests.core.atlas.composing import compose

layouts = st.builds(
    lambda power, tile, gutter, count: (count, tile, min(gutter, (2**power - tile) // 2), 2**power),
    st.integers(4, 8),
    st.integers(1, 16),
    st.integers(0, 4),
    st.integers(0, 300),
)


def random_faces(count: int, tile: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, tile, tile, 3), np.uint8)


def read_back(atlas: AtlasPlan, pages: list[NDArray[np.uint8]], index: int) -> NDArray[np.uint8]:
    """What a renderer sees in the tile's rectangle: the nearest pixel at the tile's pixel centres, v upwards."""
    page, u, v, size_u, size_v = atlas.rectangle(index)
    height, width = pages[page].shape[:2]
    centres = (np.arange(atlas.tile_side) + 0.5) / atlas.tile_side
    columns = np.floor((u + centres * size_u) * width).astype(int)
    rows = np.floor((v + (1 - centres) * size_v) * height).astype(int)
    return pages[page][np.ix_(rows, columns)]


@given(layouts)
def test_every_face_is_read_back_upright_from_its_rectangle(layout: tuple[int, int, int, int]) -> None:
    count, tile, _, _ = layout
    atlas = plan(*layout)
    faces = random_faces(count, tile)
    shares = [faces[start : start + atlas.per_page] for start in range(0, count, atlas.per_page)]
    pages = [compose(atlas, page, dict(enumerate(share))) for page, share in enumerate(shares)]
    assert [(page.shape[1], page.shape[0]) for page in pages] == list(atlas.pages)
    for index, face in enumerate(faces):
        assert np.array_equal(read_back(atlas, pages, index), face)


@given(layouts)
def test_pages_are_powers_of_two_within_the_size_and_cells_never_overlap(layout: tuple[int, int, int, int]) -> None:
    count, _, gutter, page_size = layout
    atlas = plan(*layout)
    taken = [np.zeros((height, width), int) for width, height in atlas.pages]
    for index in range(count):
        page, x, y = atlas.pixels(index)
        assert min(x, y) >= gutter
        cell = taken[page][y - gutter : y - gutter + atlas.cell_side, x - gutter : x - gutter + atlas.cell_side]
        assert cell.shape == (atlas.cell_side, atlas.cell_side)
        cell += 1
    assert all(page.max() == 1 for page in taken)
    for width, height in atlas.pages:
        assert width & (width - 1) == height & (height - 1) == 0
        assert max(width, height) <= page_size


@given(layouts, st.integers(0, 400))
def test_a_plan_grows_without_moving_a_tile(layout: tuple[int, int, int, int], more: int) -> None:
    atlas = plan(*layout)
    grown = replace(atlas, count=atlas.count + more)
    assert [grown.pixels(index) for index in range(atlas.count)] == [
        atlas.pixels(index) for index in range(atlas.count)
    ]
    assert len(grown.pages) == -(-grown.count // grown.per_page)


@pytest.mark.parametrize("gutter", [1, 2, 5])
def test_the_gutter_repeats_the_tiles_edge(gutter: int) -> None:
    face = random_faces(1, 8)
    page = compose(plan(1, 8, gutter, 64), 0, {0: face[0]})
    cell = page[: 8 + 2 * gutter, : 8 + 2 * gutter]
    assert np.array_equal(cell, np.pad(face[0][::-1], ((gutter, gutter), (gutter, gutter), (0, 0)), mode="edge"))


def test_halving_a_page_does_not_mix_neighbours() -> None:
    """With a gutter of 2 the first two mip levels of a tile hold its own colours alone."""
    faces = np.zeros((4, 12, 12, 3), np.uint8)
    faces[:] = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]], np.uint8)[:, None, None]
    atlas = plan(4, 12, 2, 64)
    page = compose(atlas, 0, dict(enumerate(faces))).astype(float)
    for _ in range(2):
        page = (page[::2, ::2] + page[1::2, ::2] + page[::2, 1::2] + page[1::2, 1::2]) / 4
    for index, face in enumerate(faces):
        _, x, y = atlas.pixels(index)
        small = page[y // 4 : (y + 12) // 4, x // 4 : (x + 12) // 4]
        assert np.array_equal(small, np.broadcast_to(face[0, 0], small.shape))


def test_empty_cells_are_black() -> None:
    page = compose(plan(3, 8, 0, 16), 0, dict(enumerate(random_faces(3, 8))))
    assert (page[8:, 8:] == 0).all()


def test_a_thousand_faces_fit_one_page() -> None:
    atlas = plan(1000, 64, 2, 4096)
    assert len(atlas.pages) == 1
    assert atlas.pages[0].width * atlas.pages[0].height == 2048 * 4096


def test_a_small_crowd_gets_a_small_page() -> None:
    assert plan(1, 64, 2, 4096).pages == (PageShape(128, 128),)
    assert plan(0, 64, 2, 4096).pages == ()


def test_more_than_a_page_holds_goes_on_further_pages() -> None:
    atlas = plan(4000, 64, 2, 4096)
    assert atlas.per_page == 60 * 60
    assert atlas.pages == (PageShape(4096, 4096), PageShape(4096, 512))
    assert atlas.rectangle(3600).page == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((-1, 8, 0, 64), "-1 tiles"),
        ((1, 0, 0, 64), "tiles of 0"),
        ((1, 8, -1, 64), "gutter -1"),
        ((1, 8, 0, 100), "100 is not a power of two"),
        ((1, 8, 0, 16384), "16384"),
        ((1, 64, 1, 64), "does not fit a page of 64"),
    ],
)
def test_an_impossible_plan_is_refused_by_name(arguments: tuple[int, int, int, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        plan(*arguments)


def test_what_an_atlas_lacks_is_refused() -> None:
    atlas = plan(3, 8, 0, 16)
    with pytest.raises(IndexError, match="tile 3"):
        atlas.rectangle(3)
    with pytest.raises(IndexError, match="column 2"):
        compose_row(atlas, {2: random_faces(1, 8)[0]})
    with pytest.raises(ValueError, match="tile of 8"):
        compose_row(atlas, {0: random_faces(1, 9)[0]})


@pytest.mark.parametrize(
    ("side", "gutter", "levels"), [(64, 4, 3), (64, 0, 0), (128, 8, 4), (63, 4, 0), (60, 4, 2), (4, 4, 2), (1, 4, 0)]
)
def test_pages_can_be_halved_as_long_as_texels_keep_to_their_cells(side: int, gutter: int, levels: int) -> None:
    assert mip_safe_levels(side, gutter) == levels
