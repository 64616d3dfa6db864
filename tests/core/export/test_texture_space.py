"""Meshes in texture space: every texel once, who gives way to whom, and edges that grow."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.export.texture_space import grown, overlap, rasterised


def grid(columns: int, rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """0 to 1 cut into quads with shaken corners: their triangles [T, 3, 2], and the quad of each."""
    stream = np.random.default_rng(seed)
    across, up = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1))
    points = np.dstack((across, up))
    shaken = stream.uniform(-0.3, 0.3, points.shape) / (columns, rows)
    points[1:-1, 1:-1] += shaken[1:-1, 1:-1]
    triangles, owners = [], []
    for row in range(rows):
        for column in range(columns):
            a, b = points[row, column], points[row, column + 1]
            c, d = points[row + 1, column + 1], points[row + 1, column]
            triangles += [(a, b, c), (d, a, c)]
            owners += [row * columns + column] * 2
    return np.array(triangles), np.array(owners)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 40), st.integers(1, 40), st.integers(0, 999))
def test_a_whole_square_covers_every_texel_once(columns: int, rows: int, width: int, height: int, seed: int) -> None:
    covering = rasterised(grid(columns, rows, seed)[0], width, height)
    np.testing.assert_array_equal(np.sort(covering.texels), np.arange(width * height))


def test_a_texel_belongs_to_the_triangle_that_its_middle_lies_in() -> None:
    covering = rasterised(np.array([[(0, 0), (0.5, 0), (0, 0.5)]]), 8, 8)
    middles = [(row + 0.5) / 8 + (column + 0.5) / 8 for row in range(8) for column in range(8)]
    assert set(covering.texels) <= {i for i, total in enumerate(middles) if total <= 0.5}
    assert set(covering.texels) >= {i for i, total in enumerate(middles) if total < 0.5}


def test_what_lies_outside_is_left_away() -> None:
    assert not len(rasterised(np.array([[(1.1, 0), (2, 0), (1.1, 1)]]), 8, 8).texels)
    assert not len(rasterised(np.array([[(0.1, 0.1), (0.1, 0.1), (0.1, 0.1)]]), 8, 8).texels)
    assert len(rasterised(np.array([[(-5, -5), (9, -5), (-5, 9)]]), 8, 8).texels) == 64


def test_neighbours_are_no_overlap() -> None:
    triangles, owners = grid(4, 4)
    found = overlap(triangles, owners, np.ones(16), np.zeros(16, np.int64), 64)
    assert found.share == 0
    assert not found.hidden.any()


def test_of_mirrored_halves_the_ranked_one_is_kept() -> None:
    triangles, owners = grid(4, 4)
    both = np.concatenate((triangles, triangles[:, :, ::1]))
    who = np.concatenate((owners, owners + 16))
    rank = np.repeat((1, 0), 16)
    found = overlap(both, who, np.ones(32), rank, 64)
    assert found.share == 1
    np.testing.assert_array_equal(found.hidden, rank == 0)


def test_only_what_matters_is_counted_as_shared() -> None:
    triangles, owners = grid(2, 1)
    both, who = np.concatenate((triangles, triangles)), np.concatenate((owners, owners + 2))
    assert overlap(both, who, np.zeros(4), np.zeros(4, np.int64), 32).share == 0
    assert overlap(both, who, np.array([1.0, 0, 0, 0]), np.zeros(4, np.int64), 32).share == 1


def test_edges_grow_as_far_as_the_margin_and_only_where_it_is_free() -> None:
    pixels = np.zeros((9, 9, 3), np.uint8)
    changed = np.zeros((9, 9), bool)
    changed[4, 4] = True
    pixels[4, 4] = 1
    covered = changed.copy()
    covered[4, 6] = True
    grown(pixels, changed, covered, 2)
    rows, columns = np.mgrid[0:9, 0:9]
    near = np.abs(rows - 4) + np.abs(columns - 4) <= 2
    near[4, 6] = False
    np.testing.assert_array_equal(pixels[..., 0] == 1, near)


def test_an_unchanged_island_keeps_the_texels_around_it() -> None:
    pixels = np.array([[[9], [0], [0], [0], [5]]], np.uint8)
    changed = np.array([[True, False, False, False, False]])
    covered = np.array([[True, False, False, False, True]])
    grown(pixels, changed, covered, 9)
    np.testing.assert_array_equal(pixels[0, :, 0], [9, 9, 9, 0, 5])


def test_a_texel_between_two_colours_takes_their_mean() -> None:
    pixels = np.array([[[1], [0], [3]]], np.uint8)
    changed = np.array([[True, False, True]])
    grown(pixels, changed, changed, 5)
    assert pixels[0, 1, 0] == 2
