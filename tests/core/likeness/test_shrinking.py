import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.likeness.shrinking import shrunk
from blender_facegan.core.likeness.skin import linear_from_srgb

sides = st.integers(1, 40).flatmap(lambda height: st.tuples(st.just(height), st.integers(1, height)))


@given(sides, st.integers(0, 2**32 - 1))
def test_the_light_of_a_picture_stays(sides: tuple[int, int], seed: int) -> None:
    height, side = sides
    faces = np.random.default_rng(seed).integers(0, 256, (2, height, height, 3), np.uint8)
    small = shrunk(faces, side)
    assert small.shape == (2, side, side, 3)
    before, after = (linear_from_srgb(pictures / 255).mean(axis=(1, 2)) for pictures in (faces, small))
    np.testing.assert_allclose(after, before, atol=0.006)


@given(sides, st.integers(0, 255))
def test_an_even_picture_stays_even(sides: tuple[int, int], value: int) -> None:
    height, side = sides
    assert np.all(shrunk(np.full((1, height, height, 3), value, np.uint8), side) == value)


def test_each_pixel_is_the_mean_light_of_its_area() -> None:
    face = np.zeros((1, 4, 4, 3), np.uint8)
    face[0, :2, 2:] = [[[255, 0, 0], [0, 0, 0]], [[255, 0, 0], [0, 0, 0]]]
    expected = np.zeros((2, 2, 3), np.uint8)
    expected[0, 1, 0] = 188  # half the light of 255
    assert np.array_equal(shrunk(face, 2)[0], expected)


def test_a_face_of_that_size_is_left_as_it_is() -> None:
    faces = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    assert np.array_equal(shrunk(faces, 8), faces)


@pytest.mark.parametrize("side", [0, 9])
def test_nothing_is_made_larger(side: int) -> None:
    with pytest.raises(ValueError, match=str(side)):
        shrunk(np.zeros((1, 8, 8, 3), np.uint8), side)
