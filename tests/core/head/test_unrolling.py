"""Face coordinates put eyes, mouth and chin where the picture has them, and do not smear beside the face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.head.landmarks import CHIN, MOUTH, Landmarks, implausible
from blender_facegan.core.head.unrolling import unroll


def oval(rows: int = 41, columns: int = 128) -> NDArray[np.float64]:
    """Points of a smooth head of 1.2 eye distances half breadth, a ring for each height."""
    angle = np.linspace(-np.pi, np.pi, columns, endpoint=False)
    height = np.linspace(-1.8, 1.2, rows)
    ring = np.stack((1.2 * np.sin(angle), np.zeros(columns), 1.4 * np.cos(angle) - 1.2), axis=1)
    return np.concatenate([ring + np.array((0, y, 0)) for y in height])


def landmarks(distance: float = 1.0, mouth: float = -1.1, chin: float = -1.8, x: float = 0.0) -> Landmarks:
    return Landmarks(
        np.array([x - distance / 2, 0.0, 0.0]),
        np.array([x + distance / 2, 0.0, 0.0]),
        np.array([x, mouth, 0.1]),
        np.array([x, chin, 0.05]),
    )


@given(st.floats(0.7, 1.5), st.floats(0.8, 1.4), st.floats(0.3, 0.9), st.floats(-3, 3), st.floats(0.001, 1000))
def test_eyes_mouth_and_chin_come_to_their_places(
    distance: float, mouth: float, below: float, x: float, size: float
) -> None:
    found = landmarks(distance, -mouth, -mouth - below, x)
    scaled = Landmarks(*(point * size for point in found.points))
    points = np.concatenate((scaled.points, (oval() + np.array((x, 0, 0))) * size))
    laid = unroll(points, scaled, points[4:]).coordinates[:4]
    expected = [(-0.5, 0), (0.5, 0), (0, MOUTH), (0, CHIN)]
    assert laid == pytest.approx(np.array(expected), abs=0.02)


def test_a_tilted_head_is_laid_upright() -> None:
    turn = np.radians(12)
    matrix = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    tilted = Landmarks(*(matrix @ point for point in landmarks().points))
    points = np.concatenate((tilted.points, oval() @ matrix.T))
    laid = unroll(points, tilted, points[4:]).coordinates
    assert laid[:4] == pytest.approx(np.array([(-0.5, 0), (0.5, 0), (0, MOUTH), (0, CHIN)]), abs=0.02)


def test_across_grows_all_the_way_around_and_is_nowhere_stretched_far() -> None:
    points = oval()
    laid = unroll(points, landmarks(), points)
    ring = slice(20 * 128, 21 * 128)
    across = laid.coordinates[ring, 0]
    steps = np.diff(across)
    along = np.linalg.norm(np.diff(points[ring], axis=0), axis=1)
    assert (steps > 0).all()
    angle = np.arctan2(points[ring, 0], points[ring, 2] + 1.2)
    seen = np.abs(angle[1:]) < np.radians(85)
    assert (along[seen] / steps[seen]).max() < 1.5


def test_the_face_ends_before_the_ears() -> None:
    points = oval()
    mask = unroll(points, landmarks(), points).mask
    angle = np.abs(np.arctan2(points[:, 0], points[:, 2] + 1.2))
    assert mask[angle < np.radians(50)].min() > 0.99
    assert mask[angle > np.radians(120)].max() == 0


@pytest.mark.parametrize(
    "found",
    [
        landmarks(distance=0.0),
        landmarks(distance=-1.0),
        landmarks(mouth=0.2),
        landmarks(mouth=-1.9),
        landmarks(distance=9.0),
        landmarks(mouth=float("nan")),
    ],
)
def test_landmarks_that_no_head_has_are_told(found: Landmarks) -> None:
    assert implausible(found)


def test_landmarks_of_a_head_are_plausible() -> None:
    assert implausible(landmarks()) == ""
