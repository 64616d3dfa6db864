"""Black borders left by an earlier crop."""

import cv2
import numpy as np
import pytest

from tests.trainer.data.conftest import Pixels
from trainer.data.faces.alignment import Geometry
from trainer.data.faces.detection import FaceDetector
from trainer.data.faces.padding import find_padding, padding_share


def rotated(picture: Pixels, degrees: float) -> Pixels:
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(picture, turn, (width, height)), dtype=np.uint8)


def test_portraits_have_no_padding(portraits: list[Pixels]) -> None:
    for portrait in portraits:
        assert not find_padding(portrait).any()


@pytest.mark.parametrize("degrees", [-20, -9, 9, 25])
def test_the_corners_of_a_turned_picture_are_padding(portraits: list[Pixels], degrees: float) -> None:
    for portrait in portraits:
        light = (portrait // 2 + 100).astype(np.uint8)
        outside = rotated(np.full_like(portrait, 255), degrees)[..., 0] == 0
        assert find_padding(rotated(light, degrees)).mean() == pytest.approx(outside.mean(), abs=0.02)


def test_a_black_bar_is_padding_in_the_share_of_the_crop_that_it_takes(portraits: list[Pixels]) -> None:
    detector = FaceDetector()
    for portrait in portraits:
        landmarks = detector.find(portrait)[0].landmarks
        side = landmarks.eye_distance / 0.36
        barred = portrait.copy()
        barred[:, : round((landmarks.left_eye[0] + landmarks.right_eye[0]) / 2 - side * 0.4)] = 0
        assert padding_share(barred, landmarks, Geometry(0.36, 0.38)) == pytest.approx(0.1, abs=0.03)


def test_a_black_background_is_no_padding() -> None:
    picture = np.zeros((224, 224, 3), dtype=np.uint8)
    cv2.ellipse(picture, (112, 110), (60, 80), 0, 0, 360, (200, 160, 140), -1)
    assert not find_padding(picture).any()


def test_a_black_picture_has_no_padding() -> None:
    assert not find_padding(np.zeros((60, 80, 3), dtype=np.uint8)).any()
