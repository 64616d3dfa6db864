"""The 2016 paper's face detection: seven OpenCV cascades on a 64 px picture, in which any hit counts."""

import importlib.util
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.errors import UserError

CASCADES = (
    "haarcascade_eye_tree_eyeglasses",
    "haarcascade_frontalface_alt_tree",
    "haarcascade_frontalface_default",
    "lbpcascade_frontalface",
    "haarcascade_frontalface_alt2",
    "haarcascade_frontalface_alt",
    "haarcascade_smile",
)
SCALE_FACTOR = 1.1
SMALLEST, LARGEST, PAPER_RESOLUTION = 32, 64, 64
STRICT_NEIGHBOURS = 3
GROUPING_TOLERANCE = 0.2
"""The tolerance with which OpenCV's detectMultiScale groups overlapping hits (its GROUP_EPS)."""

DEBIAN_FOLDERS = (Path("/usr/share/opencv4"), Path("/usr/share/opencv"))
VERSION = f"opencv-{cv2.__version__}"


def window(resolution: int) -> tuple[int, int]:
    """The smallest and largest side of a hit, in pixels: 32 and 64 at 64 px, and in proportion at any other size."""
    return round(SMALLEST * resolution / PAPER_RESOLUTION), round(LARGEST * resolution / PAPER_RESOLUTION)


def detect(pictures: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which cascade finds a face where, bool [N, 7, 2]: the last axis is paper mode and strict mode.

    `pictures` is uint8 RGB [N, H, W, 3]. Paper mode takes any single hit (minNeighbors 0), strict mode needs a group of
    overlapping ones (minNeighbors 3). Both come from one scan: detectMultiScale groups the same hits at its end. Raises
    `UserError` where a cascade's file cannot be found.
    """
    cascades = _cascades()
    smallest, largest = window(pictures.shape[1])
    found = np.zeros((len(pictures), len(CASCADES), 2), bool)
    for index, picture in enumerate(pictures):
        grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
        for column, cascade in enumerate(cascades):
            hits = cascade.detectMultiScale(grey, SCALE_FACTOR, 0, 0, (smallest, smallest), (largest, largest))
            found[index, column, 0] = len(hits) > 0
            if len(hits) > STRICT_NEIGHBOURS:
                groups, _ = cv2.groupRectangles(np.asarray(hits).tolist(), STRICT_NEIGHBOURS, GROUPING_TOLERANCE)
                found[index, column, 1] = len(groups) > 0
    return found


def uniform_noise(count: int, resolution: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Pictures without a face: every byte uniform, uint8 [N, H, W, 3]."""
    return rng.integers(0, 256, (count, resolution, resolution, 3), dtype=np.uint8)


@lru_cache(maxsize=1)
def _cascades() -> tuple[cv2.CascadeClassifier, ...]:
    return tuple(load(name) for name in CASCADES)


def load(name: str) -> cv2.CascadeClassifier:
    """One cascade by the name of its file, from OpenCV's wheel, scikit-image's wheel or Debian's opencv-data.

    Raises `UserError` where none of them is there.
    """
    for path in _places(name):
        if path.is_file() and not (cascade := _read(path)).empty():
            return cascade
    raise UserError(
        f"the cascade {name}.xml is not on this machine; install scikit-image (pip) or opencv-data (Debian, Ubuntu)"
    )


def _places(name: str) -> list[Path]:
    places = [Path(cv2.__file__).parent / "data" / f"{name}.xml"]
    if spec := importlib.util.find_spec("skimage"):
        places += [Path(folder) / "data" / f"{name}_opencv.xml" for folder in spec.submodule_search_locations or []]
    places += [folder / kind / f"{name}.xml" for folder in DEBIAN_FOLDERS for kind in ("haarcascades", "lbpcascades")]
    return places


def _read(path: Path) -> cv2.CascadeClassifier:
    """scikit-image's copy of OpenCV's LBP cascade has one tag misspelt, for which OpenCV would refuse it."""
    text = path.read_text().replace("featuhreParams", "featureParams")
    storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    cascade = cv2.CascadeClassifier()
    cascade.read(storage.getFirstTopLevelNode())
    return cascade
