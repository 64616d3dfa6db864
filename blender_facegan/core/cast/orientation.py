"""How a camera was held, as it notes down in its photographs (Exif 2.3, tag 0x0112), which Blender does not look at."""

import struct
from pathlib import Path

import numpy as np

from .alignment import Pixels

_START, _APP1, _SCAN = b"\xff\xd8", 0xE1, 0xDA
_EXIF = b"Exif\0\0"
_ORIENTATION, _SHORT = 0x0112, 3
_MOST_BYTES = 256 * 1024
"""Read of a file: what a camera notes down stands before the picture, in segments of at most 64 KiB."""
_MOST_TAGS = 200


def orientation_of(path: Path) -> int:
    """1 to 8, as Exif counts; 1, upright, for a file that says nothing, or is no JPEG."""
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES)
    at = len(_START)
    while data.startswith(_START) and at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _SCAN:
        (length,) = struct.unpack_from(">H", data, at + 2)
        segment = data[at + 4 : at + 2 + length]
        if data[at + 1] == _APP1 and segment.startswith(_EXIF):
            return _in_tags(segment[len(_EXIF) :])
        at += 2 + max(length, 2)
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


def _in_tags(tiff: bytes) -> int:
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
