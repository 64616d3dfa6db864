"""Mixes of people as files."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_facegan.core.people.ages import (
    LIFE_STAGES,
    AgeDistribution,
    Bands,
    Bell,
    Uniform,
    asked_shares,
    stage_shares,
)
from blender_facegan.core.people.mixes import MixError, check_name, delete_mix, read_mix, saved_mixes, write_mix
from blender_facegan.core.people.population import MIXES, Demographics, draw, realised

BELL = Demographics(0.25, Bell(40, 11.5, 20, 67))


@pytest.mark.parametrize("mix", [*MIXES.values(), BELL, Demographics(0.0, Uniform(3, 3))])
def test_what_is_written_is_read(tmp_path: Path, mix: Demographics) -> None:
    write_mix(tmp_path / "new" / "mix.json", mix)
    assert read_mix(tmp_path / "new" / "mix.json") == mix


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "line 1: .*not JSON"),
        ("", "not JSON"),
        ("[" * 50_000, "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ('{"version": 9, "share_of_women": 0.5, "ages": {}}', "version 9"),
        ('{"version": 1, "share_of_women": 50, "ages": {"kind": "uniform", "minimum": 1, "maximum": 2}}', "50"),
        ('{"version": 1, "share_of_women": NaN, "ages": {"kind": "uniform", "minimum": 1, "maximum": 2}}', "nan"),
        ('{"version": 1, "share_of_women": 0.5, "ages": {"kind": "bands", "bands": []}}', "0 age bands"),
        ('{"version": 1, "share_of_women": 0.5, "ages": {"kind": "round"}}', "'round'"),
        ("\x00" * 200_000, "too large"),
    ],
)
def test_what_is_no_mix_is_refused_with_the_files_name(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MixError, match=rf"bad\.json.*{words}") as caught:
        read_mix(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MixError, match="not JSON"):
        read_mix(tmp_path / "bad.json")


def test_files_that_cannot_be_opened_are_named(tmp_path: Path) -> None:
    with pytest.raises(MixError, match=r"none\.json: cannot be read"):
        read_mix(tmp_path / "none.json")
    (tmp_path / "file").write_text("")
    with pytest.raises(MixError, match=r"mix\.json: cannot be written"):
        write_mix(tmp_path / "file" / "mix.json", BELL)
    with pytest.raises(MixError, match=r"none\.json: cannot be deleted"):
        delete_mix(tmp_path / "none.json")


def test_saved_mixes_are_listed_by_name(tmp_path: Path) -> None:
    assert saved_mixes(tmp_path / "none") == {}
    for name in ("b", "A", "Zoë 李"):
        write_mix(tmp_path / f"{name}.json", BELL)
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "folder.json").mkdir()
    assert list(saved_mixes(tmp_path)) == ["A", "b", "Zoë 李"]


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", ".hidden", "a\\b", "x:y", "line\nbreak", "n" * 61])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(MixError):
        check_name(name)


def test_a_name_loses_the_blanks_around_it() -> None:
    assert check_name("  Harbour at night ") == "Harbour at night"


ages = st.floats(0, 120)
distributions = st.one_of(
    st.tuples(ages, ages).map(lambda pair: Uniform(min(pair), max(pair))),
    st.tuples(ages, ages, ages, st.floats(0.1, 100)).map(
        lambda four: Bell(sorted(four[:3])[1], four[3], min(four[:3]), max(four[:3]))
    ),
    st.lists(st.tuples(ages, ages, st.floats(0.1, 50)), min_size=1, max_size=6).map(
        lambda bands: Bands.of(*((min(a, b), max(a, b), weight) for a, b, weight in bands))
    ),
)


@given(st.floats(0, 1), distributions)
def test_any_mix_survives_a_file(share: float, spread: AgeDistribution) -> None:
    mix = Demographics(share, spread)
    assert Demographics.from_json(json.loads(json.dumps(mix.to_json()))) == mix


@given(distributions)
def test_the_shares_of_the_stages_of_life_are_all_people(spread: AgeDistribution) -> None:
    assert sum(asked_shares(spread)) == pytest.approx(1)


def test_the_stages_of_life_follow_each_other() -> None:
    assert [stage.limit for stage in LIFE_STAGES[:-1]] == [stage.minimum for stage in LIFE_STAGES[1:]]
    assert stage_shares([0, 12.9, 13, 19.99, 20, 64.9, 65, 120]) == (0.25, 0.25, 0.25, 0.25)
    assert stage_shares([]) == (0, 0, 0, 0)


def test_asked_shares_are_those_of_the_distribution() -> None:
    assert asked_shares(Uniform(0, 100)) == pytest.approx((0.13, 0.07, 0.45, 0.35), abs=0.001)
    assert asked_shares(Bands.of((2, 12, 30), (30, 40, 70))) == pytest.approx((0.3, 0, 0.7, 0), abs=0.001)


@pytest.mark.parametrize("mix", MIXES.values())
def test_a_crowd_comes_out_as_asked(mix: Demographics) -> None:
    made = realised([draw(mix, 3, str(number)) for number in range(4000)])
    assert made.stages == pytest.approx(asked_shares(mix.ages), abs=0.03)
