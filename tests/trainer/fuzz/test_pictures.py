"""Whatever lies among the photographs: it is aligned, or dropped and counted; nothing stops the others."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.trainer.fuzz.conftest import damaged
from trainer.data.faces.alignment import Geometry
from trainer.data.faces.detection import FaceDetector
from trainer.data.faces.measures import RULES, Limits
from trainer.data.prepare.inspection import Inspection, Inspector, Settings, UnreadableError, read_photograph

SIDES = [(1, 1), (1, 3000), (3000, 1), (2, 2), (3, 500), (17, 16), (1, 60_000), (30_000, 60)]
MODES = ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16"]
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "BMP": ".bmp", "WEBP": ".webp", "GIF": ".gif"}


@pytest.fixture(scope="module")
def inspectors() -> list[Inspector]:
    detector, geometry, limits = FaceDetector(), Geometry(), Limits()
    return [
        Inspector(Settings(64, geometry, limits), detector),
        Inspector(Settings(64, geometry, limits, whole=True)),
        Inspector(Settings(64, geometry, limits, whole=True, middle=True)),
    ]


def is_whole(found: Inspection) -> bool:
    """Whether an inspection says all that `prepare` needs."""
    if found.rule is None:
        return found.crop is not None and found.crop.shape == (64, 64, 3) and found.crop.dtype == np.uint8
    return found.rule in RULES and "\n" not in found.problem and bool(found.problem) == (found.rule == "unreadable")


def files(folder: Path) -> list[Path]:
    """Pictures of odd shapes, modes and kinds of files; empty ones; a folder; damaged ones."""
    made = []
    for width, height in SIDES:
        made.append(folder / f"side-{width}x{height}.png")
        Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(made[-1])
    portrait = Image.open(Path(__file__).parents[1] / "data/portraits/images" / PORTRAIT)
    for mode in MODES:
        try:
            picture = portrait.convert(mode)
        except ValueError:
            picture = portrait.convert("L").convert(mode)
        for kind, suffix in SUFFIXES.items():
            try:
                picture.save(folder / f"mode-{mode.replace(';', '')}{suffix}", kind)
            except (OSError, ValueError, KeyError):
                continue
            made.append(folder / f"mode-{mode.replace(';', '')}{suffix}")
    encoded = io.BytesIO()
    portrait.convert("RGB").resize((90, 110)).save(encoded, "JPEG")
    for number, content in enumerate((b"", b"\xff\xd8", *damaged(encoded.getvalue(), 17, 60))):
        made.append(folder / f"damaged-{number}.jpg")
        made[-1].write_bytes(content)
    made += [folder / "missing.jpg", folder / "nul\0.jpg", folder]
    if hasattr(os, "mkfifo"):
        made.append(folder / "pipe.jpg")
        os.mkfifo(made[-1])
    return made


PORTRAIT = sorted((Path(__file__).parents[1] / "data/portraits/images").glob("*.jpg"))[0].name


def test_whatever_a_file_is_it_is_kept_or_dropped_by_a_rule(tmp_path: Path, inspectors: list[Inspector]) -> None:
    made = files(tmp_path)
    for inspector in inspectors:
        found = {path: inspector.inspect(path, thin=False) for path in made}
        assert [path.name for path, inspection in found.items() if not is_whole(inspection)] == []
        assert any(inspection.rule is None for inspection in found.values()) or not inspector.settings.whole


@pytest.mark.parametrize("mode", ["CMYK", "RGB"])
def test_a_colour_photograph_is_in_colour_however_it_is_stored(
    mode: str, tmp_path: Path, inspectors: list[Inspector]
) -> None:
    path = tmp_path / "a.jpg"
    Image.open(Path(__file__).parents[1] / "data/portraits/images" / PORTRAIT).convert(mode).save(path)
    assert inspectors[1].inspect(path, thin=False).rule is None


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_grey_in_sixteen_bits_is_as_bright_as_in_eight(suffix: str, tmp_path: Path) -> None:
    grey = Image.open(Path(__file__).parents[1] / "data/portraits/images" / PORTRAIT).convert("L")
    path = tmp_path / f"a{suffix}"
    Image.fromarray(np.asarray(grey).astype(np.uint16) * 257).save(path)
    assert np.array_equal(read_photograph(path), np.asarray(grey.convert("RGB")))


@pytest.mark.parametrize("mode", ["I", "F"])
def test_numbers_without_a_white_are_no_picture(mode: str, tmp_path: Path) -> None:
    Image.new(mode, (64, 64), 90).save(tmp_path / "a.tif")
    with pytest.raises(UnreadableError, match="nothing tells what white is; save it with 8 or 16 bits"):
        read_photograph(tmp_path / "a.tif")


def test_a_picture_of_a_row_of_pixels_shows_no_face(tmp_path: Path, inspectors: list[Inspector]) -> None:
    Image.new("RGB", (30_000, 60)).save(tmp_path / "a.png")
    found = inspectors[0].inspect(tmp_path / "a.png", thin=False)
    assert found.rule == "no-face"
    assert found.thumbnail is not None
