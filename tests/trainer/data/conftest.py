"""Photographs for the tests: four portraits, and ways to spoil them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

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
