"""Pages as PNG files in memory, written and read without Blender so that it can happen off the main thread.

Only what a page needs of the format (ISO/IEC 15948): eight-bit RGB or RGBA, no interlace, one filter. Every file says
that its picture was made by a trained model and shows nobody.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SUB = 1
"""The filter of every row: each byte less the one a pixel to its left. Faces shrink by a third, at little cost."""
_RGB, _RGBA, _EIGHT_BITS = 2, 6, 8
_AFTER_HEADER = 33
"""Bytes of the signature and of the chunk that comes first in every PNG file."""
_SOFTWARE = b"Software\0Crowd Faces"
_OWNER = b"Crowd Faces Owner\0\0\0\0\0"
"""Of the text (iTXt, UTF-8, not compressed, of no language) that tells whose picture a file is."""
_END = 12
"""Bytes of the chunk that comes last in every PNG file."""
SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's digital source type of pictures that a trained model has made
(https://cv.iptc.org/newscodes/digitalsourcetype/)."""
_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
    f"<Iptc4xmpExt:DigitalSourceType>{SYNTHETIC}</Iptc4xmpExt:DigitalSourceType>"
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)
_MARK = b"XML:com.adobe.xmp\0\0\0\0\0" + _XMP.encode()
"""Of the text (iTXt) in which PNG files carry XMP (ISO 16684-1 and Adobe's XMP Specification, part 3)."""


def encode(pixels: NDArray[np.uint8], alpha: bool = False) -> bytes:
    """A PNG file of uint8 [H, W, 3] or [H, W, 4], row 0 at the top, sRGB. alpha: whether a fourth channel is kept."""
    depth = 4 if alpha else 3
    height, width = pixels.shape[:2]
    packer = zlib.compressobj(level=1, strategy=zlib.Z_RLE)
    data = packer.compress(filtered(pixels[..., :depth]).data) + packer.flush()
    return assemble(width, height, [(b"IDAT", data)], alpha)


def assemble(width: int, height: int, chunks: Iterable[tuple[bytes, bytes]], alpha: bool = False) -> bytes:
    """A file of this size: our marks around the chunks that hold the picture, and whatever tells of it."""
    header = struct.pack(">IIBBBBB", width, height, _EIGHT_BITS, _RGBA if alpha else _RGB, 0, 0, 0)
    before = ((b"IHDR", header), (b"sRGB", b"\0"), (b"tEXt", _SOFTWARE), (b"iTXt", _MARK))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in (*before, *chunks, (b"IEND", b"")))


def filtered(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The rows of uint8 [H, W, C] as a file compresses them: uint8 [H, 1 + W * C]."""
    height, width, depth = pixels.shape
    rows = np.empty((height, 1 + width * depth), np.uint8)
    rows[:, 0] = _SUB
    differences = rows[:, 1:].reshape(height, width, depth)
    differences[:, 0] = pixels[:, 0]
    np.subtract(pixels[:, 1:], pixels[:, :-1], out=differences[:, 1:])
    return rows


def unfiltered(rows: bytes, width: int) -> NDArray[np.uint8]:
    """The RGB pixels of `filtered` rows: uint8 [H, W, 3]."""
    lines = np.frombuffer(rows, np.uint8).reshape(-1, 1 + width * 3)
    return np.cumsum(lines[:, 1:].reshape(-1, width, 3), axis=1, dtype=np.uint8)


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
    """The pixels of a page that `encode` wrote: uint8 [H, W, 3], row 0 at the top; None for any other file."""
    found = list(chunks(data)) if is_ours(data) else []
    if not found or found[0][1][9] != _RGB:
        return None
    width, _ = struct.unpack(">II", found[0][1][:8])
    return unfiltered(zlib.decompress(b"".join(content for name, content in found if name == b"IDAT")), width)


def marked(data: bytes) -> bytes:
    """Any PNG file, with the mark of pictures that a trained model has made, once."""
    return data if is_marked(data) else _with_text(data, _MARK)


def is_marked(data: bytes) -> bool:
    """Whether the file carries that mark."""
    return any(name == b"iTXt" and SYNTHETIC.encode() in content for name, content in chunks(data))


def with_owner(data: bytes, owner: str) -> bytes:
    """Any PNG file, with a note of whose picture it is."""
    return _with_text(data, _OWNER + owner.encode("utf-8", "replace"))


def owner_of(data: bytes) -> str | None:
    """Whose picture the file was noted to be by `with_owner`; None for any other file."""
    for name, content in chunks(data):
        if name == b"iTXt" and content.startswith(_OWNER):
            return content[len(_OWNER) :].decode("utf-8", "replace")
    return None


def _with_text(data: bytes, text: bytes) -> bytes:
    return data[:-_END] + _chunk(b"iTXt", text) + data[-_END:]


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of every chunk; none of a file that is no PNG."""
    at = len(_SIGNATURE)
    while data.startswith(_SIGNATURE) and at + 8 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += length + 12
