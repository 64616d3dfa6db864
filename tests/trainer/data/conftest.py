"""Photographs for the tests: four portraits, and ways to spoil and to cover them."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from trainer.data.faces.alignment import Landmarks
from trainer.data.sources.source import Photograph

PORTRAITS = Path(__file__).parent / "portraits"
Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="session")
def portraits() -> list[Pixels]:
    """The four portraits, each `[275, 225, 3]` uint8."""
    return [np.asarray(Image.open(path).convert("RGB")) for path in sorted((PORTRAITS / "images").glob("*.jpg"))]


def person(file: str, sex: float, low: float, high: float, extra: dict[str, str] | None = None) -> Photograph:
    """A photograph of a person of this sex and age."""
    return Photograph(file, {"sex": (sex, sex), "age": (low, high)}, extra or {})


def write_collection(folder: Path, pictures: Sequence[tuple[str, Pixels]], sex: str = "male", age: str = "50") -> Path:
    """A folder of pictures by name with a table that gives all the same labels."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["file,sex,age"]
    for name, picture in pictures:
        Image.fromarray(picture).save(folder / name, quality=95)
        rows.append(f"{name},{sex},{age}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def with_cup(portrait: Pixels, face: Landmarks) -> Pixels:
    """A white cup before mouth and chin."""
    changed = portrait.copy()
    x, y = (face.left_eye + face.right_eye) / 2
    side = face.eye_distance
    corners = [(round(x - 0.5 * side), round(y + 0.8 * side)), (round(x + 0.5 * side), round(y + 2.0 * side))]
    cv2.rectangle(changed, corners[0], corners[1], (235, 235, 240), -1)
    return changed


def with_sunglasses(portrait: Pixels, face: Landmarks) -> Pixels:
    """Two dark lenses and a bridge."""
    changed = portrait.copy()
    radii = (round(0.4 * face.eye_distance), round(0.3 * face.eye_distance))
    eyes = [(round(eye[0]), round(eye[1])) for eye in (face.left_eye, face.right_eye)]
    cv2.line(changed, eyes[0], eyes[1], (48, 44, 46), 4)
    for eye in eyes:
        cv2.ellipse(changed, eye, radii, 0, 0, 360, (48, 44, 46), -1)
    return changed
