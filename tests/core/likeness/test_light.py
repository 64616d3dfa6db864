"""Evening: exactly what the trainer does to its training pictures, of one face or many, at any size."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.engine.products import Gemm
from blender_facegan.core.likeness.light import Evening
from blender_facegan.core.likeness.locus import LIGHTEST, colour_factors, even_exposure, on_locus, residual, sigmas
from blender_facegan.core.likeness.shrinking import shrunk
from blender_facegan.core.likeness.skin import linear_from_srgb, luminance, skin_colours, srgb_from_linear
from blender_facegan.core.likeness.tone import luminance_of_tone, skin_tone

Faces = NDArray[np.uint8]
EYES = (0.36, 0.38)
SIDE = 64
STORED = Path(__file__).with_name("evened_faces.npz")
"""Faces of the default model, and what `trainer.data.light.evening.even` makes of them without reweighting its fit."""


@pytest.fixture(scope="module")
def faces() -> Faces:
    stored: Faces = np.load(STORED, allow_pickle=False)["faces"]
    return stored


@pytest.fixture(scope="module")
def evened() -> Faces:
    stored: Faces = np.load(STORED, allow_pickle=False)["evened"]
    return stored


def difference(one: Faces, other: Faces) -> NDArray[np.int16]:
    steps: NDArray[np.int16] = np.abs(one.astype(np.int16) - other)
    return steps


def lit_from_the_side(faces: Faces, strength: float) -> Faces:
    """The faces under a lamp at their right: brighter there, darker on the left."""
    ramp = np.exp(strength * np.linspace(-1, 1, faces.shape[2]))[None, None, :, None]
    return np.round(srgb_from_linear(np.minimum(linear_from_srgb(faces / 255) * ramp, 1)) * 255).astype(np.uint8)


def sidedness(faces: Faces) -> NDArray[np.float64]:
    """How much brighter the right cheek is than the left, as a logarithm of linear light."""
    light = luminance(linear_from_srgb(faces / 255))
    left, right = light[:, 33:43, 7:17].mean(axis=(1, 2)), light[:, 33:43, 47:57].mean(axis=(1, 2))
    result: NDArray[np.float64] = np.log(right / left)
    return result


@pytest.mark.parametrize("gemm", ["blas", "einsum"])
def test_faces_come_out_as_the_trainers_own_code_evens_them(faces: Faces, evened: Faces, gemm: Gemm) -> None:
    steps = difference(Evening(SIDE, *EYES, gemm)(faces, 1.0), evened)
    assert steps.max() <= 1
    assert (steps > 0).mean() < 0.01


@pytest.mark.parametrize("gemm", ["blas", "einsum"])
def test_a_faces_bits_do_not_hang_on_who_comes_with_it(faces: Faces, gemm: Gemm) -> None:
    evening = Evening(SIDE, *EYES, gemm)
    many = np.concatenate([faces, faces[::-1], faces])
    tones = [None, 3.0, None, 8.0] * len(many)
    together = evening(many, 0.8, tones[: len(many)])
    for i, face in enumerate(many):
        np.testing.assert_array_equal(evening(face[None], 0.8, [tones[i]])[0], together[i])


def test_strength_0_is_the_identity_to_the_bit(faces: Faces) -> None:
    even = Evening(SIDE, *EYES)(faces, 0.0)
    np.testing.assert_array_equal(even, faces)


def test_strength_goes_from_the_face_to_the_evened_one(faces: Faces, evened: Faces) -> None:
    evening = Evening(SIDE, *EYES)
    left = [float(difference(evening(faces, t), evened).mean()) for t in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert left == sorted(left, reverse=True)
    assert left[2] < 0.7 * left[0]


def test_a_lamp_at_the_side_is_taken_out(evened: Faces) -> None:
    lit = lit_from_the_side(evened, 0.5)
    even = Evening(SIDE, *EYES)(lit, 1.0)
    assert np.abs(sidedness(even)).max() < 0.5 * np.abs(sidedness(lit)).max()


def test_a_coloured_lamp_is_taken_out(evened: Faces) -> None:
    light = linear_from_srgb(evened / 255) * np.array([0.9, 0.6, 1.2], np.float32)
    purple = np.round(srgb_from_linear(np.minimum(light, 1)) * 255).astype(np.uint8)
    assert sigmas(residual(skin_colours(purple, *EYES))).min() > 3
    assert sigmas(residual(skin_colours(Evening(SIDE, *EYES)(purple, 1.0), *EYES))).max() < 1.2


def test_faces_of_another_size_come_out_alike(faces: Faces) -> None:
    """The light is fitted on the same raster, whatever the picture's."""
    large = faces.repeat(2, axis=1).repeat(2, axis=2)
    even = shrunk(Evening(128, *EYES)(large, 1.0), SIDE)
    assert difference(even, Evening(SIDE, *EYES)(faces, 1.0)).mean() < 2


