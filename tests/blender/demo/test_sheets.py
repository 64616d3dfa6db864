"""Sheets of triangles that follow a body: edges, rims, smoothing, and fewer triangles."""

from dataclasses import replace

import bpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tools.makehuman import Points, _around, _between
from tools.crowd_people.scalp import elevation, grid
from tools.crowd_people.sheets import Faces, Rim, Sheet, loops, normals, reduced, ring_smoothed, smoothed, triangles

SIDES, ROWS = 24, 9


def tube(radius: float = 0.1, height: float = 0.4) -> tuple[Points, Faces]:
    """An upright tube, open at both ends."""
    around = np.linspace(0, 2 * np.pi, SIDES, endpoint=False)
    rows = [
        np.stack([radius * np.cos(around), radius * np.sin(around), np.full(SIDES, z)], 1)
        for z in np.linspace(0, height, ROWS)
    ]
    return np.concatenate(rows), grid(ROWS, SIDES, closed=True)


def sheet(points: Points, faces: Faces, rim: Rim) -> Sheet:
    count = len(points)
    return Sheet(
        faces,
        lambda body: body,
        np.repeat(np.arange(count)[:, None], 3, 1),
        np.tile([1.0, 0.0, 0.0], (count, 1)),
        np.ones((count, 1)),
        np.zeros((count, 2)),
        tuple((loop, rim) for loop in loops(faces)),
    )


def test_polygons_become_fans_of_triangles() -> None:
    assert triangles([(0, 1, 2, 3), (4, 5, 6)]).tolist() == [[0, 1, 2], [0, 2, 3], [4, 5, 6]]


def test_a_tube_has_two_edges() -> None:
    points, faces = tube()
    found = loops(faces)
    assert [len(loop) for loop in found] == [SIDES, SIDES]
    assert {round(float(points[list(loop)][:, 2].mean()), 3) for loop in found} == {0.0, 0.4}


def test_normals_look_outwards_and_have_the_length_of_one() -> None:
    points, faces = tube()
    found = normals(points, faces)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0)
    assert ((found[:, :2] * points[:, :2]).sum(1) > 0).all()


def test_smoothing_takes_dents_out_and_keeps_the_breadth() -> None:
    points, faces = tube()
    middle = slice(SIDES, -SIDES)
    rough = points.copy()
    rough[middle, :2] *= 1 + np.random.default_rng(1).normal(0, 0.05, (len(points) - 2 * SIDES, 1))
    found = smoothed(rough, faces, 20)
    radii = [np.linalg.norm(some[middle, :2], axis=1) for some in (rough, found)]
    assert radii[1].std() < 0.6 * radii[0].std()
    assert radii[1].mean() == pytest.approx(0.1, rel=0.03)
    np.testing.assert_array_equal(found[:SIDES], rough[:SIDES])


def test_edges_are_made_even_and_keep_their_size() -> None:
    points, faces = tube()
    rough = points.copy()
    rough[:SIDES, 2] += np.where(np.arange(SIDES) % 2, 0.02, -0.02)
    found = ring_smoothed(rough, faces, 24)
    assert np.ptp(found[:SIDES, 2]) < 0.004
    assert np.linalg.norm(found[:SIDES, :2], axis=1).mean() == pytest.approx(0.1, rel=0.02)
    np.testing.assert_array_equal(found[SIDES:-SIDES], rough[SIDES:-SIDES])


def test_a_rim_turns_inwards() -> None:
    points, faces = tube()
    hem = sheet(points, faces, Rim(((0.01, 0.0, 0.0), (0.0, -0.02, 0.0))))
    whole = hem.finished()
    found = hem.points(points)
    assert len(found) == len(whole.weights) == len(whole.coordinates) == len(points) + 4 * SIDES
    assert len(whole.faces) == len(faces) + 2 * 2 * 2 * SIDES
    added = found[len(points) :]
    assert np.linalg.norm(added[:, :2], axis=1).max() < 0.095
    assert added[:, 2].min() > -0.001
    assert added[:, 2].max() < 0.401
    # The rim closes the sheet on: all edges but its own two last rings are shared.
    assert [len(loop) for loop in loops(whole.faces)] == [SIDES, SIDES]


def test_fewer_triangles_lie_on_the_finest() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    points, faces = tube()
    coarse = replace(reduced(points, faces, 120), weights=np.ones((1, 1)))
    assert 90 <= len(coarse.faces) <= 140
    found = coarse.points(points)
    assert found[:, 2].min() == pytest.approx(0.0, abs=1e-6)
    assert found[:, 2].max() == pytest.approx(0.4, abs=1e-6)
    assert np.linalg.norm(found[:, :2], axis=1).min() > 0.085
    # It follows another body of the same topology.
    np.testing.assert_allclose(coarse.points(points * 2), found * 2, atol=1e-9)


@given(st.floats(0, 100, allow_nan=False))
def test_the_shares_of_ages_make_one(years: float) -> None:
    shares = _between(years)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert len(shares) <= 2


@given(st.floats(0, 1, allow_nan=False))
def test_the_shares_around_the_average_make_one(value: float) -> None:
    assert sum(_around("weight", value).values()) == pytest.approx(1.0)


def test_a_line_around_the_head_has_an_elevation_everywhere() -> None:
    line: tuple[tuple[float, float], ...] = ((0, 40), (90, -10), (180, -40))
    found: NDArray[np.float64] = np.array([elevation(line, azimuth) for azimuth in (0, 45, 90, 180)])
    np.testing.assert_allclose(found, [40, 15, -10, -40])
