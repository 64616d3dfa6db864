"""How a camera was held."""

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blender_facegan.core.cast.orientation import orientation_of


def exif(orientation: int, order: str = "<", before: bytes = b"") -> bytes:
    """The beginning of a JPEG file with that note, after another segment if wanted."""
    tag = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8) + struct.pack(f"{order}H", 1) + tag
    note = b"Exif\0\0" + tiff
    return b"\xff\xd8" + before + b"\xff\xe1" + struct.pack(">H", len(note) + 2) + note + b"\xff\xda\0\0"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_read_in_either_byte_order(tmp_path: Path, order: str, orientation: int) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(exif(orientation, order, b"\xff\xe0\0\x04ab"))
    assert orientation_of(path) == orientation


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\x89PNG", exif(0), exif(9), exif(6)[:20], exif(6)[:-13], b"\xff\xd8\xff\xe1\0\0" * 9]
)
def test_a_file_without_it_is_upright(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    assert orientation_of(path) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_have_one(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe1" + data)
    assert 1 <= orientation_of(path) <= 8
