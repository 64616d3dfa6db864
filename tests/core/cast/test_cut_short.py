"""Files that end before their pictures do."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.cast.cut_short import is_cut_short

PIXELS = bytes(range(240))
STRIPS, TILES = (273, 279), (324, 325)


def tiff(order: str, big: bool, pieces: int, tags: tuple[int, int] = STRIPS) -> bytes:
    """A TIFF whose picture lies behind its directory, in as many pieces."""
    start = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if big else 42)
    number, entry = ("Q", "HHQ") if big else ("I", "HHI")
    room = struct.calcsize(f"={number}")
    head = start + (struct.pack(f"{order}HHQ", 8, 0, 16) if big else struct.pack(f"{order}I", 8))
    tables = len(head) + (8 + 2 * 20 + 8 if big else 2 + 2 * 12 + 4)
    pixels = tables + (2 * pieces * room if pieces > 1 else 0)
    each = len(PIXELS) // pieces
    values = [struct.pack(f"{order}{pieces}{number}", *(pixels + each * i for i in range(pieces)))]
    values.append(struct.pack(f"{order}{pieces}{number}", *[each] * pieces))
    entries = b""
    for place, (tag, value) in enumerate(zip(tags, values, strict=True)):
        told = value if pieces == 1 else struct.pack(f"{order}{number}", tables + place * pieces * room)
        entries += struct.pack(f"{order}{entry}", tag, 16 if big else 4, pieces) + told
    count = struct.pack(f"{order}Q" if big else f"{order}H", 2)
    behind = b"".join(values) if pieces > 1 else b""
    return head + count + entries + bytes(room) + behind + PIXELS


def dpx(order: str) -> bytes:
    head = (b"SDPX" if order == ">" else b"XPDS") + struct.pack(f"{order}I8sI", 60, b"V1.0", 60 + len(PIXELS))
    return head.ljust(60, b"\0") + PIXELS


def sgi(packed: bool) -> bytes:
    """A grey picture of 12 x 20 pixels."""
    head = struct.pack(">HBBHHHH", 0x01DA, packed, 1, 2, 12, 20, 1).ljust(512, b"\0")
    begins = [512 + 8 * 20 + 12 * row for row in range(20)]
    return head + (struct.pack(">40I", *begins, *[12] * 20) if packed else b"") + PIXELS


WHOLE = {
    "jpeg": b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda" + PIXELS[:200] + b"\xff\xd9",
    **{
        f"tiff {order}{'big' if big else ''}{pieces}{tags[0]}": tiff(order, big, pieces, tags)
        for order in "<>"
        for big in (False, True)
        for pieces in (1, 6)
        for tags in (STRIPS, TILES)
    },
    "dpx <": dpx("<"),
    "dpx >": dpx(">"),
    "sgi": sgi(packed=False),
    "sgi, packed": sgi(packed=True),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_file_is_not_cut_short_nor_one_with_more_behind_it(kind: str) -> None:
    assert not is_cut_short(WHOLE[kind])
    assert not is_cut_short(WHOLE[kind] + b"and more")


@given(kind=st.sampled_from(sorted(WHOLE)), share=st.floats(0.04, 1.0, exclude_max=True))
def test_a_part_of_it_is(kind: str, share: float) -> None:
    whole = WHOLE[kind]
    assert is_cut_short(whole[: max(int(len(whole) * share), 10)])


@given(st.sampled_from([whole[:10] for whole in WHOLE.values()]), st.binary(max_size=400))
def test_any_bytes_are_or_are_not(start: bytes, data: bytes) -> None:
    assert is_cut_short(start + data) in (True, False)


def test_a_picture_whose_length_its_header_does_not_know_is_taken_as_it_is() -> None:
    unknown = bytearray(dpx(">"))
    unknown[16:20] = b"\xff\xff\xff\xff"
    assert not is_cut_short(bytes(unknown[:80]))


def test_other_formats_are_left_to_blender() -> None:
    assert not is_cut_short(b"\x89PNG\r\n\x1a\n")
    assert not is_cut_short(b"")
