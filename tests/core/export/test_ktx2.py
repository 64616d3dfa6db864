"""Texture arrays: read back by the letter of the specification."""

import struct

import numpy as np
import pytest

from blender_facegan.core.atlas.png import SYNTHETIC
from blender_facegan.core.export.ktx2 import is_texture_array, texture_array
from blender_facegan.core.likeness.shrinking import mip_levels


def test_an_array_is_read_back() -> None:
    layers = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), np.uint8)
    data = texture_array(layers)
    assert data[:12] == b"\xabKTX 20\xbb\r\n\x1a\n"
    fields = struct.unpack("<9I", data[12:48])
    assert fields == (43, 1, 16, 16, 0, 5, 1, 5, 0)
    dfd_at, dfd_size, notes_at, notes_size, more_at, more_size = struct.unpack("<4I2Q", data[48:80])
    assert (more_at, more_size) == (0, 0)
    assert struct.unpack("<I", data[dfd_at : dfd_at + 4]) == (dfd_size,)
    assert notes_at == dfd_at + dfd_size
    expected = mip_levels(layers)
    end = notes_at + notes_size
    for level in reversed(range(5)):
        at, size, plain = struct.unpack("<3Q", data[80 + 24 * level : 104 + 24 * level])
        assert (at, plain) == (end, size)
        assert at % 4 == 0
        end = at + size
        side = 16 >> level
        read = np.frombuffer(data[at:end], np.uint8).reshape(5, side, side, 4)
        np.testing.assert_array_equal(read[..., :3], expected[level])
        assert (read[..., 3] == 255).all()
    assert end == len(data)


def test_layers_do_not_see_each_other_at_any_level() -> None:
    layers = np.zeros((2, 8, 8, 3), np.uint8)
    layers[1] = 255
    data = texture_array(layers)
    (at, _, _) = struct.unpack("<3Q", data[80 + 24 * 3 : 104 + 24 * 3])
    assert data[at : at + 8] == bytes((0, 0, 0, 255, 255, 255, 255, 255))


@pytest.mark.parametrize("shape", [(0, 8, 8, 3), (1, 6, 6, 3), (1, 8, 4, 3), (1, 8, 8, 4), (2049, 1, 1, 3)])
def test_what_is_no_array_of_squares_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="power of two"):
        texture_array(np.zeros(shape, np.uint8))


def test_an_array_carries_the_mark_of_synthetic_pictures() -> None:
    data = texture_array(np.zeros((1, 1, 1, 3), np.uint8))
    assert f"Iptc4xmpExt:DigitalSourceType\0{SYNTHETIC}\0".encode() in data
    assert is_texture_array(data)
