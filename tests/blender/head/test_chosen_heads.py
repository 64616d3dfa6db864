"""What artists say to be the head is it: a vertex group, a material, or an object."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan.scene.head.chosen_head import chosen_vertices
from tests.blender.crowds import context, data, operators, select
from tests.blender.head.characters import character, coordinates, misplaced, rigged
from tests.blender.head.test_bad_input import joined, several
from tests.blender.head.test_nothing_is_left import everything
from tests.core.head.people import Truth, surface, truth

ops: Any = bpy.ops
AWAY = 0.8
"""How far the persons of `several` stand apart."""


def grouped(obj: Any, name: str, vertices: Sequence[int], weight: float = 1.0) -> None:
    obj.vertex_groups.new(name=name).add([int(one) for one in vertices], weight, "REPLACE")


def of_woman(number: int) -> range:
    """The vertices of one of the four persons of `several`."""
    count = len(surface("woman", False).vertices)
    return range(number * count, (number + 1) * count)


def places(obj: Any) -> Any:
    """Where each corner is."""
    found = np.array([vertex.co for vertex in obj.data.vertices])
    return found[[loop.vertex_index for loop in obj.data.loops]]


def beside(real: Truth, away: float) -> Truth:
    matrix = np.eye(4)
    matrix[0, 3] = away
    return real.moved(matrix)


def close(obj: Any, real: Truth) -> None:
    found = misplaced(places(obj), coordinates(obj), real)
    assert found["eyes"] < 0.05, found
    assert found["mouth"] < 0.07, found
    assert found["middle"] < 0.02, found
    assert 0.9 < found["distance"] < 1.1, found


@pytest.mark.parametrize("number", [0, 2])
def test_a_vertex_group_says_whose_face_it_is_of_several_in_one_mesh(scene: Any, model: Path, number: int) -> None:
    chorus = several()
    grouped(chorus, "Face", of_woman(number))
    select([chorus])
    operators.choose_head(by="GROUP", name="Face")
    operators.populate(model=str(model))
    close(chorus, beside(truth("woman"), AWAY * number))


def test_a_painted_group_counts_where_it_is_strong(scene: Any) -> None:
    woman = character("woman")
    grouped(woman, "Face", range(100), 0.4)
    woman.vertex_groups["Face"].add(range(100, 200), 0.1, "REPLACE")
    select([woman])
    operators.choose_head(by="GROUP", name="Face")
    chosen = chosen_vertices(woman)
    assert chosen is not None
    assert np.flatnonzero(chosen).tolist() == list(range(100))


def test_the_skin_of_the_face_alone_is_head_enough(scene: Any, model: Path) -> None:
    """A group that ends at hair, ears and chin, on a whole body."""
    man, real = character("man"), truth("man")
    co = np.array([vertex.co for vertex in man.data.vertices])
    tall = real.left_eye[2] - real.chin[2]
    face = (co[:, 2] > real.chin[2]) & (co[:, 2] < real.left_eye[2] + 0.6 * tall) & (co[:, 1] < real.left_eye[1] + 0.05)
    grouped(man, "head", np.flatnonzero(face).tolist())
    select([man])
    operators.choose_head(name="head")
    operators.populate(model=str(model))
    close(man, real)


def test_a_material_says_it_too(scene: Any, model: Path) -> None:
    chorus = several()
    chorus.data.materials.append(data.materials.new("Soloist"))
    second = set(of_woman(1))
    for polygon in chorus.data.polygons:
        polygon.material_index = int(polygon.vertices[0] in second)
    select([chorus])
    operators.choose_head(by="MATERIAL", name="Soloist")
    operators.populate(model=str(model))
    close(chorus, beside(truth("woman"), AWAY))
    assert chorus.material_slots[1].material.facegan.role == "HEAD"
    operators.populate(model=str(model), crowd_seed=5)
    close(chorus, beside(truth("woman"), AWAY))


def test_an_object_is_the_head_whatever_it_is_called(scene: Any, model: Path) -> None:
    woman = character("woman", "Iron Mask")
    select([woman])
    with pytest.raises(RuntimeError, match="a hat or a mask without a head"):
        operators.populate(model=str(model))
    operators.choose_head(by="OBJECT")
    operators.populate(model=str(model))
    close(woman, truth("woman"))


def test_a_face_that_was_found_elsewhere_moves_to_the_head_that_is_chosen(scene: Any, model: Path) -> None:
    man, rig = rigged("Man")
    double = character("man", "Double")
    double.parent = rig
    double.modifiers.new("Rig", "ARMATURE").object = rig
    context.view_layer.update()
    select([man, double])
    operators.populate(model=str(model))
    (shown,) = (obj for obj in (man, double) if obj.facegan.page is not None)
    other = double if shown == man else man
    select([other])
    operators.choose_head(by="OBJECT")
    select([man, double])
    operators.populate(model=str(model))
    assert other.facegan.page is not None
    close(other, truth("man"))
    assert shown.facegan.page is None
    assert [slot.material.name for slot in shown.material_slots] == ["Skin"]
    assert coordinates(shown) is None


def test_what_is_painted_into_the_group_later_counts(scene: Any, model: Path) -> None:
    chorus = several()
    grouped(chorus, "Face", of_woman(0))
    select([chorus])
    operators.choose_head(name="Face")
    operators.populate(model=str(model))
    chorus.vertex_groups["Face"].remove(list(of_woman(0)))
    chorus.vertex_groups["Face"].add(list(of_woman(3)), 1.0, "REPLACE")
    operators.populate(model=str(model))
    close(chorus, beside(truth("woman"), 3 * AWAY))


def test_objects_that_share_the_mesh_share_the_choice(scene: Any, model: Path) -> None:
    chorus = several()
    twin = data.objects.new("Twin", chorus.data)
    context.scene.collection.objects.link(twin)
    twin.location.y = 2
    grouped(chorus, "Face", of_woman(1))
    context.view_layer.update()
    select([chorus])
    operators.choose_head(name="Face")
    select([chorus, twin])
    operators.populate(model=str(model))
    assert chorus.facegan.page is not None
    assert twin.facegan.page is not None
    close(chorus, beside(truth("woman"), AWAY))


def test_an_override_takes_the_choice_of_its_library(scene: Any, model: Path, tmp_path: Path) -> None:
    chorus = several()
    grouped(chorus, "Face", of_woman(1))
    select([chorus])
    operators.choose_head(name="Face")
    operators.mark()
    ops.wm.save_as_mainfile(filepath=str(tmp_path / "cast.blend"))
    ops.wm.read_factory_settings(use_empty=True)
    with data.libraries.load(str(tmp_path / "cast.blend"), link=True) as (_, ours):
        ours.objects = ["Chorus"]
    hero = data.objects["Chorus"].override_create()
    context.scene.collection.objects.link(hero)
    select([hero])
    with pytest.raises(RuntimeError, match="Chorus: a linked mesh: choose its head in its own file"):
        operators.choose_head(name="Face")
    operators.populate(model=str(model))
    assert hero.facegan.page is not None
    close(hero, beside(truth("woman"), AWAY))


def test_it_is_one_step_back(scene: Any) -> None:
    chorus = several()
    grouped(chorus, "Face", of_woman(1))
    select([chorus])
    ops.ed.undo_push(message="Before")
    before = everything()
    operators.choose_head("EXEC_DEFAULT", True, name="Face")
    assert everything() != before
    ops.ed.undo()
    assert everything() == before
    ops.ed.redo()
    assert data.meshes[data.objects["Chorus"].data.name]["facegan_head"] == "GROUP:Face"


def test_forgetting_leaves_nothing_and_it_is_looked_for_again(scene: Any, model: Path) -> None:
    chorus = several()
    grouped(chorus, "Face", of_woman(1))
    select([chorus])
    before = everything()
    operators.choose_head(name="Face")
    operators.populate(model=str(model))
    operators.remove()
    assert chorus.data["facegan_head"] == "GROUP:Face"
    operators.forget_head()
    assert everything()["meshes"] == before["meshes"]
    with pytest.raises(RuntimeError, match="several persons in one mesh"):
        operators.populate(model=str(model))


def test_what_nobody_has_is_refused_with_what_there_is(scene: Any) -> None:
    woman = character("woman")
    grouped(woman, "Scalp", range(10))
    select([woman])
    before = everything()
    with pytest.raises(RuntimeError, match="No selected mesh has Face: they have Scalp"):
        operators.choose_head(name="Face")
    assert everything() == before


@pytest.mark.parametrize("empty", [False, True])
def test_a_group_that_is_gone_or_empty_is_told(scene: Any, model: Path, empty: bool) -> None:
    woman = character("woman")
    grouped(woman, "Face", [] if empty else range(10))
    select([woman])
    operators.choose_head(name="Face")
    if not empty:
        woman.vertex_groups.clear()
    before = everything()
    with pytest.raises(RuntimeError, match=r"Somebody \(with a chosen head that is empty or gone\): choose its head"):
        operators.populate(model=str(model))
    assert everything() == before


def test_both_halves_of_a_mirrored_head_belong_to_its_group(scene: Any, model: Path) -> None:
    import bmesh

    woman = joined("Half", character("woman"))
    half = bmesh.new()
    half.from_mesh(woman.data)
    bmesh.ops.delete(half, geom=[one for one in half.faces if one.calc_center_median().x < 0], context="FACES")
    half.to_mesh(woman.data)
    half.free()
    woman.modifiers.new("Mirror", "MIRROR")
    grouped(woman, "Face", range(len(woman.data.vertices)))
    select([woman])
    operators.choose_head(name="Face")
    operators.populate(model=str(model))
    values, at, real = coordinates(woman), places(woman), truth("woman")
    near = (np.hypot(*(at[:, (0, 2)] - real.left_eye[[0, 2]]).T) < 0.02) & (at[:, 1] < real.left_eye[1] + 0.01)
    assert np.median(values[near & (values[:, 2] > 0), :2], axis=0) == pytest.approx((0.5, 0.0), abs=0.15)
