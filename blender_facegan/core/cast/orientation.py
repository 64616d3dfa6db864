"""How a camera was held, as it notes down in its photographs (Exif 2.3, tag 0x0112), which Blender does not look at."""

import struct
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np

from .alignment import Pixels

_START, _APP1, _SCAN = b"\xff\xd8", 0xE1, 0xDA
_EXIF = b"Exif\0\0"
_TIFF = b"II*\0", b"MM\0*"
_PNG, _PNG_EXIF = b"\x89PNG\r\n\x1a\n", b"eXIf"
_RIFF, _WEBP, _WEBP_EXIF = b"RIFF", b"WEBP", b"EXIF"
_ORIENTATION, _SHORT = 0x0112, 3
_MOST_TAGS = 200
_MOST_PIECES, _MOST_NOTED = 100_000, 256 * 1024
"""Looked at of a file, and bytes read of what a camera notes down."""

File = bytes | mmap


def orientation_of(path: Path) -> int:
    """1 to 8, as Exif counts, of a JPEG, PNG, WebP or TIFF; 1, upright, for a file that says nothing, or another."""
    if not path.stat().st_size:
        return 1
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        if data[:4] in _TIFF:
            return _in_tags(data)
        for segment in _notes(data):
            return _in_tags(segment.removeprefix(_EXIF))
    return 1


def upright(picture: Pixels, orientation: int) -> Pixels:
    """The picture [H, W, 3] turned and mirrored as it was seen."""
    if orientation in (5, 6, 7, 8):
        picture = picture.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        picture = picture[:, ::-1]
    if orientation in (3, 4, 7, 8):
        picture = picture[::-1]
    return np.ascontiguousarray(picture)


def _notes(data: File) -> Iterator[bytes]:
    """What cameras note down in a file, TIFF structures all of them."""
    if data[:2] == _START:
        for name, segment in _segments(data):
            if name == _APP1 and segment.startswith(_EXIF):
                yield segment
    elif data[: len(_PNG)] == _PNG:
        yield from (chunk for name, chunk in _chunks(data, len(_PNG), ">I4s", 4) if name == _PNG_EXIF)
    elif (data[:4], data[8:12]) == (_RIFF, _WEBP):
        yield from (chunk for name, chunk in _chunks(data, 12, "<4sI", 0) if name == _WEBP_EXIF)


def _segments(data: File) -> Iterator[tuple[int, bytes]]:
    """A JPEG's segments before its picture: marker and content."""
    at = len(_START)
    for _ in range(_MOST_PIECES):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] == _SCAN:
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        yield data[at + 1], data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)


def _chunks(data: File, at: int, head: str, behind: int) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of the chunks from the byte `at`, the content only of what cameras note down.

    `head`: how name and length are packed. `behind`: bytes that follow each; where it is 0 odd ones are padded.
    """
    for _ in range(_MOST_PIECES):
        if at + 8 > len(data):
            return
        one, other = struct.unpack_from(head, data, at)
        name, length = (other, one) if isinstance(one, int) else (one, other)
        yield name, data[at + 8 : at + 8 + min(length, _MOST_NOTED)] if name in (_PNG_EXIF, _WEBP_EXIF) else b""
        at += 8 + length + (behind or length % 2)


def _in_tags(tiff: File) -> int:
    """The orientation in the first directory of a TIFF structure; 1 where it has none."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return 1
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    if start + 2 > len(tiff):
        return 1
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    for number in range(min(count, _MOST_TAGS)):
        entry = start + 2 + 12 * number
        if entry + 12 > len(tiff):
            break
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
        if (tag, kind) == (_ORIENTATION, _SHORT):
            return value if 1 <= value <= 8 else 1
    return 1
