"""Which tile every face gets: nobody is lost, nobody shares, and what need not move stays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.atlas import png
from blender_facegan.core.atlas.plan import OldPage, Tile, arrange, plan

GEOMETRY = (8, 1, 64)
PER_PAGE = (64 // 10) ** 2


def old_pages(count: int) -> list[OldPage]:
    """The pages of an atlas of `count` faces."""
    atlas = plan(count, *GEOMETRY)
    return [OldPage(shape.width, shape.height, atlas.columns, atlas.cell_side) for shape in atlas.pages]


def tiles(count: int) -> list[Tile]:
    per_page = plan(count, *GEOMETRY).per_page if count else 1
    return [Tile(*divmod(index, per_page)) for index in range(count)]


@given(count=st.integers(0, 120), new=st.integers(0, 60), chance=st.randoms(use_true_random=False))
def test_every_face_gets_a_tile_of_its_own_without_holes(count: int, new: int, chance: object) -> None:
    before = tiles(count)
    fates = [chance.choice("kkkrg") for _ in before]  # type: ignore[attr-defined]
    kept = [tile for tile, fate in zip(before, fates, strict=True) if fate == "k"]
    replaced = [tile for tile, fate in zip(before, fates, strict=True) if fate == "r"]
    layout = arrange(old_pages(count), kept, replaced, new, GEOMETRY)
    indices = [*layout.kept.values(), *layout.replaced.values(), *layout.new]
    assert sorted(indices) == list(range(len(kept) + len(replaced) + new))
    for page in layout.untouched:
        here = [tile for tile, index in layout.kept.items() if index // layout.atlas.per_page == page]
        assert all(tile == Tile(*divmod(layout.kept[tile], layout.atlas.per_page)) for tile in here)
        assert not [
            index for index in (*layout.replaced.values(), *layout.new) if index // layout.atlas.per_page == page
        ]


def test_full_pages_stay_as_they_are_when_the_crowd_grows() -> None:
    layout = arrange(old_pages(PER_PAGE * 2), tiles(PER_PAGE * 2), [], 5, GEOMETRY)
    assert layout.untouched == {0: 0, 1: 1}


def test_only_the_page_of_a_replaced_face_is_written_again() -> None:
    before = tiles(PER_PAGE * 3)
    layout = arrange(old_pages(PER_PAGE * 3), before[:-1], before[-1:], 0, GEOMETRY)
    assert layout.untouched == {0: 0, 1: 1}


def test_a_hole_is_filled_by_the_next_new_face() -> None:
    before = tiles(PER_PAGE)
    layout = arrange(old_pages(PER_PAGE), before[:4] + before[5:], [], 1, GEOMETRY)
    assert layout.new == (4,)


@given(height=st.integers(1, 20), width=st.integers(1, 20), seed=st.integers(0, 2**32 - 1))
def test_a_page_is_read_back_as_it_was_written(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    data = png.encode(pixels)
    read = png.decode(data)
    assert png.is_ours(data)
    assert read is not None
    assert (read == pixels).all()


def test_other_peoples_pictures_are_not_taken_for_pages() -> None:
    assert png.decode(b"\x89PNG\r\n\x1a\n" + bytes(40)) is None
    assert not png.is_ours(b"GIF89a")
