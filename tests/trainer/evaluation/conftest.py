from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.data.faces.alignment import Geometry, align
from trainer.data.faces.detection import FaceDetector
from trainer.pictures import Pixels

PORTRAITS = Path(__file__).parents[1] / "data" / "portraits" / "images"


@pytest.fixture(scope="session")
def aligned_portraits() -> Pixels:
    """Four portraits as a dataset holds them, uint8 [4, 64, 64, 3]."""
    detector = FaceDetector()
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(PORTRAITS.glob("*.jpg"))]
    return np.stack([align(picture, detector.find(picture)[0].landmarks, Geometry(), 64) for picture in pictures])
