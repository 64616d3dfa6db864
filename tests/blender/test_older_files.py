"""A file that version 0.1.0 has made: `fixtures/make.py` tells how, and what was seen in it then."""

import json
import shutil
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.crowds import data, operators, recipe_of, select, tile_pixels
from tests.blender.fixtures.make import CARRIERS, CROWD_SEED, OTHER_SEED
from tests.blender.recorded import instances_of, objects_of, views_of

FIXTURES = Path(__file__).parent / "fixtures"
RECORDED: dict[str, Any] = json.loads((FIXTURES / "recorded.json").read_text(encoding="utf-8"))
OBJECTS, INSTANCES = RECORDED["objects"], RECORDED["instances"]
MODEL = str(FIXTURES / "telling.facegan")


@pytest.fixture
def objects(blender: None, tmp_path: Path) -> list[str]:
    """The names of the characters of the opened file."""
    opened(tmp_path)
    return list(OBJECTS["names"])


@pytest.fixture
def instances(blender: None, tmp_path: Path) -> None:
    """The opened file with the carriers of its instances selected."""
    opened(tmp_path)
    select(data.objects[name] for name in ("Seats", "Guest", "Lawn"))


def opened(folder: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(shutil.copy(FIXTURES / "crowd.blend", folder)))


def close(found: Any, told: Any) -> None:
    """Numbers may differ by what versions of numpy and Blender round."""
    if isinstance(told, dict):
        assert found.keys() == told.keys()
        for key, value in told.items():
            close(found[key], value)
    elif isinstance(told, list):
        assert len(found) == len(told)
        for one, value in zip(found, told, strict=True):
            close(one, value)
    elif isinstance(told, float):
        assert found == pytest.approx(told, abs=0.02)
    else:
        assert found == told


def test_characters_are_as_they_were(objects: list[str]) -> None:
    close(objects_of(objects), OBJECTS["opened"])


def test_characters_render_as_they_did(objects: list[str]) -> None:
    for name, view in views_of(objects).items():
        np.testing.assert_allclose(view, OBJECTS["views"][name], atol=0.02, err_msg=name)


def test_characters_are_populated_as_they_were(objects: list[str]) -> None:
    operators.populate(model=MODEL, scope="MARKED", crowd_seed=CROWD_SEED, even_light=0.0)
    close(objects_of(objects), OBJECTS["again"])
    operators.populate(model=MODEL, scope="MARKED", crowd_seed=OTHER_SEED, even_light=0.0)
    close(objects_of(objects), OBJECTS["other"])
    select(data.objects[name] for name in objects)
    operators.remove()
    close(objects_of(objects), OBJECTS["removed"])


def test_faces_are_made_in_even_light_when_they_are_populated_again(objects: list[str]) -> None:
    """The persons stay who they are; a locked face stays as it is, and so does everybody who is out of scope."""
    locked = [name for name in objects if data.objects[name].facegan.locked and data.objects[name].facegan.page]
    before = {name: (recipe_of(data.objects[name]), faces_of([name])) for name in objects}
    chosen, *others = [name for name in objects if data.objects[name].facegan.page and name not in locked]
    select([data.objects[chosen]])
    operators.populate(model=MODEL, crowd_seed=CROWD_SEED)
    assert recipe_of(data.objects[chosen]) == before[chosen][0]
    assert faces_of([chosen]) != before[chosen][1]
    for name in (*others, *locked):
        assert faces_of([name]) == before[name][1]


def faces_of(names: list[str]) -> list[bytes]:
    return [tile_pixels(data.objects[name]).tobytes() for name in names if data.objects[name].facegan.page]


def test_faces_are_removed_at_once(objects: list[str]) -> None:
    select(data.objects[name] for name in objects)
    operators.remove()
    for name, state in objects_of(objects).items():
        assert state["slots"] == OBJECTS["removed"][name]["slots"]
        assert state["mesh"] == OBJECTS["removed"][name]["mesh"]
    assert not [image for image in data.images if image.facegan.is_page and not image.get("facegan_page_set")]


def test_instances_are_as_they_were(instances: None) -> None:
    close(instances_of(CARRIERS), INSTANCES["opened"])


def test_instances_are_populated_and_removed_as_they_were(instances: None) -> None:
    operators.populate_instances(model=MODEL, crowd_seed=CROWD_SEED, even_light=0.0)
    close(instances_of(CARRIERS), INSTANCES["again"])
    operators.populate_instances(model=MODEL, crowd_seed=OTHER_SEED, even_light=0.0)
    close(instances_of(CARRIERS), INSTANCES["other"])
    operators.remove_instances()
    close(instances_of(CARRIERS), INSTANCES["removed"])
    for name, slots in INSTANCES["prototypes"].items():
        assert objects_of([name])[name]["slots"] == slots
