"""Smaller copies of pages: the light stays, and no neighbour's colour comes in at a tile's edge."""

import numpy as np
import pytest
from numpy.typing import NDArray

from blender_facegan.core.atlas.plan import mip_safe_gutter, plan
from blender_facegan.core.likeness.shrinking import halved, mip_levels
from tests.core.atlas.composing import compose

TILES = 30


def page(side: int, gutter: int, only: int | None) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """A page of faces, white or black at random, and a tile's lower left corner in pixels.

    only: everybody but this tile has the other colour than they would have, which that tile must not notice.
    """
    atlas = plan(TILES, side, gutter, 1024)
    stream = np.random.default_rng(0)
    faces = {index: np.full((side, side, 3), 255 * stream.integers(2), np.uint8) for index in range(TILES)}
    faces[TILES // 2] = stream.integers(0, 256, (side, side, 3), np.uint8)
    if only is not None:
        faces = {index: face if index == only else 255 - face for index, face in faces.items()}
    _, x, y = atlas.pixels(TILES // 2)
    return compose(atlas, 0, faces), (x, y)


def sampled(level: NDArray[np.uint8], x: float, y: float, filtering: str) -> NDArray[np.float64]:
    """What a texture unit reads at a place in texels of the level."""
    if filtering == "closest":
        return np.asarray(level[int(y), int(x)], np.float64)
    reach = {"linear": 1, "cubic": 2}[filtering]
    left, bottom = int(np.floor(x - 0.5)), int(np.floor(y - 0.5))
    total = np.zeros(3)
    for row in range(bottom - reach + 1, bottom + reach + 1):
        for column in range(left - reach + 1, left + reach + 1):
            weight = kernel(x - 0.5 - column, filtering) * kernel(y - 0.5 - row, filtering)
            total += weight * level[np.clip(row, 0, len(level) - 1), np.clip(column, 0, level.shape[1] - 1)]
    return total


def kernel(distance: float, filtering: str) -> float:
    """Linear; or the B-spline, which graphics cards and Cycles call cubic."""
    far = abs(distance)
    if filtering == "linear":
        return max(1 - far, 0)
    return 2 / 3 - far**2 + far**3 / 2 if far < 1 else (2 - far) ** 3 / 6 if far < 2 else 0.0


def bleeding(side: int, gutter: int, filtering: str) -> list[float]:
    """By mip level, how far a tile's edge changes with its neighbours, 0 to 255."""
    (one, corner), (other, _) = page(side, gutter, None), page(side, gutter, TILES // 2)
    found = []
    for number, (mine, theirs) in enumerate(zip(mip_levels(one), mip_levels(other), strict=True)):
        scale = 1 << number
        if side / scale < 4:
            break
        ends = [(corner[axis] / scale, (corner[axis] + side) / scale) for axis in (0, 1)]
        along = [np.linspace(low, high, 9) - [0, *[0] * 7, 1e-6] for low, high in ends]
        edge = [(x, y) for x in along[0] for y in along[1] if x in along[0][[0, -1]] or y in along[1][[0, -1]]]
        found.append(
            max(np.abs(sampled(mine, x, y, filtering) - sampled(theirs, x, y, filtering)).max() for x, y in edge)
        )
    return found


@pytest.mark.parametrize(("side", "gutter"), [(64, 4), (128, 4), (64, 8), (128, 8), (96, 4), (32, 4)])
def test_no_neighbour_is_seen_at_an_edge_from_afar(side: int, gutter: int) -> None:
    """Up to the level at which the gutter is half a texel, linear and closest read nothing but the tile's own."""
    safe = int(np.log2(2 * gutter)) + 1
    assert side / (1 << safe) >= 2, "a face of a few texels is all that is left then"
    for filtering in ("closest", "linear"):
        assert max(bleeding(side, gutter, filtering)[:safe]) == 0


@pytest.mark.parametrize("side", [20, 50, 64, 90, 100])
@pytest.mark.parametrize("wanted", [1, 3, 4, 5, 6, 7, 12])
def test_a_gutter_is_made_wide_enough_for_its_tile(side: int, wanted: int) -> None:
    gutter = mip_safe_gutter(side, wanted)
    safe = wanted.bit_length()
    assert wanted <= gutter < 2 * wanted
    levels = min(safe + 1, len(bleeding(side, gutter, "linear")))
    for filtering in ("closest", "linear"):
        assert max(bleeding(side, gutter, filtering)[:levels]) == 0


def test_a_gutter_that_is_wide_enough_stays() -> None:
    fitting = ((64, 4), (128, 8), (32, 1), (45, 4), (64, 0))
    assert [mip_safe_gutter(side, gutter) for side, gutter in fitting] == [gutter for _, gutter in fitting]


@pytest.mark.parametrize(("side", "gutter"), [(64, 4), (128, 8)])
def test_cubic_reaches_further(side: int, gutter: int) -> None:
    """The B-spline reads two texels to each side: the gutter has one and a half until it has two pixels a texel."""
    found = bleeding(side, gutter, "cubic")
    safe = int(np.log2(gutter / 1.5)) + 1
    assert max(found[:safe]) == 0
    assert found[safe + 1] > 0


def test_without_a_gutter_neighbours_are_seen() -> None:
    assert max(bleeding(64, 0, "linear")) > 60


def test_a_level_has_the_mean_light_of_four() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 0] = 255
    # A quarter of white light, as sRGB.
    np.testing.assert_array_equal(halved(pixels)[0, 0], [137] * 3)


def test_levels_end_at_one_texel() -> None:
    assert [level.shape for level in mip_levels(np.zeros((8, 2, 4), np.uint8))] == [
        (8, 2, 4),
        (4, 1, 4),
        (2, 1, 4),
        (1, 1, 4),
    ]
    with pytest.raises(ValueError, match="no half"):
        halved(np.zeros((3, 2, 3), np.uint8))
