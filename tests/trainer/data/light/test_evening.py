"""A face's light, taken out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.data.light.portraits import EYES, SIDE, Pixels, faces, lamp, lit, side_light
from trainer.data.light import locus, shading
from trainer.data.light.colour import decode, encode, luminance, skin_colour
from trainer.data.light.evening import area_mean, drawn_in, even, measure
from trainer.data.light.head import generic_head
from trainer.data.light.tone import MONK, lightness, luminance_of_tone, skin_tone


def difference(face: Pixels, other: Pixels) -> float:
    """Mean difference on the face, in encoded values."""
    on_face = generic_head(SIDE, SIDE, *EYES).weight > 0.5
    return float(np.abs(face.astype(np.float64) - other)[on_face].mean())


@pytest.mark.parametrize("face", faces())
def test_evening_twice_changes_little(face: Pixels) -> None:
    assert difference(even(face, *EYES).picture, face) < 4


@settings(max_examples=25)
@given(st.integers(0, 3), st.floats(-0.6, 0.6), st.floats(-0.4, 0.4))
def test_a_lamp_from_the_side_is_taken_out_again(number: int, across: float, down: float) -> None:
    face = faces()[number]
    dimmer = decode(face) * 0.6
    unlit = even(encode(dimmer), *EYES).picture
    under_lamp = lit(encode(dimmer), lamp(SIDE, across, down))
    evened = even(under_lamp, *EYES).picture
    assert abs(side_light(evened)) <= max(0.45 * abs(side_light(under_lamp)), 0.2)
    assert difference(evened, unlit) <= max(0.6 * difference(under_lamp, encode(dimmer)), 6.0)


@settings(max_examples=25)
@given(st.integers(0, 3), st.floats(0.7, 1.3), st.floats(0.6, 1.4))
def test_a_coloured_lamp_leaves_a_colour_that_skin_has(number: int, red: float, blue: float) -> None:
    under_lamp = lit(faces()[number], np.ones((SIDE, SIDE), np.float32), (red * 0.7, 0.7, blue * 0.7))
    after = measure(decode(even(under_lamp, *EYES).picture), *EYES)
    assert after.off_skin < locus.LEFT_OVER + 0.15


@pytest.mark.parametrize("dimmed", [0.12, 0.25, 0.5])
def test_dark_skin_stays_dark_and_brown(dimmed: float) -> None:
    face = encode(decode(faces()[0]) * dimmed)
    before, evened = measure(decode(face), *EYES), even(face, *EYES)
    after = measure(decode(evened.picture), *EYES)
    assert after.skin_luminance < max(1.12 * before.skin_luminance, locus.SHOULDERS[0])
    red, green, blue = skin_colour(decode(evened.picture), *EYES)
    assert red > 1.8 * green > 1.8 * 1.25 * blue


def test_the_picture_beyond_the_face_is_carried_on_without_an_edge() -> None:
    light = np.array([1, 0.5, 0, 0, 0, 0, 0, 0, 0], np.float32)
    gain = shading.gain(light, SIDE, SIDE, *EYES)
    steps = np.abs(np.diff(np.log(gain), axis=1))
    face = generic_head(SIDE, SIDE, *EYES).weight > 0.1
    on_face = face[:, 1:] & face[:, :-1]
    assert steps[~on_face].max() <= steps[on_face].max()
    assert np.abs(np.log(gain[0])).max() < 0.5 * np.abs(np.log(gain)).max()


def test_light_without_shading_needs_no_gain() -> None:
    assert shading.gain(np.eye(1, 9, dtype=np.float32)[0], SIDE, SIDE, *EYES) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("side", [64, 96, 128])
def test_every_size_is_evened_alike(side: int) -> None:
    small, other = faces(SIDE)[1], faces(side)[1]
    gains = [
        shading.gain(shading.fit(area_mean(luminance(decode(face)), 64), 0.3, *EYES), len(face), len(face), *EYES)
        for face in (small, other)
    ]
    assert np.abs(np.log(area_mean(gains[1], SIDE) / gains[0])).mean() < 0.03


def test_hair_before_a_cheek_has_little_say() -> None:
    face = faces()[2]
    hidden = face.copy()
    hidden[20:50, 16:23] = 15
    fits = [shading.fit(luminance(decode(one)), 0.3, *EYES) for one in (face, hidden)]
    assert np.abs(fits[0] - fits[1]).max() < 0.25


def test_what_is_burnt_out_where_light_is_taken_away_is_counted_as_lost() -> None:
    lamp_too_strong = np.where(np.arange(SIDE) < SIDE // 2, 6.0, 1.0).astype(np.float32)[None, :].repeat(SIDE, 0)
    assert even(lit(faces()[3], lamp_too_strong), *EYES).lost > 0.2
    assert even(faces()[3], *EYES).lost < 0.02


def test_two_lamps_of_two_colours_are_told() -> None:
    face = decode(faces()[0]) * np.float32(0.6)
    face[:, SIDE // 2 :] *= np.array([1.3, 0.9, 0.5], np.float32)
    assert measure(face, *EYES).double_light > 3
    assert measure(decode(faces()[0]), *EYES).double_light < 2


@given(st.lists(st.floats(0, 4), min_size=3, max_size=3), st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_bright_pixels_are_drawn_in_below_white_in_their_own_colour(made: list[float], seen: list[float]) -> None:
    light, before = (np.array(values, np.float32).reshape(1, 1, 3) for values in (made, seen))
    after = drawn_in(light, before)
    assert after.max() <= 1.0
    assert np.cross(after.ravel(), light.ravel()) == pytest.approx([0, 0, 0], abs=1e-4)
    if light.max() <= 0.8:
        assert after == pytest.approx(light, abs=1e-6)


@given(st.floats(0.001, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_a_corrected_skin_lies_near_the_locus_and_within_the_exposures(light: float, red: float, blue: float) -> None:
    ratios = np.exp(locus.on_locus(light) + np.array([red, blue]))
    colour = np.array([ratios[0], 1, ratios[1]], np.float32)
    colour *= light / float(luminance(colour))
    after = colour * locus.correction(colour).gains
    assert locus.sigmas(locus.residual(after)) <= locus.LEFT_OVER + 0.02
    assert locus.DARKEST - 1e-4 <= float(luminance(after)) <= locus.LIGHTEST + 1e-4


@given(st.floats(0.001, 1), st.floats(0.001, 1))
def test_exposure_keeps_the_order_of_skins(one: float, other: float) -> None:
    lighter, darker = max(one, other), min(one, other)
    assert locus.even_exposure(lighter) >= locus.even_exposure(darker)


@given(st.floats(1, 10))
def test_a_tone_has_one_luminance(tone: float) -> None:
    assert float(skin_tone(luminance_of_tone(tone))) == pytest.approx(tone, abs=1e-6)


def test_the_tones_span_what_evened_skin_reflects_from_light_to_dark() -> None:
    assert skin_tone([locus.LIGHTEST, locus.DARKEST]) == pytest.approx([1, len(MONK)])
    steps = np.diff(lightness(luminance_of_tone(np.arange(1, 11))))
    assert steps == pytest.approx(steps[0])
    assert steps[0] < 0


def test_the_head_is_the_same_on_both_sides_and_faces_the_viewer() -> None:
    head = generic_head(SIDE, SIDE, *EYES)
    assert head.normals[..., 0] == pytest.approx(-head.normals[:, ::-1, 0], abs=0.03)
    assert np.linalg.norm(head.normals, axis=2) == pytest.approx(1, abs=1e-5)
    assert head.template == pytest.approx(head.template[:, ::-1], abs=0.03)
    assert head.normals[..., 2][head.weight > 0.5].min() > 0.2
    assert 0.3 < (head.weight > 0.5).mean() < 0.6
    assert head.weight[:3].max() == head.weight[:, :3].max() == 0
