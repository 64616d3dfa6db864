"""Pages as PNG files: read back as written, by others too, and marked as pictures that a model has made."""

import struct
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.atlas import png

SOURCE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"


def plain_file() -> bytes:
    """A PNG of one grey pixel by another program."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\x80")),
        (b"IEND", b""),
    )
    parts = [
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def source_type(data: bytes) -> str | None:
    """What the XMP packet of a PNG says of where its picture is from."""
    at = data.find(b"iTXtXML:com.adobe.xmp\0\0\0\0\0")
    if at < 0:
        return None
    (length,) = struct.unpack(">I", data[at - 4 : at])
    packet = data[at + 4 + 22 : at + 4 + length].decode()
    assert packet.startswith("<?xpacket begin")
    assert packet.endswith('<?xpacket end="r"?>')
    found = ET.fromstring(packet).find(f".//{SOURCE}")
    return found.text if found is not None else None


def test_every_page_says_that_a_model_made_it() -> None:
    data = png.encode(np.zeros((2, 3, 3), np.uint8))
    assert source_type(data) == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert png.is_marked(data)


def test_any_file_is_marked_once() -> None:
    assert not png.is_marked(plain_file())
    once = png.marked(plain_file())
    assert source_type(once) == png.SYNTHETIC
    assert png.marked(once) == once


def test_the_mark_and_the_owner_stand_side_by_side() -> None:
    for data in (png.with_owner(png.marked(plain_file()), "Zoë"), png.marked(png.with_owner(plain_file(), "Zoë"))):
        assert png.owner_of(data) == "Zoë"
        assert png.is_marked(data)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_has_no_owner_and_no_mark(data: bytes) -> None:
    assert png.owner_of(data) is None
    assert not png.is_marked(data)


@given(height=st.integers(1, 12), width=st.integers(1, 12), seed=st.integers(0, 2**32 - 1))
def test_alpha_is_kept_where_it_is_wanted(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    data = png.encode(pixels, alpha=True)
    at = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[at - 4 : at])
    rows = np.frombuffer(zlib.decompress(data[at + 4 : at + 4 + length]), np.uint8).reshape(height, 1 + width * 4)
    read = np.cumsum(rows[:, 1:].reshape(height, width, 4), axis=1, dtype=np.uint8)
    np.testing.assert_array_equal(read, pixels)
    assert png.decode(data) is None, "a page has no alpha"
    assert png.decode(png.encode(pixels)) is not None
