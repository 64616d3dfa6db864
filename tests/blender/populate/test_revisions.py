"""Changing faces that characters have: other persons, or the same ones older."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan.scene.populate import objects
from tests.blender.crowds import body, head, operators, plane, read_face, recipe_of, select, tile_pixels
from tests.blender.head.characters import rigged


@pytest.fixture
def crowd(scene: bpy.types.Scene, model: Path) -> list[Any]:
    made = [plane("A"), plane("B"), head("C"), head("D")]
    select(made)
    operators.populate(model=str(model))
    return made


def test_a_reroll_gives_the_selected_others_of_the_same_sex_and_age(crowd: list[Any], model: Path) -> None:
    before = [recipe_of(obj) for obj in crowd]
    select(crowd[:2])
    operators.reroll(model=str(model))
    after = [recipe_of(obj) for obj in crowd]
    assert [recipe[:2] for recipe in after] == [recipe[:2] for recipe in before]
    assert all(after[i][2] != before[i][2] for i in (0, 1))
    assert after[2:] == before[2:]
    assert all(read_face(obj).age == pytest.approx(obj.facegan.age, abs=0.5) for obj in crowd)


def test_a_rerolled_face_is_kept_by_the_next_populate(crowd: list[Any], model: Path) -> None:
    select(crowd[:1])
    operators.reroll(model=str(model))
    chosen = read_face(crowd[0])
    select(crowd)
    operators.populate(model=str(model))
    assert read_face(crowd[0]) == chosen


def test_every_reroll_gives_another(crowd: list[Any], model: Path) -> None:
    seeds = {crowd[0].facegan.seed}
    for _ in range(5):
        operators.reroll(model=str(model))
        seeds.add(crowd[0].facegan.seed)
    assert len(seeds) == 6


@pytest.mark.parametrize("years", [12, -8])
def test_ageing_keeps_the_person(crowd: list[Any], model: Path, years: float) -> None:
    before = [(recipe_of(obj), read_face(obj)) for obj in crowd]
    operators.age(model=str(model), years=years)
    for obj, ((sex, age, seed), told) in zip(crowd, before, strict=True):
        assert (obj.facegan.sex, obj.facegan.seed) == (sex, seed)
        assert obj.facegan.age == pytest.approx(age + years, abs=1e-3)
        assert read_face(obj).age == pytest.approx(told.age + years, abs=0.8)
        assert read_face(obj).seed == pytest.approx(told.seed, abs=0.01)


def test_nobody_is_younger_than_nothing(crowd: list[Any], model: Path) -> None:
    operators.age(model=str(model), years=-200)
    assert {obj.facegan.age for obj in crowd} == {0.0}


def test_a_locked_face_is_left_alone(crowd: list[Any], model: Path) -> None:
    crowd[1].facegan.locked = True
    before = recipe_of(crowd[1]), read_face(crowd[1])
    operators.age(model=str(model), years=20)
    operators.reroll(model=str(model))
    assert (recipe_of(crowd[1]), read_face(crowd[1])) == before


def test_without_a_face_there_is_nothing_to_change(scene: bpy.types.Scene, model: Path) -> None:
    select([plane("New")])
    with pytest.raises(RuntimeError, match="populate first"):
        operators.reroll(model=str(model))


def test_whoever_stays_is_not_written_again(
    scene: bpy.types.Scene, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a page of many a face is exchanged, and one is added, without a touch of the others."""
    crowd = [plane(f"P{i}", (i, 0, 0)) for i in range(30)]
    select(crowd)
    operators.populate(model=str(model))
    used: Any = objects
    write, moved, written = used.write_property, list[str](), list[tuple[str, str]]()
    monkeypatch.setattr(used._Writing, "_move", lambda _self, obj, _index: moved.append(obj.name))

    def writing(obj: Any, name: str, value: Any) -> None:
        written.append((obj.name, name))
        write(obj, name, value)

    monkeypatch.setattr(used, "write_property", writing)
    shown = {obj.name: tile_pixels(obj) for obj in crowd}
    select([crowd[7]])
    operators.reroll(model=str(model))
    assert moved == []
    assert {name for name, _ in written} == {"P7"}
    assert [obj.name for obj in crowd if not (tile_pixels(obj) == shown[obj.name]).all()] == ["P7"]
    written.clear()
    crowd.append(plane("P30", (30, 0, 0)))
    select(crowd)
    operators.populate(model=str(model))
    assert moved == []
    assert {name for name, _ in written} == {"P30"}


def test_any_part_of_a_person_stands_for_its_face(scene: bpy.types.Scene, model: Path) -> None:
    """The artist clicks on a rig, or on clothes; the face is another mesh's."""
    obj, rig = rigged()
    shirt = body("Shirt", (0, 4, 0))
    shirt.parent = rig
    select([rig])
    operators.populate(model=str(model))
    for part in (rig, shirt):
        before = obj.facegan.seed
        select([part])
        operators.reroll(model=str(model))
        assert obj.facegan.seed != before
        age = obj.facegan.age
        operators.age(years=10, model=str(model))
        assert obj.facegan.age == age + 10
    operators.remove()
    assert obj.facegan.page is None


def test_two_rigs_swap_the_faces_of_their_persons(scene: bpy.types.Scene, model: Path) -> None:
    (one, its_rig), (other, other_rig) = rigged("One"), rigged("Other")
    other_rig.location.x = 3
    select([its_rig, other_rig])
    operators.populate(model=str(model))
    seeds = one.facegan.seed, other.facegan.seed
    operators.swap()
    assert (other.facegan.seed, one.facegan.seed) == seeds


def test_parts_of_nobody_with_a_face_are_refused(crowd: list[Any], model: Path) -> None:
    _, rig = rigged("Faceless")
    select([rig])
    for operator in (operators.reroll, operators.remove):
        with pytest.raises(RuntimeError, match="Nobody with a face is selected"):
            operator()
