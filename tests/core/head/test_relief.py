"""The relief is the foremost surface under each pixel."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.head.person import welded_islands
from blender_facegan.core.head.relief import Window, relief

SQUARE = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
TRIANGLES = np.array([(0, 1, 2), (0, 2, 3)], np.int32)


def square(z: float) -> NDArray[np.float64]:
    return np.column_stack((SQUARE, np.full(4, z)))


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_the_foremost_of_two_is_seen_and_beside_them_nothing(first: float, second: float) -> None:
    points = np.concatenate((square(first), square(second)))
    seen = relief(points, np.concatenate((TRIANGLES, TRIANGLES + 4)), Window(0, 0, 4), 8)
    assert np.allclose(seen[2:6, 2:6], max(first, second))
    assert np.isinf(seen[:2]).all()
    assert np.isinf(seen[:, 6:]).all()


def test_a_slope_is_interpolated_and_the_first_row_is_the_top() -> None:
    points = np.column_stack((SQUARE, SQUARE[:, 1]))
    seen = relief(points, TRIANGLES, Window(0, 0, 2), 4)
    assert np.allclose(seen, np.array([0.75, 0.25, -0.25, -0.75])[:, None], atol=1e-6)


def test_triangles_without_an_area_are_not_seen() -> None:
    points = np.array([(0, 0, 0), (1, 1, 0), (2, 2, 0)], float)
    assert np.isinf(relief(points, np.array([(0, 1, 2)], np.int32), Window(1, 1, 2), 8)).all()


def test_pieces_that_touch_only_in_place_are_one_island() -> None:
    points = np.concatenate((square(0), square(0) + np.array((2, 0, 0)), square(0) + np.array((9, 0, 0))))
    triangles = np.concatenate((TRIANGLES, TRIANGLES + 4, TRIANGLES + 8))
    label = welded_islands(points, triangles)
    assert label[0] == label[5]
    assert label[0] != label[9]


def test_every_pixel_is_that_of_the_foremost_triangle_over_its_middle() -> None:
    """Beside a plain loop over pixels and triangles, some of which are cut by the picture's edges or lie outside."""
    chance = np.random.default_rng(3)
    points = chance.uniform(-1.5, 1.5, (90, 3))
    triangles = chance.integers(0, 90, (60, 3)).astype(np.int32)
    size = 24
    seen = relief(points, triangles, Window(0.1, -0.2, 2.0), size)
    for row in range(size):
        for column in range(size):
            place = np.array((0.1 + ((column + 0.5) / size - 0.5) * 2.0, -0.2 + (0.5 - (row + 0.5) / size) * 2.0))
            depths = [-np.inf]
            for triangle in triangles:
                a, b, c = points[triangle]
                edges = np.array((b[:2] - a[:2], c[:2] - a[:2])).T
                if abs(np.linalg.det(edges)) > 1e-9:
                    to_b, to_c = np.linalg.solve(edges, place - a[:2])
                    if min(to_b, to_c, 1 - to_b - to_c) >= 0:
                        depths.append(float(a[2] + to_b * (b - a)[2] + to_c * (c - a)[2]))
            assert np.isclose(seen[row, column], max(depths), atol=1e-5)
