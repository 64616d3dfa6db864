"""Persons in Blender: rigged, dressed, sharing what is the same."""

from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from examples.grandstand.people import materials
from examples.people.figures import SLOTS, Wardrobe
from examples.people.models import Models, Person

WARDROBE = Wardrobe()


@pytest.fixture
def models(scene: bpy.types.Scene) -> Models:
    return Models(WARDROBE, materials())


def linked(person: Person) -> Person:
    scene: Any = bpy.context.scene
    for obj in person.objects:
        scene.collection.objects.link(obj)
    layer: Any = bpy.context.view_layer
    layer.update()
    return person


def evaluated(obj: Any) -> NDArray[np.float64]:
    """World coordinates of an object's points as they are drawn."""
    layer: Any = bpy.context.view_layer
    layer.update()
    drawn = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.empty(len(drawn.data.vertices) * 3, np.float32)
    drawn.data.vertices.foreach_get("co", points)
    matrix = np.array(drawn.matrix_world)
    found: NDArray[np.float64] = points.reshape(-1, 3).astype(float) @ matrix[:3, :3].T + matrix[:3, 3]
    return found


def test_a_person_is_an_armature_with_a_body_and_hair(models: Models) -> None:
    person = linked(models.person("Ada", "woman_average", "jumper", "resting", "bob"))
    assert person.rig.type == "ARMATURE"
    assert person.body.parent == person.hair.parent == person.rig
    assert [slot.material.name for slot in person.body.material_slots] == list(SLOTS)
    bones = set(person.rig.data.bones.keys())
    assert set(person.body.vertex_groups.keys()) <= bones
    assert {"head", "neck_01", "hand_l", "thigh_r"} <= set(person.body.vertex_groups.keys())
    assert person.hair.parent_bone == "head"


def test_a_bald_person_has_no_hair(models: Models) -> None:
    assert linked(models.person("Bo", "man_old", "jumper", "resting", None)).hair is None


def test_the_armature_at_rest_leaves_the_body_as_it_is(models: Models) -> None:
    person = linked(models.person("Ada", "woman_average", "shirt", "clapping", "bob"))
    rest = np.array([vertex.co for vertex in person.body.data.vertices])
    np.testing.assert_allclose(evaluated(person.body), rest, atol=1e-4)


@pytest.mark.parametrize("yaw", [-30.0, 40.0])
def test_head_and_hair_turn_together_and_the_hands_stay(models: Models, yaw: float) -> None:
    person = linked(models.person("Ada", "woman_average", "shirt", "resting", "bob"))
    before = evaluated(person.body), evaluated(person.hair)
    person.look(yaw, 0.0)
    after = evaluated(person.body), evaluated(person.hair)
    head = before[0][:, 2] > before[0][:, 2].max() - 0.10
    for start, stop in ((before[0][head], after[0][head]), (before[1], after[1])):
        one, two = (points - points.mean(0) for points in (start, stop))
        turned = np.degrees(np.arctan2((one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum(), (one * two)[:, :2].sum()))
        assert turned == pytest.approx(yaw, abs=3.0)
    hands = before[0][:, 2] < 0.15
    np.testing.assert_allclose(after[0][hands], before[0][hands], atol=0.003)


def test_who_does_not_bend_keeps_the_mesh_of_all(models: Models) -> None:
    person = linked(models.person("Ada", "woman_average", "shirt", "resting", "bob"))
    person.look(40.0, 0.0)
    person.bend(False)
    rest = np.array([vertex.co for vertex in person.body.data.vertices])
    np.testing.assert_allclose(evaluated(person.body), rest, atol=1e-6)


def test_hair_that_is_refined_is_finer_when_rendered_and_nobody_else_s_is(models: Models) -> None:
    near, far = (linked(models.person(name, "man_fit", "jacket", "resting", "crop")) for name in "AB")
    near.refine(1)
    assert [modifier.render_levels for modifier in near.hair.modifiers] == [1]
    assert len(far.hair.modifiers) == 0
    assert near.hair.data == far.hair.data
    models.person("C", "man_fit", "jacket", "resting", None).refine(1)


def test_people_who_look_the_same_share_their_data(models: Models) -> None:
    one, two, other = (
        models.person(name, "man_fit", "jacket", posture, "crop")
        for name, posture in (("A", "resting"), ("B", "resting"), ("C", "leaning"))
    )
    assert one.body.data == two.body.data
    assert one.rig.data == two.rig.data
    assert one.hair.data == two.hair.data == other.hair.data
    assert other.body.data != one.body.data
    assert other.rig.data != one.rig.data


@pytest.mark.parametrize(("build", "outfit"), [("woman_average", "jumper"), ("man_old", "shirt")])
def test_the_face_has_a_place_of_its_own_on_the_uv_map(models: Models, build: str, outfit: str) -> None:
    """Nothing else of the skin lies there: a picture that is baked has the face whole."""
    body = linked(models.person("Ada", build, outfit, "standing", None)).body
    mesh = body.data
    uv = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers[0].uv.foreach_get("vector", uv)
    skin = np.array([polygon.material_index == 0 for polygon in mesh.polygons])
    corners = uv.reshape(-1, 3, 2)[skin].astype(float)
    assert corners.min() >= 0
    assert corners.max() <= 1
    eyes = np.array([vertex.co for polygon in mesh.polygons if polygon.material_index == 1
                     for vertex in (mesh.vertices[index] for index in polygon.vertices)])  # fmt: skip
    middle, ahead = eyes.mean(axis=0), eyes[:, 1].min()
    centres = np.array([polygon.center for polygon in mesh.polygons])[skin]
    away = np.abs(centres - middle)
    face = (away[:, 0] < 0.05) & (centres[:, 2] < middle[2] + 0.04) & (centres[:, 2] > middle[2] - 0.09)
    face &= centres[:, 1] < ahead + 0.02
    assert face.sum() > 200
    first, second, third = corners.transpose(1, 0, 2)
    places = corners[face].mean(axis=1)

    def side(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
        across = (b - a)[None, :, 0] * (places[:, None, 1] - a[None, :, 1])
        turned: NDArray[np.bool_] = across - (b - a)[None, :, 1] * (places[:, None, 0] - a[None, :, 0]) > 0
        return turned

    turns = side(first, second), side(second, third), side(third, first)
    covered = (turns[0] == turns[1]) & (turns[1] == turns[2])
    assert (covered.sum(axis=1) == 1).mean() > 0.93
