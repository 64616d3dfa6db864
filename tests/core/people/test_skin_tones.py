"""Distributions of skin tone, and the mixes that hold one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.people.ages import Uniform
from blender_facegan.core.people.population import MIXES, Demographics, Recipe, draw
from blender_facegan.core.people.skin_tones import SKINS, TONES, SkinTones, skin_from_json

weights = st.lists(st.floats(0, 100), min_size=TONES, max_size=TONES).filter(lambda found: sum(found) > 0.1).map(tuple)


@given(weights, st.floats(0, 1))
def test_every_draw_is_a_tone_that_somebody_has(found: tuple[float, ...], share: float) -> None:
    tone = SkinTones(found).at(share)
    assert 1 <= tone <= 10
    assert any(weight > 0 and abs(tone - number) <= 0.5 for number, weight in enumerate(found, 1))


@given(weights, st.floats(0, 1), st.floats(0, 1))
def test_tones_go_from_the_lightest_to_the_darkest(found: tuple[float, ...], one: float, other: float) -> None:
    tones = SkinTones(found)
    assert tones.at(min(one, other)) <= tones.at(max(one, other))


def test_as_many_people_have_a_tone_as_its_weight_says() -> None:
    tones = SkinTones((0, 0, 30.0, 0, 0, 0, 10, 0, 0, 0))
    drawn = [tones.at((i + 0.5) / 1000) for i in range(1000)]
    assert sum(2.5 <= tone <= 3.5 for tone in drawn) == 750
    assert sum(6.5 <= tone <= 7.5 for tone in drawn) == 250
    assert len({round(tone, 2) for tone in drawn}) > 100


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ((1.0,) * 9, "9 weights"),
        ((-1.0, *(1.0,) * 9), "tone 1"),
        ((0.0,) * 10, "all have the weight 0"),
        ((float("nan"), *(1.0,) * 9), "tone 1"),
    ],
)
def test_wrong_weights_are_refused_by_name(wrong: tuple[float, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SkinTones(wrong)


@pytest.mark.parametrize("data", [None, 3, ["1"] * 10, [True] * 10, [1e300] * 10, {"weights": []}])
def test_json_that_holds_no_weights_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="skin tones"):
        skin_from_json(data)


@given(weights)
def test_a_mix_with_skins_survives_json(found: tuple[float, ...]) -> None:
    mix = Demographics(0.5, Uniform(20, 60), SkinTones(found))
    assert Demographics.from_json(json.loads(json.dumps(mix.to_json()))) == mix


def test_a_mix_without_skins_is_written_as_older_add_ons_read_it() -> None:
    mix = Demographics(0.5, Uniform(20, 60))
    assert mix.to_json()["version"] == 1
    assert "skin" not in mix.to_json()
    assert Demographics(0.5, Uniform(20, 60), SKINS["even"]).to_json()["version"] == 2


@pytest.mark.parametrize("change", [{"version": 1}, {"skin": None}, {"skin": [1.0]}])
def test_a_broken_mix_with_skins_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"skin tones|need exactly"):
        Demographics.from_json({**Demographics(0.5, Uniform(20, 60), SKINS["dark"]).to_json(), **change})


def test_skins_are_drawn_apart_from_everything_else() -> None:
    """Who is drawn with skins is the same person as without."""
    plain, toned = MIXES["street"], Demographics(0.5, MIXES["street"].ages, SKINS["even"])
    for key in ("Anna", "Ben", "Chioma"):
        without, drawn = draw(plain, 7, key), draw(toned, 7, key)
        assert without.skin is None
        assert drawn.skin is not None
        assert (drawn.seed, drawn.sex, drawn.age) == (without.seed, without.sex, without.age)


def test_ready_skins_differ_in_how_dark_they_are() -> None:
    middles = [SKINS[name].at(0.5) for name in ("light", "medium", "dark")]
    assert middles == sorted(middles)
    assert SKINS["even"].at(0.5) == pytest.approx(5.5)


@pytest.mark.parametrize("skin", [0.5, 10.5, float("nan")])
def test_a_recipe_has_a_tone_of_the_scale(skin: float) -> None:
    with pytest.raises(ValueError, match="skin tone"):
        Recipe(1, 1.0, 30.0, skin=skin)
