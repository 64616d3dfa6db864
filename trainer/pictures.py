"""Pictures as bytes, side by side, and as files."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

Pixels = NDArray[np.uint8]
GAP = 2
"""Pixels between pictures."""
WHITE = 255
XMP_KINDS = ("JPEG", "WEBP")
MADE_RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/></rdf:RDF>'
)
MADE_MARK = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'{MADE_RDF}</x:xmpmeta><?xpacket end="r"?>'
)
"""The XMP packet that says that a trained model has made the picture (IPTC's vocabulary of digital source types)."""


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


def png(picture: Pixels, compression: int | None = None, *, made: bool = False) -> bytes:
    """A picture [H, W, 3] as PNG; `compression` 0 (stored) ... 9, or the library's own.

    Without metadata, but for the mark of what a model has `made`.
    """
    buffer, options = io.BytesIO(), {} if compression is None else {"compress_level": compression}
    if made:
        save_marked(Image.fromarray(picture), buffer, "PNG", **options)
    else:
        Image.fromarray(picture).save(buffer, "PNG", **options)
    return buffer.getvalue()


def save_marked(image: Image.Image, file: io.BytesIO, kind: str, **options: int) -> None:
    """Save a picture that a model has made, with `MADE_MARK` where the format has a place for it."""
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", MADE_MARK)
        image.save(file, kind, pnginfo=info, **options)
    elif kind in XMP_KINDS:
        image.save(file, kind, xmp=MADE_MARK.encode(), **options)
    else:
        image.save(file, kind, **options)
