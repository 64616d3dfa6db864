"""Pages made of bands are PNG files like others, and one band is exchanged without the rest."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.atlas import png
from blender_facegan.core.atlas.bands import Band, join, pack, read_page, unpack


def pixels(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def packed(page: NDArray[np.uint8], heights: list[int]) -> list[Band]:
    return [pack(band) for band in np.split(page, np.cumsum(heights)[:-1])]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_a_page_is_read_back_as_it_was_written(heights: list[int], width: int, seed: int) -> None:
    page = pixels(sum(heights), width, seed)
    data = join(width, packed(page, heights))
    assert png.size(data) == (width, sum(heights))
    read = png.decode(data)
    assert read is not None
    assert np.array_equal(read, page)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(1, 20), st.data())
def test_an_exchanged_band_gives_the_file_that_is_made_at_once(
    heights: list[int], width: int, data: st.DataObject
) -> None:
    chosen = data.draw(st.integers(0, len(heights) - 1))
    before, after = (pixels(sum(heights), width, seed) for seed in (1, 2))
    start = sum(heights[:chosen])
    mixed = before.copy()
    mixed[start : start + heights[chosen]] = after[start : start + heights[chosen]]
    file = read_page(join(width, packed(before, heights)))
    assert file is not None
    bands = file.bands
    assert np.array_equal(unpack(bands[chosen], width), before[start : start + heights[chosen]])
    bands[chosen] = pack(mixed[start : start + heights[chosen]])
    assert join(width, bands) == join(width, packed(mixed, heights))


def test_the_checksum_is_that_of_all_rows_even_where_it_overflows() -> None:
    page = np.full((300, 400, 3), 255, np.uint8)
    page[:, ::2] = 0
    data = join(400, packed(page, [100] * 3))
    stream = b"".join(content for name, content in png.chunks(data) if name == b"IDAT")
    assert int.from_bytes(stream[-4:], "big") == zlib.adler32(png.filtered(page).data)


def test_other_files_have_no_bands() -> None:
    page = pixels(8, 8, 0)
    assert read_page(png.encode(page)) is None
    assert read_page(b"GIF89a") is None
    joined = join(8, packed(page, [4, 4]))
    table = joined.index(b"bnDS")
    assert read_page(joined[:table] + b"bnDX" + joined[table + 4 :]) is None


@pytest.mark.parametrize("heights", [[8], [3, 5]])
def test_a_mark_of_an_owner_leaves_the_bands_readable(heights: list[int]) -> None:
    page = pixels(8, 8, 0)
    data = png.with_owner(join(8, packed(page, heights)), "Somebody")
    read = png.decode(data)
    assert read is not None
    assert np.array_equal(read, page)
    assert read_page(data) is not None


def test_what_faces_are_compared_by_is_kept_to_the_bit() -> None:
    likeness = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    likeness[1] = np.nan
    read = read_page(join(8, packed(pixels(8, 8, 0), [4, 4]), likeness))
    assert read is not None
    assert read.likeness is not None
    assert np.array_equal(read.likeness, likeness, equal_nan=True)


def test_a_page_of_which_nothing_is_known_keeps_nothing() -> None:
    bands = packed(pixels(8, 8, 0), [4, 4])
    unknown = np.full((3, 5), np.nan, np.float32)
    assert join(8, bands, unknown) == join(8, bands)
    read = read_page(join(8, bands))
    assert read is not None
    assert read.likeness is None
