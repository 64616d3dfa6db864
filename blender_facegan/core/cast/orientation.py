"""How a camera was held, as it notes down in its photographs (Exif 2.3, tag 0x0112), which Blender does not look at."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np

from .alignment import Pixels
from .tiff import File, first_directory

_START, _APP1, _SCAN = b"\xff\xd8", 0xE1, 0xDA
_EXIF = b"Exif\0\0"
_TIFF = b"II*\0", b"MM\0*"
_PNG, _PNG_EXIF = b"\x89PNG\r\n\x1a\n", b"eXIf"
_RIFF, _WEBP, _WEBP_EXIF = b"RIFF", b"WEBP", b"EXIF"
_ORIENTATION, _SHORT = 0x0112, 3
_MOST_TAGS = 200
_MOST_PIECES, _MOST_NOTED = 100_000, 256 * 1024
"""Looked at of a file, and bytes read of what a camera notes down."""


def orientation_of(path: Path) -> int:
    """1 to 8, as Exif counts, of a JPEG, PNG, WebP or TIFF; 1, upright, for a file that says nothing, or another."""
    if not path.stat().st_size:
        return 1
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        if data[:4] in _TIFF:
            return _in_tags(data)
        return _in_tags(next(_notes(data), b"").removeprefix(_EXIF))


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
        yield from _chunks(data, _PNG_EXIF, at=len(_PNG), order=">", name_at=4, behind=4)
    elif (data[:4], data[8:12]) == (_RIFF, _WEBP):
        yield from _chunks(data, _WEBP_EXIF, at=12, order="<", name_at=0, behind=0)


def _segments(data: File) -> Iterator[tuple[int, bytes]]:
    """A JPEG's segments before its picture: marker and content."""
    at = len(_START)
    for _ in range(_MOST_PIECES):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] == _SCAN:
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        yield data[at + 1], data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)


def _chunks(data: File, wanted: bytes, *, at: int, order: str, name_at: int, behind: int) -> Iterator[bytes]:
    """The content of the chunks of that name, from the byte `at`.

    Of a chunk's first eight bytes four are its name, from `name_at`, the others its length in that order. `behind`:
    bytes that follow each; where it is 0 odd ones are padded.
    """
    for _ in range(_MOST_PIECES):
        if at + 8 > len(data):
            return
        (length,) = struct.unpack_from(f"{order}I", data, at + 4 - name_at)
        if data[at + name_at : at + name_at + 4] == wanted:
            yield data[at + 8 : at + 8 + min(length, _MOST_NOTED)]
        at += 8 + length + (behind or length % 2)


def _in_tags(tiff: File) -> int:
    """The orientation in the first directory of a TIFF structure; 1 where it has none."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    with suppress(struct.error):  # It ends too early.
        for tag, kind, _, value in first_directory(tiff, order, big=False, most=_MOST_TAGS):
            if (tag, kind) == (_ORIENTATION, _SHORT):
                (orientation,) = struct.unpack_from(f"{order}H", value)
                return int(orientation) if 1 <= orientation <= 8 else 1
    return 1
