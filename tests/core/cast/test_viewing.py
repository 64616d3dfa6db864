"""Where a click on a shown picture lies, however it is zoomed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.cast.viewing import PictureView, in_order

sizes = st.integers(1, 5000)
places = st.tuples(st.floats(0, 2000), st.floats(0, 2000))


@given(sizes, sizes, st.tuples(sizes, sizes), st.lists(st.tuples(st.floats(0.3, 4), places), max_size=5), places)
def test_a_place_is_found_again(
    width: int,
    height: int,
    region: tuple[int, int],
    zooms: list[tuple[float, tuple[float, float]]],
    at: tuple[float, float],
) -> None:
    view = PictureView.fitted(width, height, region)
    for factor, around in zooms:
        view = view.zoomed(factor, around)
    found = view.in_picture(at)
    if found is not None:
        assert view.in_region(found) == pytest.approx(at, abs=1e-3)
        assert -0.5 <= found[0] <= width - 0.5
        assert -0.5 <= found[1] <= height - 0.5


def test_all_of_the_picture_is_seen_at_first() -> None:
    view = PictureView.fitted(200, 100, (400, 400))
    assert list(view.corners) == [(0, 100), (400, 100), (400, 300), (0, 300)]
    found: list[Any] = [view.in_picture(at) for at in ((1, 299), (399, 101))]
    assert found == [pytest.approx((0, 0)), pytest.approx((199, 99))]


def test_beside_the_picture_is_no_place() -> None:
    view = PictureView.fitted(200, 100, (400, 400))
    assert [view.in_picture(at) for at in ((200, 99), (200, 301), (-1, 200))] == [None] * 3


def test_zooming_keeps_what_is_under_the_mouse() -> None:
    view = PictureView.fitted(200, 100, (400, 400))
    under: Any = view.in_picture((100, 250))
    nearer = view.zoomed(3.0, (100, 250))
    assert nearer.in_picture((100, 250)) == pytest.approx(under)
    assert nearer.scale == pytest.approx(6.0)
    assert nearer.zoomed(0.1, (0, 0)) == view
    assert view.zoomed(1e9, (0, 0)).scale == 64


def test_eyes_may_be_clicked_in_either_order() -> None:
    left, right = (10.0, 50.0), (40.0, 55.0)
    assert in_order((left, right)) == in_order((right, left)) == (left, right)
    lying = ((40.0, 80.0), (42.0, 20.0))
    assert in_order(lying) == lying
