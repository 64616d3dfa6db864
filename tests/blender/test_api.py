"""The add-on from Python, as the documentation has it, and as the example uses it."""

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan import api
from build_addon import build
from tests.blender.crowds import data, plane, read_face, recipe_of, tile_pixels
from tests.blender.labelled_models import labelled_model
from tests.blender.point_crowds import column, instance_on, points, read_tiles

ROOT = Path(__file__).parents[2]


def test_objects_are_populated_with_what_is_said_of_them(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [plane(f"P{i}") for i in range(3)]
    api.set_character(crowd[0], sex="female", age=71.5, seed=9)
    api.set_character(crowd[1], sex=1)
    told = []
    mix = api.Demographics(1.0, api.Uniform(20, 30))
    chosen = api.settings(mix, model=model, crowd_seed=3)
    report = api.populate(crowd, chosen, progress=lambda made, total: told.append((made, total)))
    assert (report.characters, report.fresh) == (3, 3)
    assert recipe_of(crowd[0]) == ("FEMALE", 71.5, 9)
    assert crowd[1].facegan.sex == "MALE"
    assert 20 <= crowd[2].facegan.age <= 30
    assert read_face(crowd[0]).age == pytest.approx(71.5, abs=0.5)
    assert told[-1] == (3, 3)
    assert api.remove(crowd) == 3
    assert crowd[0].facegan.page is None


def test_the_order_of_the_objects_does_not_matter(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [plane(f"P{i}") for i in range(4)]
    api.populate(crowd, api.settings(model=model))
    before = [recipe_of(obj) for obj in crowd]
    api.remove(crowd)
    api.populate(crowd[::-1], api.settings(model=model))
    assert [recipe_of(obj) for obj in crowd] == before


def test_instances_are_populated(scene: bpy.types.Scene, model: Path) -> None:
    owner = instance_on(points("Seats", 3, years=[20.0, 40.0, 60.0]), plane("Flat"))
    report = api.populate_instances([owner], api.settings(model=model, sources=api.Sources(age="years")))
    assert (report.characters, list(report.prototypes)) == (3, ["Flat"])
    ages = [face.age for face in read_tiles(owner["facegan_pages"], column(owner, "facegan_tile"))]
    assert ages == pytest.approx([20, 40, 60], abs=0.5)
    assert api.remove([owner]) == 3


def test_labels_are_given_to_the_crowd(scene: bpy.types.Scene, tmp_path: Path) -> None:
    crowd = [plane("P")]
    chosen = api.settings(model=labelled_model(tmp_path / "mine.facegan"), labels={"smile": 40, "hair": "fair"})
    api.populate(crowd, chosen)
    assert [float(value) for value in tile_pixels(crowd[0])[0, 0, 1:]] == pytest.approx([0.8, 1], abs=0.01)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda _: api.settings(model="none.facegan"), "none.facegan"),
        (lambda model: api.settings(model=model, labels={"hat": 1}), "hat"),
        (lambda model: api.populate([], api.settings(model=model)), "No characters"),
        (lambda model: api.populate_instances([], api.settings(model=model)), "No points"),
        (lambda _: api.set_character(plane("P"), sex="lady"), "P: the sex 'lady'"),
        (lambda _: api.set_character(plane("P"), age=500), "P: the age 500"),
        (lambda _: api.set_character(plane("P"), labels={"hat": 1}), "P: the model has no label hat"),
        (api.model_difference, "golden"),
    ],
)
def test_mistakes_are_errors_of_one_line(
    scene: bpy.types.Scene, model: Path, untrue: Path, call: Any, told: str
) -> None:
    with pytest.raises(api.ERRORS) as caught:
        call(untrue if told == "golden" else model)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mix_that_is_not_there_is_told(scene: bpy.types.Scene, model: Path) -> None:
    with pytest.raises(api.ERRORS, match="stadium"):
        api.settings("carnival", model=model)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"page_size": 1000}, "page size 1000 is not a power of two"),
        ({"page_size": 8}, "does not fit a page of 8: choose larger pages"),
        ({"gutter": -1}, "gutter -1: none may be negative"),
        ({"face_size": 0}, "face size is 0: give 1 or more"),
        ({"face_size": "large"}, "'large' is neither pixels nor auto"),
        ({"threads": 0}, "number of threads is 0: give 1 or more"),
        ({"likeness": math.nan}, "distance of faces is nan: give 0 or more"),
        ({"even_light": math.nan}, "even light nan is not from 0 to 1"),
    ],
)
def test_a_number_that_makes_no_faces_is_one_of_the_errors(
    scene: bpy.types.Scene, model: Path, told: dict[str, Any], words: str
) -> None:
    flat = plane("P")
    with pytest.raises(api.ERRORS, match=words):
        api.populate([flat], api.settings(model=model, **told))
    assert flat.facegan.page is None


def test_a_refused_description_changes_nothing(scene: bpy.types.Scene) -> None:
    flat = plane("P")
    before = recipe_of(flat)
    with pytest.raises(api.ERRORS):
        api.set_character(flat, sex="female", age=30, seed=-1)
    assert recipe_of(flat) == before
    assert not flat.facegan.age_by_hand


def test_models_are_listed_with_their_cards(scene: bpy.types.Scene) -> None:
    assert api.card().name == "Crowd 64"
    assert api.installed_models()[0].is_default
    assert api.model_difference() <= 2


STADIUM = """
import os, runpy, sys
sys.path.insert(0, {root!r})
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.extensions.package_install_files(filepath={archive!r}, repo="user_default", enable_on_install=True)
from examples.fill_stadium import main
main([{out!r}, "40"])
sys.stdout.flush()
os._exit(0)
"""


def test_a_model_is_installed(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blender_facegan.scene.model.store.user_folder", lambda name: tmp_path / name)
    assert api.install_model(str(model)).path == tmp_path / "models" / model.name
    assert api.installed_models()[-1].path == tmp_path / "models" / model.name
    with pytest.raises(api.ERRORS, match="none"):
        api.install_model(tmp_path / "none.facegan")


def test_the_example_fills_a_stadium_with_the_installed_add_on(blender: None, tmp_path: Path) -> None:
    out, home = tmp_path / "stadium.blend", tmp_path / "home"
    home.mkdir()
    script = STADIUM.format(root=str(ROOT), archive=str(build(tmp_path / "dist")), out=str(out))
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(home)}
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert "40 fans" in result.stdout, result.stdout + result.stderr
    bpy.ops.wm.open_mainfile(filepath=str(out))
    seats = data.objects["Seats"]
    assert len(set(column(seats, "facegan_tile"))) == 40
    assert data.objects["Head"].material_slots[0].material.name == "Skin Faces"
    assert data.objects["Body"].material_slots[0].material.name == "Shirt"


def test_the_example_says_when_the_add_on_is_not_enabled(blender: None, tmp_path: Path) -> None:
    from examples.fill_stadium import crowd_faces

    with pytest.raises(SystemExit, match="not enabled"):
        crowd_faces()


def test_the_older_name_of_set_character_still_works(scene: bpy.types.Scene) -> None:
    flat = plane("Flat")
    with pytest.warns(DeprecationWarning, match="set_character"):
        api.describe(flat, sex="male", age=44)
    assert recipe_of(flat)[:2] == ("MALE", 44)


def test_who_is_given_twice_counts_once(scene: bpy.types.Scene, model: Path) -> None:
    flat, other = plane("Flat"), plane("Other")
    report = api.populate([flat, other, flat], api.settings(model=model))
    assert (report.characters, report.fresh) == (2, 2)
