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


def tagged(orientation: int, order: str) -> bytes:
    """The TIFF structure of that note."""
    return exif(orientation, order)[12:-4]


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = (struct.pack(">I", len(content)) + name + content + b"crc." for name, content in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = (name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2) for name, content in chunks)
    content = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(content)) + content


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_other_formats_tell_it_too(tmp_path: Path, order: str, orientation: int) -> None:
    note = tagged(orientation, order)
    for content in (
        note,
        png((b"IHDR", bytes(13)), (b"IDAT", bytes(1001)), (b"eXIf", note), (b"IEND", b"")),
        webp((b"VP8X", bytes(10)), (b"VP8 ", bytes(1001)), (b"EXIF", note)),
        webp((b"VP8X", bytes(10)), (b"EXIF", b"Exif\0\0" + note)),
    ):
        path = tmp_path / "photo"
        path.write_bytes(content)
        assert orientation_of(path) == orientation


@pytest.mark.parametrize(
    "data",
    [png(), png((b"IDAT", b"1234")), png((b"eXIf", b"")), webp((b"EXIF", b"Exif")), webp()[:10], png()[:-2], b"II*\0"],
)
def test_files_of_other_formats_without_it_are_upright(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "photo"
    path.write_bytes(data)
    assert orientation_of(path) == 1


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\x89PNG", exif(0), exif(9), exif(6)[:20], exif(6)[:-13], b"\xff\xd8\xff\xe1\0\0" * 9]
)
def test_a_file_without_it_is_upright(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    assert orientation_of(path) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([b"\xff\xd8\xff\xe1", b"II*\0", b"MM\0*", png(), webp()]), st.binary(max_size=300))
def test_any_bytes_have_one(tmp_path: Path, start: bytes, data: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(start + data)
    assert 1 <= orientation_of(path) <= 8
