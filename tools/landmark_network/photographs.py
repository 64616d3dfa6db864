"""Photographs of faces with the places of their eyes, as the trainer's detector finds them."""

from pathlib import Path

import cv2
import numpy as np

from trainer.data.faces.detection import FaceDetector

from .camera import Photograph
from .shapes import MissingShapesError

__all__ = ["read_photographs"]


def read_photographs(folder: Path) -> list[Photograph]:
    """The pictures below a folder in which a face is found. Raises MissingShapesError when there are none."""
    detector, found = FaceDetector(), []
    for path in sorted((*folder.rglob("*.jpg"), *folder.rglob("*.png"))):
        stored = cv2.imread(str(path))
        if stored is None:
            continue
        pixels = np.ascontiguousarray(stored[:, :, ::-1]).astype(np.uint8)
        faces = detector.find(pixels)
        if faces:
            corners = faces[0].landmarks.points
            eyes = np.stack((corners[:2].mean(axis=0), corners[2:4].mean(axis=0)))
            found.append(Photograph(pixels, eyes[np.argsort(eyes[:, 0])]))
    if not found:
        raise MissingShapesError(f"{folder} holds no .jpg or .png with a face: name a folder of photographs of faces")
    return found
