"""Mixes of people: filled in, edited, saved, shared, and what they come out as."""

import json
from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan.core.people.ages import Band, Bands, Bell, Uniform
from blender_facegan.core.people.population import MIXES, Demographics
from blender_facegan.scene.people.mixes import GROUPS, READY, scene_mix
from blender_facegan.ui.people.mixes import FACEGAN_MT_mixes, mixes_folder
from tests.blender.crowds import operators, plane, recipe_of, select
from tests.blender.interface.test_panels import Layout, draw, panel


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where mixes are saved, for this test alone."""
    found = tmp_path / "user" / "mixes"
    monkeypatch.setattr("blender_facegan.ui.people.mixes.user_folder", lambda name: tmp_path / "user" / name)
    return found


def people(count: int) -> list[Any]:
    made = [plane(f"P{i}") for i in range(count)]
    select(made)
    return made


def menu() -> list[str]:
    shown: list[str] = []

    class Drawn:
        layout = Layout(shown)

    FACEGAN_MT_mixes.draw(Drawn(), None)  # type: ignore[arg-type]
    return shown


@pytest.mark.parametrize("name", READY)
def test_a_ready_mix_fills_in_the_fields(scene: Any, name: str) -> None:
    operators.load_mix(name=name)
    mix, asked = scene_mix(scene), MIXES[name.lower()]
    assert mix.share_of_women == pytest.approx(asked.share_of_women)
    assert mix.ages == asked.ages


def test_a_mix_that_was_filled_in_can_be_edited(scene: Any, model: Path) -> None:
    crowd = people(20)
    operators.load_mix(name="SCHOOL")
    scene.facegan.share_of_women = 100
    scene.facegan.age_bands[0].weight = scene.facegan.age_bands[1].weight = scene.facegan.age_bands[2].weight = 0
    operators.populate(model=str(model))
    assert {obj.facegan.sex for obj in crowd} == {"FEMALE"}
    assert all(25 <= obj.facegan.age <= 62 for obj in crowd)


@pytest.mark.parametrize(
    ("fields", "ages"),
    [
        ({"ages": "UNIFORM", "age_minimum": 30, "age_maximum": 32}, Uniform(30, 32)),
        ({"ages": "BELL", "age_mean": 50, "age_spread": 2, "age_minimum": 45, "age_maximum": 60}, Bell(50, 2, 45, 60)),
        ({"age_mean": 50, "age_spread": 2}, Bell(50, 2, 18, 70)),
        ({"age_mean": 50, "age_maximum": 52}, Bell(50, 12, 18, 52)),
        ({"age_minimum": 60}, Uniform(60, 70)),
        ({"ages": "BANDS"}, MIXES["street"].ages),
        ({"mix": json.dumps(Demographics(0.3, Bands((Band(5, 6, 1),))).to_json())}, Bands((Band(5, 6, 1),))),
    ],
)
def test_the_kinds_of_ages_as_arguments(scene: Any, model: Path, fields: dict[str, Any], ages: Any) -> None:
    operators.load_mix(name="STREET")
    scene.facegan.age_minimum, scene.facegan.age_maximum = 18, 70
    crowd = people(12)
    operators.populate(model=str(model), share_of_women=0, **fields)
    by_argument = [recipe_of(obj) for obj in crowd]
    mix = Demographics(0, ages)
    assert scene.facegan.realised.asked[0] == 0
    path = mixes_folder() / "asked.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(mix.to_json()))
    operators.populate(model=str(model), mix="asked")
    assert [recipe_of(obj) for obj in crowd] == by_argument


def test_the_panel_asks_for_what_the_arguments_ask_for(scene: Any, model: Path) -> None:
    crowd = people(12)
    values = {"ages": "BELL", "age_mean": 33.0, "age_spread": 3.0, "age_minimum": 25.0, "age_maximum": 50.0}
    operators.populate(model=str(model), **values)
    by_argument = [recipe_of(obj) for obj in crowd]
    for name, value in values.items():
        setattr(scene.facegan, name, value)
    operators.populate(model=str(model))
    assert [recipe_of(obj) for obj in crowd] == by_argument


def test_whoever_chooses_bands_finds_some_and_can_add_and_remove(scene: Any) -> None:
    scene.facegan.ages = "BANDS"
    assert [band.weight for band in scene.facegan.age_bands] == [12, 12, 60, 16]
    operators.add_age_band()
    assert scene.facegan.age_bands[4].minimum == 86
    for _ in range(5):
        operators.remove_age_band(index=0)
    with pytest.raises(RuntimeError, match="0 age bands"):
        operators.save_mix(name="Nobody")
    operators.add_age_band()
    assert (scene.facegan.age_bands[0].minimum, scene.facegan.age_bands[0].maximum) == (0, 9)


def test_values_that_do_not_fit_together_are_refused(scene: Any, model: Path) -> None:
    people(1)
    with pytest.raises(RuntimeError, match="60 to 50"):
        operators.populate(model=str(model), age_minimum=60, age_maximum=50)
    with pytest.raises(RuntimeError, match="mean age 90"):
        operators.populate(model=str(model), age_mean=90)
    with pytest.raises(RuntimeError, match="No mix is called Nowhere: choose STREET"):
        operators.populate(model=str(model), mix="Nowhere")


def test_own_mixes_are_saved_listed_loaded_and_deleted(scene: Any, folder: Path) -> None:
    assert "Harbour 李" not in menu()
    scene.facegan.share_of_women, scene.facegan.ages, scene.facegan.age_mean = 12, "BELL", 44
    saved = scene_mix(scene)
    operators.save_mix(name=" Harbour 李 ")
    assert (folder / "Harbour 李.json").is_file()
    assert "Harbour 李" in menu()
    operators.load_mix(name="OFFICE")
    assert scene_mix(scene) != saved
    operators.load_mix(name="Harbour 李")
    assert scene_mix(scene) == saved
    operators.delete_mix(name="Harbour 李")
    assert "Harbour 李" not in menu()
    with pytest.raises(RuntimeError, match="Harbour"):
        operators.delete_mix(name="Harbour 李")


def test_a_saved_mix_is_not_replaced_unasked(scene: Any) -> None:
    operators.save_mix(name="Mine")
    with pytest.raises(RuntimeError, match="tick Replace"):
        operators.save_mix(name="mine")
    scene.facegan.share_of_women = 1
    operators.save_mix(name="Mine", replace=True)
    with pytest.raises(RuntimeError, match="ready mix"):
        operators.save_mix(name="Street", replace=True)
    with pytest.raises(RuntimeError, match="files cannot have"):
        operators.save_mix(name="../up")


def test_a_mix_is_shared_as_a_file(scene: Any, tmp_path: Path, model: Path) -> None:
    operators.load_mix(name="STADIUM")
    shared = scene_mix(scene)
    operators.export_mix(filepath=str(tmp_path / "shared.json"))
    operators.load_mix(name="OFFICE")
    operators.import_mix(filepath=str(tmp_path / "shared.json"))
    assert scene_mix(scene) == shared
    crowd = people(10)
    operators.populate(model=str(model))
    before = [recipe_of(obj) for obj in crowd]
    operators.load_mix(name="OFFICE")
    operators.populate(model=str(model), mix=str(tmp_path / "shared.json"))
    assert [recipe_of(obj) for obj in crowd] == before


def test_a_bad_file_is_refused_and_changes_nothing(scene: Any, tmp_path: Path) -> None:
    before = scene_mix(scene)
    (tmp_path / "bad.json").write_text('{"version": 1}')
    with pytest.raises(RuntimeError, match=r"bad\.json: the demographics need exactly"):
        operators.import_mix(filepath=str(tmp_path / "bad.json"))
    assert scene_mix(scene) == before


def test_what_was_made_is_shown_beside_what_was_asked(
    scene: Any, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not panel("FACEGAN_PT_realised").poll(bpy.context)
    crowd = people(10)
    for obj in crowd[:5]:
        obj.facegan.sex, obj.facegan.age = "FEMALE", 70.0
    operators.populate(model=str(model), share_of_women=0, age_minimum=30, age_maximum=40)
    record = scene.facegan.realised
    assert record.count == 10
    assert dict(zip(GROUPS, record.asked, strict=True)) == {
        "Women": 0, "Children": 0, "Teens": 0, "Adults": 1, "Seniors": 0
    }  # fmt: skip
    assert list(record.made) == [0.5, 0, 0, 0.5, 0.5]
    shown = draw(panel("FACEGAN_PT_realised"))
    assert shown[3:6] == ["Women", "0%", "50%"]
    assert shown[-1] == "10"
    assert "Made (asked): 50% (0%) women, 0% (0%) children" in capfd.readouterr().out


def test_it_is_shown_in_the_scene_that_was_populated(scene: Any, model: Path) -> None:
    other: Any = bpy.data.scenes.new("Other")
    people(3)
    operators.populate(model=str(model))
    assert other.facegan.realised.count == 0
    assert scene.facegan.realised.count == 3


def test_a_reroll_leaves_what_is_shown(scene: Any, model: Path) -> None:
    crowd = people(6)
    operators.populate(model=str(model))
    select(crowd[:1])
    operators.reroll(model=str(model))
    assert scene.facegan.realised.count == 6
