"""The demo's stand: who is on it, and how little it has to hold for that."""

import itertools
from collections import Counter
from typing import Any

import bpy
import numpy as np
import pytest

from examples.grandstand.people import CHARACTERS, Crowd, seat_crowd
from examples.people.models import Person

NEAR = {(0, 20), (1, 21)}


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene: Any = bpy.context.scene
    return seat_crowd(scene.collection, NEAR)


def test_a_thousand_people_have_a_seat_of_their_own(crowd: Crowd) -> None:
    assert len(crowd.persons) == CHARACTERS
    assert len({person.rig.name for person in crowd.persons}) == CHARACTERS
    places = np.array([person.rig.location for person in crowd.persons])
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + 9 * np.eye(CHARACTERS)
    assert apart.min() > 0.4


def test_their_data_is_shared(crowd: Crowd) -> None:
    meshes = {person.body.data for person in crowd.persons} | {p.hair.data for p in crowd.persons if p.hair}
    assert len(meshes) < 200
    assert sum(len(mesh.polygons) for mesh in meshes) < 1_000_000
    bending = [person for person in crowd.persons if person.body.modifiers[0].show_render]
    assert {person.rig.name for person in bending} <= {"Person 01-21", "Person 02-22"}


def test_all_say_who_they_are(crowd: Crowd) -> None:
    sexes = Counter(person.body["sex"] for person in crowd.persons)
    assert set(sexes) == {"female", "male"}
    assert min(sexes.values()) > 400
    ages = [person.body["age"] for person in crowd.persons]
    assert min(ages) < 12
    assert max(ages) > 68


def test_neighbours_differ(crowd: Crowd) -> None:
    bodies = [person.body.data for person in crowd.persons]
    same = sum(one == two for one, two in itertools.pairwise(bodies))
    assert same < CHARACTERS / 25


def test_the_same_seed_seats_the_same_people(crowd: Crowd) -> None:
    """The last of the file: it empties Blender."""
    before = [described(person) for person in crowd.persons]
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene: Any = bpy.context.scene
    assert [described(person) for person in seat_crowd(scene.collection, NEAR).persons] == before


def described(person: Person) -> tuple[Any, ...]:
    return person.body.data.name, tuple(person.body.color), person.body["age"], tuple(person.rig.location)
