"""Photographs for `encode`: portraits as they are, and spoilt in every way that is refused."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tests.trainer.data.conftest import PORTRAITS, Pixels, with_cup, with_sunglasses
from trainer.data.faces.detection import FaceDetector

FILES = tuple(sorted((PORTRAITS / "images").glob("*.jpg")))


def portrait(number: int) -> Pixels:
    """One of the four, uint8 [275, 225, 3]."""
    return np.asarray(Image.open(FILES[number]).convert("RGB"))


def side_by_side() -> Pixels:
    return np.concatenate([portrait(1), portrait(3)], axis=1)


def drawn() -> Pixels:
    return np.asarray(cv2.pencilSketch(portrait(2), sigma_s=40, sigma_r=0.07, shade_factor=0.05)[1], np.uint8)


def colourless() -> Pixels:
    return np.repeat(cv2.cvtColor(portrait(2), cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def grey() -> Pixels:
    return np.asarray(Image.fromarray(portrait(2)).convert("L"))


def lying() -> Pixels:
    return np.rot90(portrait(2)).copy()


def cut_off() -> Pixels:
    face = FaceDetector().find(portrait(2))[0].landmarks
    x, y = (face.left_eye + face.right_eye) / 2
    return portrait(2)[max(round(y - face.eye_distance), 0) :, round(x - 0.6 * face.eye_distance) :].copy()


def covered() -> Pixels:
    return with_cup(portrait(2), FaceDetector().find(portrait(2))[0].landmarks)


def in_sunglasses() -> Pixels:
    return with_sunglasses(portrait(2), FaceDetector().find(portrait(2))[0].landmarks)


def landscape() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)


def tiny() -> Pixels:
    return np.asarray(Image.fromarray(portrait(2)).resize((45, 55)))


def row() -> Pixels:
    return np.full((1, 4000, 3), 120, np.uint8)


SPOILT: dict[str, tuple[Callable[[], Pixels], str]] = {
    "two.png": (side_by_side, r"another face of comparable size \(2 faces\)"),
    "drawn.png": (drawn, "looks painted, drawn or recoloured"),
    "colourless.png": (colourless, "a black-and-white or tinted picture"),
    "grey.png": (grey, "is stored without colour"),
    "lying.png": (lying, "no face was found"),
    "cut.png": (cut_off, "the face reaches beyond the photograph"),
    "cup.png": (covered, "a hand, a microphone, food"),
    "dark.png": (in_sunglasses, "the eyes are behind dark glass"),
    "noise.png": (landscape, "no face was found"),
    "tiny.png": (tiny, "has 45 x 55 pixels"),
    "row.png": (row, "has 4000 x 1 pixels"),
}
"""By file name: the picture, and what is told of it."""


def saved(folder: Path, name: str, picture: Pixels) -> Path:
    """The picture as a file."""
    Image.fromarray(picture).save(folder / name)
    return folder / name
