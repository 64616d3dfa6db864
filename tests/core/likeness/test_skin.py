import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.likeness.skin import linear_from_srgb, skin_colour, srgb_from_linear

SKIN = np.array([203, 153, 126], np.uint8)
EYES = (0.36, 0.38)


def portrait(side: int = 64, skin: NDArray[np.uint8] = SKIN, noise: int = 0) -> NDArray[np.uint8]:
    """A head on a blue ground: dark hair above the forehead, eyes, a mouth, at the card's eye geometry."""
    rows, columns = np.mgrid[:side, :side] / side
    face = np.empty((side, side, 3), np.uint8)
    face[:] = (40, 60, 160)
    oval = ((columns - 0.5) / 0.4) ** 2 + ((rows - 0.52) / 0.5) ** 2 < 1
    face[oval] = skin
    face[oval & (rows < 0.16)] = (30, 20, 15)
    for x in (0.32, 0.68):
        face[(columns - x) ** 2 + (rows - 0.38) ** 2 < 0.03**2] = (20, 20, 20)
    face[(np.abs(columns - 0.5) < 0.1) & (np.abs(rows - 0.76) < 0.03)] = (150, 40, 50)
    grain = np.random.default_rng(0).integers(-noise, noise + 1, face.shape)
    noisy: NDArray[np.int64] = np.clip(face + grain, 0, 255)
    return noisy.astype(np.uint8)


def expected(skin: NDArray[np.uint8] = SKIN) -> NDArray[np.float32]:
    return linear_from_srgb(skin / 255)


@pytest.mark.parametrize("side", [16, 32, 64, 128])
@pytest.mark.parametrize("skin", [(255, 219, 190), (203, 153, 126), (74, 46, 32)])
def test_the_colour_is_the_skins_in_linear_light(side: int, skin: tuple[int, int, int]) -> None:
    painted = np.array(skin, np.uint8)
    assert skin_colour(portrait(side, painted), *EYES) == pytest.approx(expected(painted), abs=2e-3)


def test_the_colour_withstands_noise() -> None:
    assert skin_colour(portrait(noise=12), *EYES) == pytest.approx(expected(), abs=0.02)


@pytest.mark.parametrize(
    ("rows", "columns", "colour"),
    [
        (slice(0, 20), slice(0, 64), (30, 20, 15)),
        (slice(0, 64), slice(36, 64), (0, 0, 0)),
        (slice(26, 42), slice(10, 22), (255, 255, 255)),
    ],
    ids=["fringe", "half in shadow", "highlight on a cheek"],
)
def test_what_covers_less_than_half_changes_nothing(rows: slice, columns: slice, colour: tuple[int, int, int]) -> None:
    face = portrait()
    face[rows, columns] = colour
    assert skin_colour(face, *EYES) == pytest.approx(expected(), abs=0.01)


def test_other_eyes_look_elsewhere() -> None:
    """A face in the lower half of the picture is found by the card's geometry, not by a fixed place."""
    face = np.full((64, 64, 3), 200, np.uint8)
    face[32:] = portrait()[::2]
    assert skin_colour(face, 0.36, 0.5 + 0.38 / 2) != pytest.approx(skin_colour(face, *EYES), abs=0.05)


@given(st.floats(0, 1))
def test_the_srgb_curve_and_its_inverse_agree(value: float) -> None:
    assert srgb_from_linear(linear_from_srgb(value)) == pytest.approx(value, abs=2e-6)


def test_the_srgb_curve_is_the_standards() -> None:
    assert linear_from_srgb([0, 0.04045, 0.5, 1]) == pytest.approx([0, 0.0031308, 0.214041, 1], abs=1e-6)
    assert srgb_from_linear([-1, 0, 0.0031308, 0.214041, 1]) == pytest.approx([0, 0, 0.04045, 0.5, 1], abs=1e-5)
    assert linear_from_srgb(np.zeros((2, 3))).dtype == np.float32
