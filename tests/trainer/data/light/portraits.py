"""Portraits as a dataset holds them, and lamps to put beside them."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.trainer.data.conftest import PORTRAITS
from trainer.data.faces.alignment import Geometry, align
from trainer.data.faces.detection import FaceDetector
from trainer.data.faces.measures import MEASURE_SIDE, measure_evenness
from trainer.data.light.colour import decode, encode
from trainer.data.light.evening import even
from trainer.data.light.head import generic_head

EYES = (Geometry().eye_distance, Geometry().eye_height)
SIDE = 64
Pixels = NDArray[np.uint8]


@lru_cache
def faces(side: int = SIDE) -> tuple[Pixels, ...]:
    """The four portraits as a dataset holds them, evened, so that the tests' own lamps are all the light there is."""
    detector = FaceDetector()
    photographs = [np.asarray(Image.open(path).convert("RGB")) for path in sorted((PORTRAITS / "images").glob("*.jpg"))]
    crops = [align(one, detector.find(one)[0].landmarks, Geometry(), side) for one in photographs]
    return tuple(even(crop, *EYES).picture for crop in crops)


def lamp(side: int, across: float, down: float) -> NDArray[np.float32]:
    """Light that falls from one side, [side, side], 1 in the middle: the cosine law on the generic head."""
    normals = generic_head(side, side, *EYES).normals
    return np.asarray(np.maximum(1 + across * normals[..., 0] + down * normals[..., 1], 0.15), np.float32)


def lit(face: Pixels, light: NDArray[np.float32], colour: tuple[float, float, float] = (1, 1, 1)) -> Pixels:
    return encode(decode(face) * light[..., None] * np.array(colour, np.float32))


def side_light(face: Pixels) -> float:
    resized = cv2.resize(face, (MEASURE_SIDE, MEASURE_SIDE), interpolation=cv2.INTER_CUBIC)
    return measure_evenness(np.asarray(resized, np.uint8))[0]
