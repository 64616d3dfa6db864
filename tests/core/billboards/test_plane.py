"""What is seen of a plane does not hang on its UV map, on its cuts, or on how it stands."""

import numpy as np
import pytest
from numpy.typing import NDArray

from blender_facegan.core.billboards.plane import Plane, Seeing, seen_on, ups_of

CORNERS = np.array(((-0.5, 0.0, 0.0), (0.5, 0.0, 0.0), (0.5, 0.0, 2.0), (-0.5, 0.0, 2.0)))
UV = np.array(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
TRIANGLES = np.array(((0, 1, 2), (0, 2, 3)), np.int32)
UP = np.array((0.0, 0.0, 1.0))


def where(uv: NDArray[np.float64], _texels: float) -> NDArray[np.float32]:
    """A picture whose red and green are its own places."""
    return np.column_stack((uv, np.zeros(len(uv)), np.ones(len(uv)))).astype(np.float32)


def plane(corners: NDArray[np.float64] = CORNERS, uv: NDArray[np.float64] = UV) -> Plane:
    return Plane(corners, uv, TRIANGLES, (100, 200))


def seen(one: Plane, up: NDArray[np.float64] = UP) -> Seeing:
    found = seen_on(one, up, where)
    assert found is not None
    return found


def test_a_picture_is_seen_as_it_hangs() -> None:
    pixels = seen(plane()).picture.pixels
    assert pixels.shape == (200, 100, 4)
    assert list(pixels[0, 0, :2]) == pytest.approx([0.005, 0.9975])
    assert list(pixels[-1, -1, :2]) == pytest.approx([0.995, 0.0025])


def test_a_uv_map_that_is_turned_shows_the_picture_turned() -> None:
    turned = UV[[1, 2, 3, 0]]
    pixels = seen(plane(uv=turned)).picture.pixels
    assert list(pixels[0, 0, :2]) == pytest.approx([0.0, 0.0], abs=0.01)
    assert list(pixels[0, -1, :2]) == pytest.approx([0.0, 1.0], abs=0.01)


@pytest.mark.parametrize("turn", [0.3, 1.7, -2.5])
def test_where_a_plane_stands_does_not_matter(turn: float) -> None:
    cos, sin = np.cos(turn), np.sin(turn)
    stood = CORNERS @ np.array(((cos, sin, 0), (-sin, cos, 0), (0, 0, 1))) * 3 + (5, -2, 1)
    one, other = seen(plane()), seen(plane(stood))
    np.testing.assert_allclose(one.picture.pixels, other.picture.pixels, atol=1e-5)
    places = np.array(((20.0, 30.0), (80.0, 190.0)))
    world = other.frame.world(other.in_frame(places))
    shares = (places / (100, 200))[:, None]
    across, down = stood[2] - stood[3], stood[0] - stood[3]
    np.testing.assert_allclose(world, stood[3] + shares[:, :, 0] * across + shares[:, :, 1] * down, atol=1e-9)
    np.testing.assert_allclose(other.in_pixels(other.in_frame(places)), places, atol=1e-9)


def test_up_is_where_the_world_says_for_what_stands_and_where_the_picture_says_for_what_lies() -> None:
    assert next(ups_of(plane())) == pytest.approx(UP)
    lying = np.stack((CORNERS[:, 0], CORNERS[:, 2], CORNERS[:, 1]), axis=1)
    assert next(ups_of(plane(lying))) == pytest.approx((0, 1, 0))
    turned = list(ups_of(plane(lying, UV[[1, 2, 3, 0]])))
    assert turned[0] == pytest.approx((1, 0, 0))
    assert len(turned) == 4


def test_a_plane_without_an_area_shows_nothing() -> None:
    flat = plane(CORNERS * (1, 1, 0))
    assert list(ups_of(flat)) == []
    assert seen_on(flat, UP, where) is None
