"""Which face is found in a picture, and why none is, in drawn pictures: the Blender tests have rendered ones."""

import numpy as np
import pytest
from numpy.typing import NDArray

from blender_facegan.core.billboards.figures import figures_of
from blender_facegan.core.billboards.finding import NoFace, PictureFace, find_face_in, skin_in
from blender_facegan.core.billboards.picture import Picture, View
from tests.core.billboards.drawn import CLEAR, Drawn, drawn, tree

SKINS = [(0.93, 0.76, 0.66), (0.72, 0.5, 0.38), (0.4, 0.26, 0.2)]


def off(face: PictureFace | NoFace, one: Drawn) -> NDArray[np.float64]:
    """How far eyes, mouth and chin are off, as shares of eye to chin."""
    assert isinstance(face, PictureFace), face
    tall = np.linalg.norm(one.points[:2].mean(axis=0) - one.points[3])
    away: NDArray[np.float64] = np.linalg.norm(face.points[[0, 1, 3, 4]] - one.points, axis=1) / tall
    return away


@pytest.mark.parametrize("skin", SKINS)
@pytest.mark.parametrize("head", [120, 60, 24])
def test_a_face_is_found_whatever_its_skin_and_its_size(skin: tuple[float, float, float], head: int) -> None:
    one = drawn(head, skin)
    assert off(find_face_in(Picture(one.pixels)), one)[:2].max() < 0.12


@pytest.mark.parametrize("background", [CLEAR, (0.95, 0.95, 0.95, 1.0), (0.1, 0.5, 0.2, 1.0)])
def test_the_background_may_be_clear_or_plain(background: tuple[float, float, float, float]) -> None:
    one = drawn(80, SKINS[0], background)
    picture = Picture(one.pixels)
    assert off(find_face_in(picture), one)[:2].max() < 0.12
    assert picture.figure is not None
    assert picture.figure[:, picture.width // 2].any()
    assert not picture.figure[0].any()


def test_a_tree_has_no_face() -> None:
    for seed in range(3):
        assert isinstance(find_face_in(Picture(tree(seed))), NoFace)


def test_nothing_has_no_face() -> None:
    assert find_face_in(Picture(np.zeros((64, 32, 4), np.float32))) == NoFace.EMPTY
    plain = np.ones((64, 32, 4), np.float32)
    assert isinstance(find_face_in(Picture(plain)), NoFace)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 2)])
def test_pictures_of_odd_sizes_are_no_mishap(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).random((*size, 4)).astype(np.float32)
    assert isinstance(find_face_in(Picture(noise)), NoFace)


def test_two_people_are_several() -> None:
    one, other = drawn(80, SKINS[0]), drawn(80, SKINS[1])
    both = np.concatenate((one.pixels, other.pixels), axis=1)
    assert find_face_in(Picture(both)) == NoFace.SEVERAL


def test_the_skin_is_that_of_cheeks_and_forehead() -> None:
    one = drawn(120, SKINS[1])
    found = skin_in(Picture(one.pixels), one.points[:2])
    linear = [((value + 0.055) / 1.055) ** 2.4 for value in SKINS[1]]
    assert found == pytest.approx(linear, rel=0.25)
    assert skin_in(Picture(np.zeros((40, 40, 4), np.float32)), np.array(((10.0, 20.0), (30.0, 20.0)))) is None


def test_figures_are_told_apart_largest_first() -> None:
    silhouette = np.zeros((100, 200), bool)
    silhouette[20:100, 10:50] = True
    silhouette[60:100, 120:150] = True
    silhouette[3, 190] = True
    found = figures_of(silhouette)
    assert [one.height for one in found] == pytest.approx([80, 40], abs=1.5)
    assert found[0].middles(10.0)[0] == pytest.approx(30, abs=3)


def test_a_view_shows_the_part_that_it_says() -> None:
    pixels = np.zeros((64, 64, 4), np.float32)
    pixels[..., 3] = 1
    pixels[:32, 32:, 0] = 1
    (shown,) = Picture(pixels).shown_in([View(48.0, 16.0, 32.0)])
    assert shown[..., 0].mean() > 0.98
    (turned,) = Picture(pixels).shown_in([View(32.0, 32.0, 40.0, np.pi / 2)])
    assert turned[:20, :20, 0].mean() > 0.9, "what was to the right is above, as the view leans to the right"
    (beside,) = Picture(pixels).shown_in([View(-100.0, 0.0, 32.0)])
    assert beside.max() == 0
