"""What is measured on a face, and the rules."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.data.conftest import Pixels
from trainer.data.faces.alignment import Geometry, align
from trainer.data.faces.detection import FaceDetector
from trainer.data.faces.measures import (
    MEASURE_SIDE,
    RULES,
    Limits,
    Measures,
    broken_rule,
    measure_colour,
    measure_detail,
    measure_evenness,
    measure_hue,
    measure_light,
    measure_sharpness,
)
from trainer.errors import UserError

GOOD = Measures(eye_distance=80.0, light=180.0, colour=8.0, hue=45.0, chroma=25.0, sharpness=300.0)


@pytest.fixture(scope="module")
def aligned(portraits: list[Pixels]) -> list[Pixels]:
    detector = FaceDetector()
    return [align(one, detector.find(one)[0].landmarks, Geometry(), MEASURE_SIDE) for one in portraits]


def test_portraits_break_no_rule_of_light_colour_or_sharpness(aligned: list[Pixels]) -> None:
    limits = Limits()
    for picture in aligned:
        light, burnt = measure_light(picture)
        assert light > limits.min_light
        assert burnt < limits.max_burnt
        assert measure_colour(picture) > limits.min_colour
        assert measure_sharpness(picture) > limits.min_sharpness


def test_blur_lowers_sharpness_below_the_limit(aligned: list[Pixels]) -> None:
    for picture in aligned:
        blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), 2.5), dtype=np.uint8)
        assert measure_sharpness(blurred) < Limits().min_sharpness


@pytest.mark.parametrize("tint", [(1.0, 1.0, 1.0), (1.0, 0.85, 0.6)])
def test_a_monochrome_has_no_colour_even_where_it_is_tinted(
    aligned: list[Pixels], tint: tuple[float, float, float]
) -> None:
    for picture in aligned:
        luma = picture.astype(np.float64) @ [0.299, 0.587, 0.114]
        monochrome = (luma[..., None] * tint).astype(np.uint8)
        assert measure_colour(monochrome) < Limits().min_colour


def test_a_face_in_the_dark_is_told_by_its_brightest_parts(aligned: list[Pixels]) -> None:
    for picture in aligned:
        assert measure_light((picture * 0.3).astype(np.uint8))[0] < Limits().min_light


def test_light_from_one_side_is_told_by_how_much_it_is(aligned: list[Pixels]) -> None:
    for picture in aligned:
        even = measure_evenness(picture)[0]
        assert even < Limits().max_side_light
        shaded = picture.astype(np.float64)
        shaded[:, :48] *= 0.5
        mirrored = shaded[:, ::-1]
        for lit in (shaded, mirrored):
            side = measure_evenness(lit.astype(np.uint8))[0]
            assert side == pytest.approx(-2.2 * math.log(0.5), abs=even + 0.15)
            assert side > Limits().max_side_light


def test_contrast_is_that_of_light_not_of_skin(aligned: list[Pixels]) -> None:
    for picture in aligned:
        contrast = measure_evenness(picture)[1]
        assert contrast < Limits().max_contrast
        assert measure_evenness(np.round(picture * 0.6).astype(np.uint8))[1] == pytest.approx(contrast, abs=0.1)


def test_dark_skin_that_light_falls_on_is_not_dark() -> None:
    skin = np.full((96, 96, 3), (70, 45, 35), dtype=np.uint8)
    skin[40:60, 40:60] = (150, 110, 90)
    assert measure_light(skin)[0] > Limits().min_light


def test_a_flash_at_full_white_is_burnt(aligned: list[Pixels]) -> None:
    overexposed = np.clip(aligned[0].astype(np.int64) * 3, 0, 255).astype(np.uint8)
    assert measure_light(overexposed)[1] > Limits().max_burnt


@pytest.mark.parametrize(
    ("rule", "change", "enlargement"),
    [
        ("several-faces", {"second_face": 0.9}, 1.0),
        ("too-small", {}, 1.2),
        ("turned", {"yaw": -0.17}, 1.0),
        ("outside", {"overshoot": 0.2}, 1.0),
        ("outside", {"overshoot": 0.11}, 1.0),
        ("outside", {"padding": 0.03}, 1.0),
        ("dark", {"light": 40.0}, 1.0),
        ("burnt-out", {"burnt": 0.3}, 1.0),
        ("harsh", {"side_light": 1.2}, 1.0),
        ("harsh", {"contrast": 4.0}, 1.0),
        ("grey", {"colour": 0.5}, 1.0),
        ("tinted", {"hue": 180.0}, 1.0),
        ("tinted", {"hue": -60.0}, 1.0),
        ("tinted", {"chroma": 50.0}, 1.0),
        ("blurred", {"sharpness": 30.0}, 1.0),
        ("covered", {"covered": 0.6}, 1.0),
        ("sunglasses", {"sunglasses": 0.6}, 1.0),
    ],
)
def test_each_rule_drops_its_own_and_thin_groups_are_judged_mildly(
    rule: str, change: dict[str, float], enlargement: float
) -> None:
    measures = Measures(**{**vars(GOOD), **change})
    assert broken_rule(measures, enlargement, Limits(), thin=False) == rule
    mild = rule in ("turned", "blurred") or change.get("overshoot") == 0.11
    assert broken_rule(measures, enlargement, Limits(), thin=True) == (None if mild else rule)


def test_a_good_picture_breaks_no_rule() -> None:
    assert broken_rule(GOOD, 0.8, Limits(), thin=False) is None


def test_of_several_broken_rules_the_first_is_told() -> None:
    changes = {
        "several-faces": {"second_face": 1.0},
        "turned": {"yaw": 1.0},
        "outside": {"overshoot": 1.0},
        "dark": {"light": 0.0},
        "burnt-out": {"burnt": 1.0},
        "harsh": {"side_light": 2.0},
        "grey": {"colour": 0.0},
        "tinted": {"hue": 180.0},
        "blurred": {"sharpness": 0.0},
        "covered": {"covered": 1.0},
        "sunglasses": {"sunglasses": 1.0},
    }
    in_order = [rule for rule in RULES if rule in changes]
    for start, rule in enumerate(in_order):
        broken = {name: value for later in in_order[start:] for name, value in changes[later].items()}
        assert broken_rule(Measures(**{**vars(GOOD), **broken}), 1.0, Limits(), thin=False) == rule


def test_the_hue_of_a_face_in_no_colour_means_nothing() -> None:
    assert broken_rule(Measures(**{**vars(GOOD), "hue": -120.0, "chroma": 4.0}), 1.0, Limits(), thin=False) is None


def test_dim_light_is_no_blur(aligned: list[Pixels]) -> None:
    for picture in aligned:
        dim = np.round(picture * 0.4).astype(np.uint8)
        assert measure_sharpness(dim) == pytest.approx(measure_sharpness(picture), rel=0.1)


def test_the_hue_of_skin_is_told_from_coloured_light(aligned: list[Pixels]) -> None:
    for picture in aligned:
        assert abs(measure_hue(picture)[0] - 45) < Limits().max_hue
        blue_light = (picture * np.array([0.4, 0.5, 1.0])).astype(np.uint8)
        assert abs(measure_hue(blue_light)[0] - 45) > Limits().max_hue


@given(st.sampled_from(sorted(vars(Limits()))), st.sampled_from([-1.0, math.nan]))
def test_a_limit_below_zero_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(UserError, match=name.replace("_", "-")):
        Limits(**{name: value})


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("harsh", {"stored_side_light": 0.7}),
        ("harsh", {"stored_contrast": 4.0}),
        ("two-lamps", {"double_light": 5.0}),
        ("misexposed", {"exposure": 0.6}),
        ("misexposed", {"exposure": 1.6}),
        ("lost-light", {"lost": 0.2}),
        ("tinted", {"off_skin": 6.0}),
    ],
)
def test_what_cannot_be_evened_is_dropped_where_light_is_evened(rule: str, change: dict[str, float]) -> None:
    measures = Measures(**{**vars(GOOD), **change})
    assert broken_rule(measures, 1.0, Limits(), thin=False, evened=True) == rule
    assert broken_rule(measures, 1.0, Limits(), thin=False) is None


def test_light_that_was_evened_drops_nothing() -> None:
    measures = Measures(**{**vars(GOOD), "side_light": 2.0, "contrast": 5.0, "hue": -60.0})
    assert broken_rule(measures, 1.0, Limits(), thin=False, evened=True) is None


def test_an_enlarged_picture_has_no_detail_and_a_sharp_one_has() -> None:
    rng = np.random.default_rng(0)
    sharp = rng.integers(0, 256, (128, 128, 3), dtype=np.uint8)
    enlarged = np.asarray(cv2.resize(sharp[:48, :48], (128, 128), interpolation=cv2.INTER_CUBIC), np.uint8)
    assert measure_detail(enlarged) < 0.1 < 1 < measure_detail(sharp)
    assert measure_detail(np.full((128, 128, 3), 90, np.uint8)) == 0
    coarse = Measures(**{**vars(GOOD), "detail": 0.1})
    assert broken_rule(coarse, 1.0, Limits(min_detail=0.2), thin=False) == "coarse"
    assert broken_rule(coarse, 1.0, Limits(), thin=False) is None
