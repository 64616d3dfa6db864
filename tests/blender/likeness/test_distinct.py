"""No two characters of a crowd look alike, unless the artist wants it."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan.core.atlas.worker import make_faces
from blender_facegan.core.people.ages import Uniform
from blender_facegan.core.people.population import Demographics, character_seed
from blender_facegan.scene.materials.look import Look
from blender_facegan.scene.populate.objects import ObjectStore
from blender_facegan.scene.populate.populate import Survey, commit, survey
from blender_facegan.scene.populate.settings import Settings
from tests.blender.crowds import (
    Closest,
    closest_of,
    context,
    data,
    operators,
    plane,
    read_face,
    recipe_of,
    select,
    tile_pixels,
)

APART = 4.0


def people(count: int, first: int = 0) -> list[Any]:
    made = [plane(f"P{i:03}") for i in range(first, first + count)]
    select(made)
    return made


def closest(crowd: list[Any]) -> Closest:
    pictures = np.stack([np.round(tile_pixels(obj) * 255).astype(np.uint8) for obj in crowd])
    return closest_of(pictures)


def populate(model: Path, **more: Any) -> None:
    operators.populate(model=str(model), **{"likeness": APART, **more})


def drawn_again(crowd: list[Any], crowd_seed: int = 0) -> list[Any]:
    return [obj for obj in crowd if obj.facegan.seed != character_seed(crowd_seed, obj.facegan.key)]


@pytest.fixture
def crowd(scene: bpy.types.Scene, model: Path) -> list[Any]:
    """Forty, of whom some were drawn again."""
    made = people(40)
    populate(model)
    assert 0 < len(drawn_again(made)) < 20
    return made


def test_faces_that_look_alike_are_drawn_again(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(40)
    populate(model, keep_apart=False)
    assert closest(crowd).distance < APART
    assert drawn_again(crowd) == []
    operators.remove()
    populate(model)
    assert closest(crowd).distance >= APART
    assert drawn_again(crowd)
    assert not any(obj.facegan.seed_by_hand for obj in crowd)
    assert all(read_face(obj).age == pytest.approx(obj.facegan.age, abs=0.5) for obj in crowd)


def test_the_panels_switch_and_distance_are_heeded(scene: Any, model: Path) -> None:
    crowd = people(40)
    scene.facegan.keep_apart = False
    operators.populate(model=str(model))
    assert drawn_again(crowd) == []
    operators.remove()
    scene.facegan.keep_apart, scene.facegan.likeness = True, APART
    operators.populate(model=str(model))
    assert closest(crowd).distance >= APART


def test_a_face_that_was_drawn_again_is_kept(crowd: list[Any], model: Path) -> None:
    before = {obj.name: recipe_of(obj) for obj in crowd}
    populate(model)
    assert {obj.name: recipe_of(obj) for obj in crowd} == before
    operators.remove()
    populate(model, keep_apart=False)
    assert {obj.name: recipe_of(obj) for obj in crowd} == before


def test_nobodys_face_changes_when_others_come_or_go(crowd: list[Any], model: Path) -> None:
    others = [obj for obj in crowd if obj not in drawn_again(crowd)]
    for obj in others[:15]:
        crowd.remove(obj)
        data.objects.remove(obj)
    before = {obj.name: (recipe_of(obj), read_face(obj)) for obj in crowd}
    newcomers = people(30, first=100)
    select([*crowd, *newcomers])
    populate(model)
    assert {obj.name: (recipe_of(obj), read_face(obj)) for obj in crowd} == before
    assert closest([*crowd, *newcomers]).distance >= APART


def test_newcomers_make_way_for_characters_out_of_scope(crowd: list[Any], model: Path) -> None:
    newcomers = people(30, first=100)
    populate(model)
    assert drawn_again(newcomers)
    assert closest([*crowd, *newcomers]).distance >= APART


def test_who_is_drawn_again_does_not_hang_on_the_order_of_the_objects(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(40)
    settings = Settings(model, Demographics(0.5, Uniform(18, 70)), 0, Look(), likeness=APART)

    def seeds(objects: list[Any]) -> dict[str, int]:
        found: Survey = survey(ObjectStore.look(objects, settings), settings)
        commit(found, make_faces(found.request, lambda *_: None, lambda: False))
        result = {obj.name: obj.facegan.seed for obj in crowd}
        operators.remove()
        for obj in crowd:
            obj.facegan.settled_for = ""
        return result

    assert seeds(crowd) == seeds(crowd[::-1]) == seeds(crowd[20:] + crowd[:20])


def test_another_crowd_and_back_is_the_first_again(crowd: list[Any], model: Path) -> None:
    before = [recipe_of(obj) for obj in crowd]
    populate(model, crowd_seed=3)
    assert [recipe_of(obj) for obj in crowd] != before
    populate(model)
    assert [recipe_of(obj) for obj in crowd] == before


def test_seeds_set_by_hand_and_locked_faces_are_left_alone(scene: bpy.types.Scene, model: Path) -> None:
    crowd = people(12)
    for obj in crowd:
        obj.facegan.sex, obj.facegan.age = "FEMALE", 30.0
    for obj, seed in zip(crowd[:4], (7, 7, 7, 8), strict=True):
        obj.facegan.seed = seed
    populate(model, likeness=200.0)
    assert [obj.facegan.seed for obj in crowd[:4]] == [7, 7, 7, 8]
    crowd[5].facegan.locked = True
    before = recipe_of(crowd[5])
    populate(model, crowd_seed=9, likeness=200.0)
    assert recipe_of(crowd[5]) == before
    assert drawn_again(crowd[6:], 9)


def test_a_character_aged_by_hand_stays_the_same_person(crowd: list[Any], model: Path) -> None:
    before = [obj.facegan.seed for obj in crowd]
    for obj in crowd:
        obj.facegan.age = 50.0
    populate(model)
    assert [obj.facegan.seed for obj in crowd] == before


def test_a_duplicate_is_somebody_else(crowd: list[Any], scene: Any, model: Path) -> None:
    twin = drawn_again(crowd)[0].copy()
    scene.collection.objects.link(twin)
    populate(model, scope="FACELESS")
    assert closest([*crowd, twin]).distance >= APART


def test_the_report_names_the_closest_pair(
    scene: bpy.types.Scene, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    crowd = people(40)
    populate(model)
    pair = closest(crowd)
    told = next(line for line in capfd.readouterr().out.splitlines() if "Closest faces" in line)
    assert f"{crowd[pair.first].name} and {crowd[pair.second].name}, {pair.distance:.1f} apart" in told
    assert f"{len(drawn_again(crowd))} drawn again" in told


def test_the_closest_pair_can_be_selected(crowd: list[Any]) -> None:
    pair = closest(crowd)
    select(crowd[:7])
    operators.select_closest()
    assert set(context.selected_objects) == {crowd[pair.first], crowd[pair.second]}
    assert context.view_layer.objects.active in context.selected_objects


def test_what_is_hidden_or_one_person_is_not_the_closest_pair(crowd: list[Any], model: Path) -> None:
    pair = closest(crowd)
    crowd[pair.first].hide_set(True)
    crowd[0].facegan.seed = crowd[1].facegan.seed
    operators.select_closest()
    chosen = set(context.selected_objects)
    assert len(chosen) == 2
    assert crowd[pair.first] not in chosen
    assert chosen != {crowd[0], crowd[1]}


def test_without_two_faces_there_is_no_pair(scene: bpy.types.Scene, model: Path) -> None:
    people(1)
    populate(model)
    with pytest.raises(RuntimeError, match="at least two"):
        operators.select_closest()
