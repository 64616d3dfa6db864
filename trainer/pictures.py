"""Pictures as bytes, side by side, and as files."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
GAP = 2
"""Pixels between pictures."""
WHITE = 255


def to_bytes(images: NDArray[np.floating]) -> Pixels:
    """-1 ... 1 -> uint8, as docs/model-format.md rounds."""
    return np.clip(np.round((images + 1.0) * 127.5), 0, 255).astype(np.uint8)


def tiled(pictures: Sequence[Pixels] | Pixels, columns: int, gap: int = GAP, ground: int = WHITE) -> Pixels:
    """Pictures [H, W, 3] of one size as one sheet, row by row, `gap` pixels apart; empty places show the ground."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), ground, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def png(picture: Pixels, compression: int | None = None) -> bytes:
    """A picture [H, W, 3] as PNG without metadata; `compression` 0 (stored) ... 9, or the library's own."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", **({} if compression is None else {"compress_level": compression}))
    return buffer.getvalue()
