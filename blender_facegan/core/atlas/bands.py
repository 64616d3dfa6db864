"""A page's file as bands, a row of tiles each: where one face changes, one band is packed again, and no other is read.

Each band is compressed on its own and has an IDAT chunk to itself; together they are one stream, as PNG wants it. A
private chunk before them keeps what the stream's checksum is put together from; another one what the faces are compared
by, so that a new face is compared with all of a crowd without a look at their pictures.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import png

_TABLE = b"bnDS"
"""Private, left out by programs that change the picture: the rows and the checksum of each band."""
_ENTRY = struct.Struct(">II")
_LIKENESS = b"lkNS"
"""Likewise: the length of a descriptor, and those of all cells from the lower left, row by row."""
_LENGTH = struct.Struct("<I")
_DESCRIPTOR = np.dtype("<f4")
_ZLIB_HEADER = b"\x78\x01"
_LAST_BLOCK = b"\x03\x00"
"""The end of a deflate stream: an empty block that says that it is the last one (RFC 1951)."""
_BASE = 65521
"""Adler-32's (RFC 1950)."""


class Band(NamedTuple):
    """Some rows of a page: how many, the checksum of their filtered bytes, and those compressed."""

    rows: int
    checksum: int
    data: bytes


def pack(pixels: NDArray[np.uint8]) -> Band:
    """A band of uint8 [H, W, 3], row 0 at the top."""
    lines = png.filtered(pixels)
    packer = zlib.compressobj(level=1, wbits=-zlib.MAX_WBITS, strategy=zlib.Z_RLE)
    data = packer.compress(lines.data) + packer.flush(zlib.Z_FULL_FLUSH)
    return Band(len(pixels), zlib.adler32(lines.data), data)


def unpack(band: Band, width: int) -> NDArray[np.uint8]:
    """The band's pixels: uint8 [H, W, 3], row 0 at the top."""
    return png.unfiltered(zlib.decompressobj(-zlib.MAX_WBITS).decompress(band.data), width)


def join(width: int, bands: Sequence[Band], likeness: NDArray[np.float32] | None = None) -> bytes:
    """A page's file of its bands, from the top. likeness: float32 [cells, D], not a number where it is not known."""
    checksum = 1
    for band in bands:
        checksum = _together(checksum, band.checksum, band.rows * (1 + width * 3))
    table = b"".join(_ENTRY.pack(band.rows, band.checksum) for band in bands)
    head, *rest = (band.data for band in bands)
    parts = [_ZLIB_HEADER + head, *rest]
    parts[-1] += _LAST_BLOCK + checksum.to_bytes(4, "big")
    height = sum(band.rows for band in bands)
    notes = [(_TABLE, table)]
    if likeness is not None and np.isfinite(likeness).any():
        described = _LENGTH.pack(likeness.shape[1]) + likeness.astype(_DESCRIPTOR).tobytes()
        notes.append((_LIKENESS, described))
    return png.assemble(width, height, [*notes, *((b"IDAT", part) for part in parts)])


class PageFile(NamedTuple):
    """bands: from the top. likeness: float32 [cells, D], not a number where it is not known, None where none is."""

    bands: list[Band]
    likeness: NDArray[np.float32] | None


def read_page(data: bytes) -> PageFile | None:
    """What a file is made of that `join` has made; None for any other file, also for one that `png` wrote."""
    if not png.is_ours(data):
        return None
    found = list(png.chunks(data))
    table = next((content for name, content in found if name == _TABLE), b"")
    parts = [content for name, content in found if name == b"IDAT"]
    if not table or len(table) != len(parts) * _ENTRY.size:
        return None
    parts[0] = parts[0][len(_ZLIB_HEADER) :]
    parts[-1] = parts[-1][: -len(_LAST_BLOCK) - 4]
    entries = zip(_ENTRY.iter_unpack(table), parts, strict=True)
    bands = [Band(rows, checksum, part) for (rows, checksum), part in entries]
    return PageFile(bands, _likeness(next((content for name, content in found if name == _LIKENESS), b"")))


def _likeness(content: bytes) -> NDArray[np.float32] | None:
    if len(content) <= _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack_from(content)
    values = np.frombuffer(content, _DESCRIPTOR, offset=_LENGTH.size)
    return values.reshape(-1, length) if length and not len(values) % length else None


def _together(first: int, second: int, length: int) -> int:
    """The checksum of two runs of bytes by those of each, the second of `length` bytes.

    Adler-32 is the sum of the bytes, 1 at the start, and the sum of all those sums.
    """
    low, high = first & 0xFFFF, first >> 16
    total = (low + (second & 0xFFFF) - 1) % _BASE
    return (high + (second >> 16) + length * (low - 1)) % _BASE << 16 | total
