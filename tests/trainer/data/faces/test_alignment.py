"""Where faces stand after alignment."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.data.faces.alignment import Geometry, Landmarks, align, crop_transform, overshoot
from trainer.errors import UserError


def face(x: float, y: float, distance: float, tilt: float = 0.0, nose: float = 0.0) -> Landmarks:
    """Landmarks about the eyes' middle (x, y); `nose` is its sideways offset in eye distances."""
    upright = np.array([[0.7, 0], [0.3, 0], [-0.7, 0], [-0.3, 0], [nose, 0.7]]) * distance
    turn = np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
    return Landmarks(upright @ turn.T + [x, y])


@given(
    st.floats(-100, 500),
    st.floats(-100, 500),
    st.floats(5, 300),
    st.floats(-3, 3),
    st.sampled_from([32, 64, 128]),
    st.floats(0.1, 0.6),
    st.floats(0.2, 0.6),
)
def test_the_eyes_stand_where_the_geometry_says(
    x: float, y: float, distance: float, tilt: float, size: int, eye_distance: float, eye_height: float
) -> None:
    landmarks = face(x, y, distance, tilt)
    transform = crop_transform(landmarks, Geometry(eye_distance, eye_height), size)
    left, right = (transform[:, :2] @ eye + transform[:, 2] for eye in (landmarks.left_eye, landmarks.right_eye))
    edge_to_edge = (left + 0.5) / size, (right + 0.5) / size
    np.testing.assert_allclose(edge_to_edge[0], [0.5 - eye_distance / 2, eye_height], atol=1e-6)
    np.testing.assert_allclose(edge_to_edge[1], [0.5 + eye_distance / 2, eye_height], atol=1e-6)


@given(st.floats(-3, 3), st.floats(10, 200), st.floats(-0.5, 0.5))
def test_the_turn_of_the_head_is_told_whatever_its_tilt_and_size(tilt: float, distance: float, nose: float) -> None:
    assert face(50, 60, distance, tilt, nose).yaw == pytest.approx(nose, abs=1e-9)


def test_a_marked_eye_is_found_at_its_place_in_the_crop() -> None:
    photograph = np.zeros((400, 400, 3), dtype=np.uint8)
    landmarks = face(200, 180, 100, tilt=0.4)
    x, y = landmarks.left_eye
    rows, columns = np.mgrid[:400, :400]
    photograph[np.hypot(rows - y, columns - x) < 6] = 255
    crop = align(photograph, landmarks, Geometry(0.36, 0.38), 64).astype(np.float64)[..., 0]
    weights = crop / crop.sum()
    assert (weights * np.mgrid[:64, :64][1]).sum() + 0.5 == pytest.approx(64 * 0.32, abs=0.15)
    assert (weights * np.mgrid[:64, :64][0]).sum() + 0.5 == pytest.approx(64 * 0.38, abs=0.15)


@pytest.mark.parametrize("distance", [80.0, 83.3, 260.0, 1900.0])
def test_detail_finer_than_the_crop_becomes_its_mean_instead_of_a_pattern(distance: float) -> None:
    side = int(distance * 3)
    stripes = np.zeros((side, side, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    crop = align(stripes, face(side / 2, side * 0.4, distance), Geometry(), 64)
    assert crop.shape == (64, 64, 3)
    assert np.abs(crop.astype(int) - 127)[4:-4, 4:-4].max() <= 12


def test_a_crop_inside_the_photograph_does_not_overshoot() -> None:
    assert overshoot(face(150, 114, 36 * 3), Geometry(0.36, 0.38), 300, 300) == pytest.approx(0, abs=1e-2)
    assert overshoot(face(150, 150, 50), Geometry(0.36, 0.38), 300, 300) == 0


@given(st.floats(0, 0.3))
def test_the_overshoot_is_a_share_of_the_crops_side(share: float) -> None:
    landmarks = face(150, 113.5 - 300 * share, 36 * 3)
    assert overshoot(landmarks, Geometry(0.36, 0.38), 301, 600) == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize(("eye_distance", "eye_height"), [(0.0, 0.4), (1.2, 0.4), (0.4, -0.1), (0.4, math.nan)])
def test_a_geometry_that_holds_no_face_is_refused(eye_distance: float, eye_height: float) -> None:
    with pytest.raises(UserError, match="of the crop's side"):
        Geometry(eye_distance, eye_height)
