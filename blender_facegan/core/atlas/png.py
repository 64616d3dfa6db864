"""Pages as PNG files in memory, written and read without Blender so that it can happen off the main thread.

Only what a page needs of the format (ISO/IEC 15948): eight-bit RGB, no interlace, one filter.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SUB = 1
"""The filter of every row: each byte less the one a pixel to its left. Faces shrink by a third, at little cost."""
_RGB, _EIGHT_BITS = 2, 8
_AFTER_HEADER = 33
"""Bytes of the signature and of the chunk that comes first in every PNG file."""
_SOFTWARE = b"Software\0Crowd Faces"
_OWNER = b"Crowd Faces Owner\0\0\0\0\0"
"""Of the text (iTXt, UTF-8, not compressed, of no language) that tells whose picture a file is."""
_END = 12
"""Bytes of the chunk that comes last in every PNG file."""


def encode(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG file of uint8 [H, W, 3] or [H, W, 4] (alpha is dropped), row 0 at the top, sRGB."""
    height, width = pixels.shape[:2]
    rows = np.empty((height, 1 + width * 3), np.uint8)
    rows[:, 0] = _SUB
    filtered = rows[:, 1:].reshape(height, width, 3)
    filtered[:, 0] = pixels[:, 0, :3]
    np.subtract(pixels[:, 1:, :3], pixels[:, :-1, :3], out=filtered[:, 1:])
    packer = zlib.compressobj(level=1, strategy=zlib.Z_RLE)
    data = packer.compress(rows.data) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, _EIGHT_BITS, _RGB, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"sRGB", b"\0"), (b"tEXt", _SOFTWARE), (b"IDAT", data), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in chunks)


def is_ours(data: bytes) -> bool:
    """Whether `encode` wrote the file: Blender keeps our name in a picture that it packs again, but not its place."""
    marks = _chunk(b"sRGB", b"\0") + _chunk(b"tEXt", _SOFTWARE)
    return data.startswith(_SIGNATURE) and data[_AFTER_HEADER : _AFTER_HEADER + len(marks)] == marks


def size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a file that `encode` wrote; None for any other file."""
    if not is_ours(data):
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def decode(data: bytes) -> NDArray[np.uint8] | None:
    """The pixels of a file that `encode` wrote: uint8 [H, W, 3], row 0 at the top; None for any other file."""
    chunks = _chunks(data) if is_ours(data) else None
    if chunks is None:
        return None
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + width * 3)
    return np.cumsum(rows[:, 1:].reshape(height, width, 3), axis=1, dtype=np.uint8)


def with_owner(data: bytes, owner: str) -> bytes:
    """Any PNG file, with a note of whose picture it is."""
    return data[:-_END] + _chunk(b"iTXt", _OWNER + owner.encode("utf-8", "replace")) + data[-_END:]


def owner_of(data: bytes) -> str | None:
    """Whose picture the file was noted to be by `with_owner`; None for any other file."""
    text = (_chunks(data) or {}).get(b"iTXt", b"")
    return text[len(_OWNER) :].decode("utf-8", "replace") if text.startswith(_OWNER) else None


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))


def _chunks(data: bytes) -> dict[bytes, bytes] | None:
    if not data.startswith(_SIGNATURE):
        return None
    chunks, at = {}, len(_SIGNATURE)
    while at + 8 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        chunks[data[at + 4 : at + 8]] = data[at + 8 : at + 8 + length]
        at += length + 12
    return chunks
