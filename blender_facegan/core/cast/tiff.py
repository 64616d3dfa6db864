"""The directory of a TIFF structure (TIFF 6.0, and BigTIFF), which pictures are and cameras write their notes in."""

import struct
from collections.abc import Iterator
from mmap import mmap
from typing import NamedTuple

File = bytes | mmap


class Entry(NamedTuple):
    """One tag: its number, the kind of its values, how many there are, and the 4 or 8 bytes that hold or place them."""

    tag: int
    kind: int
    length: int
    value: bytes


def first_directory(data: File, order: str, big: bool, most: int) -> Iterator[Entry]:
    """Up to `most` entries of the first directory. Raises struct.error where the data end too early.

    order: "<" or ">". big: whether it is a BigTIFF.
    """
    (start,) = struct.unpack_from(f"{order}Q" if big else f"{order}I", data, 8 if big else 4)
    (count,) = struct.unpack_from(f"{order}Q" if big else f"{order}H", data, start)
    entry = struct.Struct(f"{order}HHQ8s" if big else f"{order}HHI4s")
    first = start + (8 if big else 2)
    for at in range(first, first + entry.size * min(count, most), entry.size):
        yield Entry(*entry.unpack_from(data, at))
