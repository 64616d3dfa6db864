import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.people.ages import Bands, Bell, Uniform
from blender_facegan.core.people.population import (
    MIXES,
    Demographics,
    Mix,
    Recipe,
    character_seed,
    draw,
    latents,
    realised,
)

years = st.floats(0, 120)
ranges = st.tuples(years, years).map(sorted)
uniforms = ranges.map(lambda ends: Uniform(*ends))
bells = st.builds(
    lambda ends, share, deviation: Bell(ends[0] + share * (ends[1] - ends[0]), deviation, *ends),
    ranges,
    st.sampled_from([0.0, 0.25, 0.5, 0.9]),
    st.floats(0.01, 1000),
)
bands = st.lists(st.tuples(ranges, st.floats(0.01, 1e6)), min_size=1, max_size=8).map(
    lambda found: Bands.of(*((ends[0], ends[1], weight) for ends, weight in found))
)
distributions = st.one_of(uniforms, bells, bands)
keys = st.text(max_size=30)


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**32 - 1])
def test_a_latent_is_numpys_frozen_stream(seed: int, size: int) -> None:
    stream = np.random.RandomState(seed)
    assert np.array_equal(latents([seed], size, "normal")[0], stream.standard_normal(size).astype(np.float32))
    stream = np.random.RandomState(seed)
    assert np.array_equal(latents([seed], size, "uniform")[0], stream.uniform(-1, 1, size).astype(np.float32))


def test_the_frozen_stream_has_not_changed() -> None:
    expected = [0.44122748, -0.33087015, 2.43077119]
    assert latents([5], 3, "normal")[0] == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=6), st.integers(1, 9))
def test_a_latent_does_not_depend_on_its_neighbours(seeds: list[int], size: int) -> None:
    together = latents(seeds, size, "normal")
    assert together.dtype == np.float32
    for row, seed in zip(together, seeds, strict=True):
        assert np.array_equal(row, latents([seed], size, "normal")[0])


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_latent_of_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="2\\*\\*32"):
        latents([seed], 4, "normal")


