"""A crowd that is appended from another file, whose objects have the same names."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.crowds import data, operators, plane, read_face, recipe_of, select
from tests.blender.materials.test_materials import populated

NAMES = ["P0", "P1", "P2"]


@pytest.fixture
def appended(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> list[Any]:
    """A crowd of another file, beside one of the same names in this one; both have faces."""
    populated(model, *[plane(name) for name in NAMES], crowd_seed=3)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "other.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    populated(model, *[plane(name) for name in NAMES], crowd_seed=8)
    with data.libraries.load(str(tmp_path / "other.blend")) as (_, wanted):
        wanted.objects = list(NAMES)
    for obj in wanted.objects:
        bpy.context.scene.collection.objects.link(obj)  # type: ignore[union-attr]
    assert [obj.name for obj in wanted.objects] == [f"{name}.001" for name in NAMES]
    return list(wanted.objects)


def told(people: list[Any]) -> list[Any]:
    return [(recipe_of(obj), read_face(obj)) for obj in people]


def test_they_are_not_without_a_face_of_their_own(appended: list[Any], model: Path) -> None:
    before = told(appended)
    with pytest.raises(RuntimeError, match="No characters"):
        operators.populate(model=str(model), scope="FACELESS")
    assert told(appended) == before


def test_the_same_crowd_seed_keeps_their_faces(appended: list[Any], model: Path, capfd: Any) -> None:
    before, mine = told(appended), told([data.objects[name] for name in NAMES])
    select(appended)
    operators.populate(model=str(model), crowd_seed=3)
    assert "0 new faces, 3 kept" in capfd.readouterr().out
    assert told(appended) == before
    assert told([data.objects[name] for name in NAMES]) == mine


def test_with_another_crowd_seed_nobody_is_drawn_twice(appended: list[Any], model: Path) -> None:
    everybody = [*(data.objects[name] for name in NAMES), *appended]
    select(everybody)
    operators.populate(model=str(model), crowd_seed=21)
    assert len({obj.facegan.seed for obj in everybody}) == len(everybody)
    before = told(everybody)
    operators.populate(model=str(model), crowd_seed=21)
    assert told(everybody) == before


def test_duplicates_of_them_are_still_duplicates(appended: list[Any], model: Path) -> None:
    copy = appended[0].copy()
    bpy.context.scene.collection.objects.link(copy)  # type: ignore[union-attr]
    before = told(appended)
    operators.populate(model=str(model), scope="FACELESS", crowd_seed=3)
    assert told(appended) == before
    assert recipe_of(copy) != recipe_of(appended[0])
    assert copy.facegan.key not in NAMES
