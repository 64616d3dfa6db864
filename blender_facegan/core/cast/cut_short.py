"""Whether a picture's file ends before its picture does, in formats of which Blender shows what there is.

JPEG, TIFF (6.0, and BigTIFF), DPX (SMPTE 268M) and SGI ("The SGI image file format", 1.0): Blender fills in grey or
black. It refuses the other formats that it reads by itself.
"""

import struct
from collections.abc import Iterator

from .tiff import File, first_directory

_JPEG, _JPEG_SCAN, _JPEG_END = b"\xff\xd8\xff", b"\xff\xda", b"\xff\xd9"
_TIFF = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}
_STRIPS, _TILES = (273, 279), (324, 325)
"""Tags of where the pieces of a TIFF's picture begin, and of how long they are."""
_KINDS = {3: "H", 4: "I", 16: "Q"}
_MOST_TAGS = 4096
_DPX = {b"SDPX": ">", b"XPDS": "<"}
_DPX_UNKNOWN = 2**32 - 1
_SGI, _SGI_HEADER = b"\x01\xda", 512


def is_cut_short(data: File) -> bool:
    """Whether the file's bytes end too early; False for other formats, and for headers that make no sense."""
    start = data[:4]
    try:
        if start.startswith(_JPEG):
            return data.rfind(_JPEG_END) < data.rfind(_JPEG_SCAN)
        if start in _TIFF:
            return any(end > len(data) for end in _tiff_ends(data, *_TIFF[start]))
        if start in _DPX:
            size: int = struct.unpack_from(f"{_DPX[start]}I", data, 16)[0]
            return len(data) < size < _DPX_UNKNOWN
        if start.startswith(_SGI):
            return _sgi_end(data) > len(data)
    except (struct.error, OverflowError):  # The header itself ends too early, or points beyond any file.
        return True
    return False


def _tiff_ends(data: File, order: str, big: bool) -> Iterator[int]:
    """Where the pieces of the first picture of a TIFF end. Raises struct.error where its directory does."""
    tags: dict[int, tuple[int, ...]] = {}
    for tag, kind, length, value in first_directory(data, order, big, _MOST_TAGS):
        if tag in (*_STRIPS, *_TILES) and kind in _KINDS:
            tags[tag] = _tiff_values(data, order, kind, length, value)
    for begins, lengths in (_STRIPS, _TILES):
        yield from map(sum, zip(tags.get(begins, ()), tags.get(lengths, ()), strict=False))


def _tiff_values(data: File, order: str, kind: int, length: int, value: bytes) -> tuple[int, ...]:
    """A tag's numbers: they stand in its entry where they fit, else where that points to."""
    size = struct.calcsize(f"{order}{_KINDS[kind]}")
    if size * length <= len(value):
        return struct.unpack_from(f"{order}{length}{_KINDS[kind]}", value)
    (place,) = struct.unpack(f"{order}Q" if len(value) == 8 else f"{order}I", value)
    if place + size * length > len(data):
        raise struct.error("the numbers lie behind the end")
    return struct.unpack_from(f"{order}{length}{_KINDS[kind]}", data, place)


def _sgi_end(data: File) -> int:
    """Where an SGI picture ends. Raises struct.error where its tables do."""
    packed, depth, dimension, width, height, channels = struct.unpack_from(">2xBBHHHH", data)
    rows = (height if dimension > 1 else 1) * (channels if dimension > 2 else 1)
    if not packed:
        return _SGI_HEADER + int(width * rows * depth)
    begins = struct.unpack_from(f">{rows}I", data, _SGI_HEADER)
    lengths = struct.unpack_from(f">{rows}I", data, _SGI_HEADER + 4 * rows)
    return max(map(sum, zip(begins, lengths, strict=True)), default=0)