def test_an_unknown_latent_distribution_is_refused() -> None:
    with pytest.raises(ValueError, match="cauchy"):
        latents([1], 4, "cauchy")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seed", "sex", "age", "word"),
    [
        (-1, 0, 30, "seed"),
        (2**32, 0, 30, "seed"),
        (1, 1.1, 30, "sex"),
        (1, float("nan"), 30, "sex"),
        (1, 0, float("inf"), "age"),
    ],
)
def test_a_recipe_names_what_is_out_of_range(seed: int, sex: float, age: float, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Recipe(seed, sex, age)


@given(st.integers(), keys)
def test_a_character_seed_fits_a_blender_integer_and_a_recipe(crowd_seed: int, key: str) -> None:
    seed = character_seed(crowd_seed, key)
    assert 0 <= seed < 2**31
    assert seed == character_seed(crowd_seed, key)


def test_character_seeds_never_change_between_versions() -> None:
    assert character_seed(0, "Agent.001") == 368096694
    assert character_seed(7, "Ägent \ud800") == 954429209


def test_character_seeds_of_a_crowd_differ() -> None:
    seeds = {character_seed(1, f"Agent.{number:05d}") for number in range(10_000)}
    assert len(seeds) > 9_990


@given(st.lists(keys, unique=True, min_size=2, max_size=10), st.randoms(use_true_random=False))
def test_others_do_not_change_a_character(names: list[str], random: Any) -> None:
    crowd = {name: draw(MIXES["street"], 3, name) for name in names}
    fewer = random.sample(names, len(names) - 1)
    assert {name: draw(MIXES["street"], 3, name) for name in fewer} == {name: crowd[name] for name in fewer}


@given(distributions, st.floats(0, 1), keys)
def test_a_drawn_character_is_within_the_demographics(ages: Any, share: float, key: str) -> None:
    recipe = draw(Demographics(share, ages), 0, key)
    limits = (
        [(band.minimum, band.maximum) for band in ages.bands]
        if isinstance(ages, Bands)
        else [(ages.minimum, ages.maximum)]
    )
    assert any(low - 1e-9 <= recipe.age <= high + 1e-9 for low, high in limits)
    assert recipe.sex in (-1.0, 1.0)
    assert recipe.seed == character_seed(0, key)


def test_a_higher_share_of_women_only_turns_men_into_women() -> None:
    def women(share: float) -> set[int]:
        demographics = Demographics(share, Uniform(20, 60))
        return {number for number in range(500) if draw(demographics, 1, str(number)).sex < 0}

    assert women(0.0) == set()
    assert women(0.3) < women(0.7) < women(1.0) == set(range(500))


def test_sex_and_age_are_unrelated_to_the_seed_and_each_other() -> None:
    crowd = [draw(Demographics(0.5, Uniform(0, 100)), 9, str(number)) for number in range(4_000)]
    columns = np.array([(recipe.seed, recipe.sex, recipe.age) for recipe in crowd])
    correlations = np.corrcoef(columns.T)[np.triu_indices(3, 1)]
    assert np.abs(correlations).max() < 0.06


@pytest.mark.parametrize("name", sorted(MIXES))
def test_a_large_crowd_comes_out_as_asked(name: str) -> None:
    mix = MIXES[name]
    crowd = [draw(mix, 5, str(number)) for number in range(4_000)]
    assert realised(crowd).share_of_women == pytest.approx(mix.share_of_women, abs=0.04)
    assert np.median([recipe.age for recipe in crowd]) == pytest.approx(mix.ages.at(0.5), abs=2)


def test_ages_of_each_kind_are_distributed_as_named() -> None:
    shares = (np.arange(10_000) + 0.5) / 10_000

    def at(distribution: Any) -> Any:
        return np.array([distribution.at(share) for share in shares])

    assert at(Uniform(20, 60)).mean() == pytest.approx(40, abs=0.01)
    bell = at(Bell(40, 10, 0, 80))
    assert (bell.mean(), bell.std()) == (pytest.approx(40, abs=0.05), pytest.approx(10, abs=0.05))
    banded = at(Bands.of((0, 10, 1), (60, 70, 0), (30, 40, 3)))
    assert (banded < 10).mean() == pytest.approx(0.25, abs=0.001)
    assert not ((banded > 60) & (banded < 70)).any()


@given(distributions)
def test_older_shares_are_never_younger(ages: Any) -> None:
    drawn = [ages.at(share) for share in np.linspace(0, np.nextafter(1, 0), 50)]
    if not isinstance(ages, Bands):
        assert drawn == sorted(drawn)
    assert all(0 <= age <= 120 for age in drawn)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Uniform(50, 20), "50 to 20"),
        (lambda: Uniform(-1, 20), "-1 to 20"),
        (lambda: Uniform(0, 121), "121"),
        (lambda: Uniform(float("nan"), 30), "nan"),
        (lambda: Bell(90, 5, 0, 80), "mean age 90"),
        (lambda: Bell(40, 0, 0, 80), "deviation 0"),
        (lambda: Bands(()), "0 age bands"),
        (lambda: Bands.of((0, 10, 0)), "weight 0"),
        (lambda: Bands.of((0, 10, -1)), "weight -1"),
        (lambda: Bands.of((0, 10, float("nan"))), "weight nan"),
        (lambda: Demographics(1.01, Uniform(0, 1)), "1.01"),
        (lambda: Demographics(float("nan"), Uniform(0, 1)), "nan"),
    ],
)
def test_impossible_demographics_are_refused_by_name(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


@given(distributions, st.floats(0, 1))
def test_demographics_survive_json(ages: Any, share: float) -> None:
    demographics = Demographics(share, ages)
    assert Demographics.from_json(json.loads(json.dumps(demographics.to_json()))) == demographics


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 3}, "version 3"),
        ({"version": None}, "version"),
        ({"share_of_women": "half"}, "half"),
        ({"share_of_women": 2}, "share of women"),
        ({"extra": 1}, "exactly"),
        ({"ages": []}, "object"),
        ({"ages": {"kind": "poisson"}}, "poisson"),
        ({"ages": {"kind": "uniform", "minimum": 1}}, "need exactly"),
        ({"ages": {"kind": "uniform", "minimum": 1, "maximum": True}}, "maximum"),
        ({"ages": {"kind": "bands", "bands": [[1, 2]]}}, "bands"),
        ({"ages": {"kind": "bands", "bands": [[1, 2, "x"]]}}, "band"),
    ],
)
def test_json_that_is_wrong_is_refused_by_name(change: dict[str, Any], words: str) -> None:
    data = {**Demographics(0.5, Uniform(20, 60)).to_json(), **change}
    with pytest.raises(ValueError, match=words):
        Demographics.from_json(data)


def test_json_that_is_no_object_is_refused() -> None:
    with pytest.raises(ValueError, match="object"):
        Demographics.from_json([1])


def test_the_realised_mix_counts_the_crowd() -> None:
    crowd = [Recipe(1, -1, 20), Recipe(2, -0.4, 30), Recipe(3, 1, 70), Recipe(4, 0, 40)]
    assert realised(crowd) == Mix(0.625, (0, 0, 0.75, 0.25))
    assert realised([]) == Mix(0, (0, 0, 0, 0))
