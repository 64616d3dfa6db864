"""Populate on real objects: who gets which face, and what is kept."""

from pathlib import Path

import bpy
import pytest

from tests.blender.crowds import head, operators, plane, read_face, select


def populate(model: Path, **options: object) -> None:
    operators.populate(model=str(model), **options)


def test_every_selected_character_gets_a_face_that_follows_its_recipe(scene: bpy.types.Scene, model: Path) -> None:
    people = [plane(f"P{i}") for i in range(12)] + [head(f"H{i}") for i in range(8)]
    select(people)
    populate(model)
    for obj in people:
        told = read_face(obj)
        assert told.sex == pytest.approx({"FEMALE": 0, "MALE": 1}[obj.facegan.sex], abs=0.01)
        assert told.age == pytest.approx(obj.facegan.age, abs=0.5)
    assert {obj.facegan.sex for obj in people} == {"FEMALE", "MALE"}
    assert len({obj.facegan.seed for obj in people}) == len(people)
    assert len({tuple(obj["facegan_tile"]) for obj in people}) == len(people)
    assert len({obj.facegan.page for obj in people}) == 1
    assert len({obj.material_slots[0].material for obj in people}) == 2
