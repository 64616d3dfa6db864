"""Two scenes in one file: each has its own crowd and settings, and leaves the other's alone."""

from pathlib import Path
from typing import Any

import pytest

from tests.blender.crowds import context, data, head, operators, plane, read_face, recipe_of, select


@pytest.fixture
def scenes(scene: Any) -> tuple[Any, Any]:
    """The file's scene and another, each with two characters."""
    other = data.scenes.new("Other")
    for i in range(2):
        plane(f"Here {i}")
        there = plane(f"There {i}")
        scene.collection.objects.unlink(there)
        other.collection.objects.link(there)
    return scene, other


def people(scene: Any) -> list[Any]:
    return sorted(scene.objects, key=lambda obj: obj.name)


def populate(scene: Any, **options: Any) -> None:
    """In the scene, for all its characters."""
    with context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
        operators.populate(**options)


def test_each_scene_has_its_own_settings(scenes: tuple[Any, Any], model: Path) -> None:
    here, there = scenes
    here.facegan.crowd_seed, there.facegan.crowd_seed = 1, 2
    here.facegan.age_minimum = here.facegan.age_maximum = 20
    there.facegan.age_minimum = there.facegan.age_maximum = 60
    for scene in scenes:
        for obj in people(scene):
            obj.facegan.is_character = True
        populate(scene, scope="MARKED", model=str(model))
    assert [round(read_face(obj).age) for obj in people(here)] == [20, 20]
    assert [round(read_face(obj).age) for obj in people(there)] == [60, 60]


@pytest.mark.parametrize("scope", ["MARKED", "FACELESS"])
def test_one_scene_leaves_the_others_crowd_alone(scenes: tuple[Any, Any], model: Path, scope: str) -> None:
    here, there = scenes
    for obj in (*people(here), *people(there)):
        obj.facegan.is_character = True
    populate(there, scope="MARKED", model=str(model))
    before = [(recipe_of(obj), read_face(obj)) for obj in people(there)]
    populate(here, scope=scope, model=str(model), crowd_seed=9)
    assert [(recipe_of(obj), read_face(obj)) for obj in people(there)] == before
    assert all(obj.facegan.page is not None for obj in people(here))


def populate_all(scenes: tuple[Any, Any], model: Path) -> None:
    for scene in scenes:
        for obj in people(scene):
            obj.facegan.is_character = True
        populate(scene, scope="MARKED", model=str(model))


def test_removing_in_one_scene_keeps_the_faces_of_the_other(scenes: tuple[Any, Any], model: Path) -> None:
    here, there = scenes
    populate_all(scenes, model)
    before = [read_face(obj) for obj in people(there)]
    select(people(here))
    operators.remove()
    assert [read_face(obj) for obj in people(there)] == before
    assert not any(obj.facegan.page for obj in people(here))


def test_a_character_in_both_scenes_has_one_face(scenes: tuple[Any, Any], model: Path) -> None:
    here, there = scenes
    both = head("Both")
    there.collection.objects.link(both)
    both.facegan.is_character = True
    populate(here, scope="MARKED", model=str(model))
    before = read_face(both)
    populate(there, scope="MARKED", model=str(model))
    assert read_face(both) == before


def test_deleting_a_scene_leaves_the_others_faces(scenes: tuple[Any, Any], model: Path) -> None:
    here, there = scenes
    populate_all(scenes, model)
    before = {obj.name: read_face(obj) for obj in people(here)}
    for obj in people(there):
        data.objects.remove(obj)
    data.scenes.remove(there)
    populate(here, scope="MARKED", model=str(model))
    assert {obj.name: read_face(obj) for obj in people(here)} == before
