"""Equal pictures as one texture array that engines load as it is: KTX 2.0, uncompressed, with all its mip levels.

https://registry.khronos.org/KTX/specs/2.0/ktxspec.v2.html. Each layer has mip levels of its own, so no filter ever
mixes two faces. It carries the mark of synthetic pictures as PNG files do, under the same name.
"""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..atlas.png import SYNTHETIC
from ..likeness.shrinking import mip_levels

MOST_LAYERS = 2048
"""Layers of an array that every desktop graphics card of the last ten years takes (Direct3D 11)."""
_IDENTIFIER = b"\xabKTX 20\xbb\r\n\x1a\n"
_RGBA8_SRGB = 43
"""VK_FORMAT_R8G8B8A8_SRGB."""
_RGBSDA, _BT709, _SRGB, _LINEAR = 1, 1, 2, 0x10
"""Of the Khronos Data Format: colour model, primaries, transfer function, and that alpha has none of that."""
_HEADER, _LEVEL = 80, 24
_WRITER = "Crowd Faces"


def texture_array(layers: NDArray[np.uint8]) -> bytes:
    """A KTX 2.0 file of the pictures: uint8 [N, S, S, 3], sRGB, row 0 at the top, S a power of two.

    Raises ValueError for another side, for no pictures, and for more than MOST_LAYERS.
    """
    count, side = layers.shape[:2]
    if not 0 < count <= MOST_LAYERS or side & (side - 1) or layers.shape[1:] != (side, side, 3):
        raise ValueError(f"{layers.shape} are not 1 to {MOST_LAYERS} squares whose side is a power of two")
    opaque = np.full((count, side, side, 4), 255, np.uint8)
    opaque[..., :3] = layers
    levels = [level.tobytes() for level in mip_levels(opaque)]
    descriptor = _descriptor()
    notes = _notes({"KTXorientation": "rd", "KTXwriter": _WRITER, "Iptc4xmpExt:DigitalSourceType": SYNTHETIC})
    start = _HEADER + _LEVEL * len(levels)
    after = start + len(descriptor) + len(notes)
    header = _IDENTIFIER + struct.pack("<9I", _RGBA8_SRGB, 1, side, side, 0, count, 1, len(levels), 0)
    places = struct.pack("<4I2Q", start, len(descriptor), start + len(descriptor), len(notes), 0, 0)
    index, data = _packed(levels, after)
    return header + places + index + descriptor + notes + data


def is_texture_array(data: bytes) -> bool:
    """Whether the file is one that `texture_array` has written."""
    return data.startswith(_IDENTIFIER) and f"KTXwriter\0{_WRITER}\0".encode() in data[:2048]


def _packed(levels: Sequence[bytes], start: int) -> tuple[bytes, bytes]:
    """The level index, the largest first, and the levels, the smallest first."""
    offsets, parts, at = [0] * len(levels), [], start
    for level in reversed(range(len(levels))):
        offsets[level] = at
        parts.append(levels[level])
        at += len(levels[level])
    index = [struct.pack("<3Q", place, len(level), len(level)) for place, level in zip(offsets, levels, strict=True)]
    return b"".join(index), b"".join(parts)


def _descriptor() -> bytes:
    """The basic data format descriptor of four bytes, red first."""
    samples = b"".join(
        struct.pack("<HBB4BII", 8 * place, 7, channel, 0, 0, 0, 0, 0, 255)
        for place, channel in enumerate((0, 1, 2, 15 | _LINEAR))
    )
    size = 24 + len(samples)
    block = struct.pack("<IHH4B4B8B", 0, 2, size, _RGBSDA, _BT709, _SRGB, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0)
    return struct.pack("<I", 4 + size) + block + samples


def _notes(values: dict[str, str]) -> bytes:
    """Keys and values, sorted, each filled up to four bytes."""
    found = b""
    for key in sorted(values):
        pair = key.encode() + b"\0" + values[key].encode() + b"\0"
        found += struct.pack("<I", len(pair)) + pair + bytes(-len(pair) % 4)
    return found