def test_another_geometry_looks_elsewhere(faces: Faces) -> None:
    small = np.full((len(faces), SIDE, SIDE, 3), 128, np.uint8)
    small[:, 24:56, 16:48] = shrunk(faces, 32)
    own = Evening(SIDE, 0.18, (24 + 0.38 * 32) / 64)(small, 1.0)
    expected = shrunk(Evening(SIDE, *EYES)(faces, 1.0), 32)
    assert difference(own[:, 24:56, 16:48], expected).mean() < 5


def test_pictures_of_another_size_are_refused(faces: Faces) -> None:
    with pytest.raises(ValueError, match="64 pixels"):
        Evening(SIDE, *EYES)(shrunk(faces, 32), 1.0)


@pytest.mark.parametrize("side", [8, 33])
@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_pictures_stay_what_they_are(side: int, value: int) -> None:
    blank = np.full((2, side, side, 3), value, np.uint8)
    even = Evening(side, *EYES)(blank, 1.0)
    assert even.shape == blank.shape
    assert np.abs(even.astype(int) - value).max() <= (0 if value == 0 else 150)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_noise_of_any_kind_has_a_picture(seed: int, strength: float) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (3, 16, 16, 3), np.uint8)
    assert Evening(16, *EYES)(noise, strength, [1.0, None, 10.0]).shape == noise.shape


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("tone", [2.0, 4.5, 7.0, 10.0])
def test_a_tone_that_is_asked_for_is_there(faces: Faces, tone: float, strength: float) -> None:
    asked = Evening(SIDE, *EYES)(faces, strength, [tone] * len(faces))
    measured = skin_tone(luminance(skin_colours(asked, *EYES)))
    assert np.abs(measured - tone).max() < 0.5


def test_a_tone_changes_nobody_elses_face(faces: Faces) -> None:
    evening, tones = Evening(SIDE, *EYES), [None] * len(faces)
    some = evening(faces, 0.0, [None, 6.0, *tones[2:]])
    np.testing.assert_array_equal(some[0], faces[0])
    np.testing.assert_array_equal(some[2:], faces[2:])
    assert difference(some[1], faces[1]).max() > 0


def test_skins_end_on_the_locus_at_the_luminance_asked_for() -> None:
    colours = np.array([[0.5, 0.2, 0.4], [0.1, 0.12, 0.05], [0.9, 0.9, 0.9]], np.float32)
    asked = luminance_of_tone([2.0, 5.0, 9.0])
    skins = colours * colour_factors(colours, 1.0, asked)
    assert luminance(skins) == pytest.approx(asked, rel=1e-4)
    assert sigmas(residual(skins)) == pytest.approx(1.0, abs=1e-4)


@given(st.floats(1, 10))
def test_a_tone_and_its_luminance_belong_together(tone: float) -> None:
    assert skin_tone(luminance_of_tone(tone)) == pytest.approx(tone, abs=1e-6)


def test_the_scale_runs_over_what_evened_skin_reflects() -> None:
    assert luminance_of_tone([1, 10]) == pytest.approx([0.45, 0.05], abs=1e-6)
    assert skin_tone([0.9, 0.001]).tolist() == [1.0, 10.0]
    darker = luminance_of_tone(np.arange(1, 11))
    assert (np.diff(darker) < 0).all()


@given(st.floats(1e-3, 1))
def test_exposure_keeps_the_order_of_skins_and_its_bounds(seen: float) -> None:
    one, other = even_exposure(np.array([seen, seen * 1.1]))
    assert 0.05 <= one <= other <= LIGHTEST
    if 0.08 < seen < 0.36:
        assert one == seen


def test_the_locus_is_constant_beyond_its_table() -> None:
    assert on_locus([0.001, 0.04]).tolist() == [[1.02, -0.43], [1.02, -0.43]]
    assert on_locus(1.0).tolist() == [0.55, -0.26]
