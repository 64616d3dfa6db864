"""What artists do to slots, meshes, materials and pages, before and while faces are made: nothing is done by halves."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import bpy
import pytest

from blender_facegan.core.atlas.worker import make_faces
from blender_facegan.core.errors import CrowdError
from blender_facegan.core.people.ages import Uniform
from blender_facegan.core.people.population import Demographics
from blender_facegan.scene.materials.look import Look
from blender_facegan.scene.materials.materials import face_nodes
from blender_facegan.scene.people.recipes import Revision
from blender_facegan.scene.populate.objects import ObjectStore
from blender_facegan.scene.populate.populate import commit, survey
from blender_facegan.scene.populate.settings import Settings
from tests.blender.crowds import context, data, head, operators, plane, read_face, select, skin_material, snapshot

Damage = Callable[[Any], object]
CROWD = ("Flat", "Bust", "Sibling", "Own", "Two")


@pytest.fixture
def crowd(scene: bpy.types.Scene, model: Path) -> list[Any]:
    """Populated characters with their slots in all the ways that an artist has them."""
    bust = head("Bust")
    own, two = head("Own"), head("Two")
    own.material_slots[0].link = "OBJECT"
    own.material_slots[0].material = skin_material("Only here")
    two.data.materials.append(skin_material("Cloth"))
    objects = [plane("Flat"), bust, head("Sibling", mesh=bust.data), own, two]
    select(objects)
    operators.populate(model=str(model))
    return objects


def lose_the_slot(obj: Any) -> None:
    obj.data.materials.clear()


def swap_the_mesh(obj: Any) -> None:
    other = data.meshes.new("Other")
    other.from_pydata([(0, 0, 0), (1, 0, 0), (0, 0, 1)], [], [(0, 1, 2)])
    obj.data = other


def swap_for_a_mesh_with_slots(obj: Any) -> None:
    swap_the_mesh(obj)
    for name in ("First", "Second"):
        obj.data.materials.append(skin_material(name))


def move_the_slot(obj: Any) -> None:
    obj.data.materials.append(skin_material("Hat"))
    context.view_layer.objects.active = obj
    obj.active_material_index = 0
    with context.temp_override(object=obj, active_object=obj):
        bpy.ops.object.material_slot_move(direction="DOWN")


def remove_unused_slots(obj: Any) -> None:
    obj.data.materials.append(skin_material("Hat"))
    with context.temp_override(object=obj, active_object=obj, selected_editable_objects=[obj]):
        bpy.ops.object.material_slot_remove_unused()


def show_the_face_twice(obj: Any) -> None:
    obj.data.materials.append(None)
    obj.material_slots[-1].link = "OBJECT"
    obj.material_slots[-1].material = obj.material_slots[0].material


def put_the_face_onto_the_mesh(obj: Any) -> None:
    if len(obj.material_slots):
        obj.data.materials[0] = obj.material_slots[0].material


def link_the_slot_to_the_mesh(obj: Any) -> None:
    if len(obj.material_slots):
        obj.material_slots[0].link = "DATA"


def take_another_material(obj: Any) -> None:
    if len(obj.material_slots):
        obj.material_slots[0].material = skin_material("Taken")


def take_no_material(obj: Any) -> None:
    if len(obj.material_slots):
        obj.material_slots[0].material = None


def delete_the_page(obj: Any) -> None:
    if obj.facegan.page is not None:
        data.images.remove(obj.facegan.page)


def delete_the_face_material(obj: Any) -> None:
    for slot in obj.material_slots:
        if slot.material is not None and slot.material.facegan.role != "NONE":
            data.materials.remove(slot.material)


def delete_the_face_node(obj: Any) -> None:
    for slot in obj.material_slots:
        for node in face_nodes(slot.material):
            slot.material.node_tree.nodes.remove(node)


def delete_the_node_group(obj: Any) -> None:
    for slot in obj.material_slots:
        for node in face_nodes(slot.material):
            data.node_groups.remove(node.node_tree)


def break_the_own_material(_obj: Any) -> None:
    for name in ("Skin", "Only here"):
        material = data.materials.get(name)
        if material is not None:
            material.node_tree.nodes.clear()


DAMAGES: tuple[Damage, ...] = (
    lose_the_slot,
    swap_the_mesh,
    swap_for_a_mesh_with_slots,
    move_the_slot,
    remove_unused_slots,
    show_the_face_twice,
    put_the_face_onto_the_mesh,
    link_the_slot_to_the_mesh,
    take_another_material,
    take_no_material,
    delete_the_page,
    delete_the_face_material,
    delete_the_face_node,
    delete_the_node_group,
    break_the_own_material,
)


def of_ours(obj: Any) -> list[Any]:
    return [slot.material for slot in obj.material_slots if slot.material and slot.material.facegan.role != "NONE"]


def settings_for(model: Path, seed: int = 0) -> Settings:
    return Settings(model, Demographics(0.5, Uniform(18, 70)), seed, Look())


def assert_each_shows_its_own_face(objects: list[Any], left_out: set[str]) -> None:
    for obj in objects:
        if obj.name in left_out:
            continue
        (shown,) = of_ours(obj)
        assert face_nodes(shown), f"{obj.name} has a face's material without a face"
        assert shown.facegan.page == obj.facegan.page
        assert shown.facegan.original is None or shown.facegan.original.facegan.role == "NONE"
        told = read_face(obj)
        assert told.age == pytest.approx(obj.facegan.age, abs=0.5)
        assert told.sex == pytest.approx(float(obj.facegan.sex == "MALE"), abs=0.01)


def remove_and_find_nothing_of_ours(objects: list[Any]) -> None:
    select(objects)
    if operators.remove.poll():
        operators.remove()
    for obj in objects:
        assert obj.facegan.page is None
        assert [material.name for material in of_ours(obj)] == []


@pytest.mark.parametrize("seed", [0, 1], ids=["same", "others"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_populating_again_mends_what_was_done(crowd: list[Any], model: Path, damage: Damage, seed: int) -> None:
    for obj in crowd:
        damage(obj)
    settings = settings_for(model, seed)
    found = survey(ObjectStore.look(crowd, settings), settings)
    report = commit(found, make_faces(found.request, lambda *_: None, lambda: False))
    left_out = {skipped.name for skipped in report.skipped}
    assert left_out <= ({"Own", "Bust", "Sibling", "Two"} if damage is break_the_own_material else set())
    assert_each_shows_its_own_face(crowd, left_out)
    remove_and_find_nothing_of_ours(crowd)


@pytest.mark.parametrize("which", CROWD)
@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_done_while_faces_are_made_leaves_nothing_half_done(
    crowd: list[Any], model: Path, damage: Damage, which: str
) -> None:
    """Everybody gets a new face, or is named; or, without a page, nothing is changed and the remedy told."""
    settings = settings_for(model, 1)
    found = survey(ObjectStore.look(crowd, settings), settings)
    faces = make_faces(found.request, lambda *_: None, lambda: False)
    damage(data.objects[which])
    before = snapshot()
    if damage is delete_the_page:
        with pytest.raises(CrowdError, match="populate again"):
            commit(found, faces)
        assert snapshot() == before
        return
    report = commit(found, faces)
    assert_each_shows_its_own_face(crowd, set(report.gone))
    remove_and_find_nothing_of_ours(crowd)


@pytest.mark.parametrize("damage", DAMAGES)
def test_revising_after_it_never_breaks(crowd: list[Any], model: Path, damage: Damage) -> None:
    damage(crowd[1])
    for revision in (Revision(reroll=True), Revision(years=10)):
        shown = [obj for obj in crowd if obj.facegan.page is not None]
        if not shown:
            return
        settings = settings_for(model)
        found = survey(ObjectStore.look(shown, settings, revision), settings)
        report = commit(found, make_faces(found.request, lambda *_: None, lambda: False))
        assert_each_shows_its_own_face(shown, {skipped.name for skipped in report.skipped})


@pytest.mark.parametrize("damage", DAMAGES)
def test_exchanging_after_it_is_done_or_refused_in_one_line(crowd: list[Any], model: Path, damage: Damage) -> None:
    damage(crowd[1])
    for act in (_swap, _copy):
        before = snapshot()
        try:
            act(crowd[1], crowd[3], model)
        except RuntimeError as error:  # what Blender makes of a report, and of a poll
            refused = str(error)
        else:
            continue
        assert "Traceback" not in refused
        assert snapshot() == before
    remove_and_find_nothing_of_ours(crowd)


def _swap(first: Any, second: Any, _model: Path) -> None:
    select([first, second])
    operators.swap()


def _copy(source: Any, target: Any, model: Path) -> None:
    select([source, target])
    context.view_layer.objects.active = source
    operators.copy_face(model=str(model))


@pytest.mark.parametrize("seed", range(12))
def test_damages_upon_damages(crowd: list[Any], model: Path, seed: int) -> None:
    """Several at once, drawn from a seed, before and while faces are made."""
    dice = Random(seed)
    for obj in crowd:
        for damage in dice.sample(DAMAGES[:-1], 2):
            damage(obj)
    settings = settings_for(model, seed)
    found = survey(ObjectStore.look(crowd, settings), settings)
    faces = make_faces(found.request, lambda *_: None, lambda: False)
    damage = dice.choice([damage for damage in DAMAGES if damage is not delete_the_page])
    damage(dice.choice(crowd))
    report = commit(found, faces)
    assert_each_shows_its_own_face(crowd, {*report.gone, *(skipped.name for skipped in report.skipped)})
    remove_and_find_nothing_of_ours(crowd)


def test_a_slot_that_was_moved_is_given_back_where_it_is(crowd: list[Any]) -> None:
    two = data.objects["Two"]
    move_the_slot(two)
    select([two])
    operators.remove()
    assert [slot.material.name for slot in two.material_slots] == ["Cloth", "Skin", "Hat"]


def test_what_the_artist_put_in_place_of_the_face_stays(crowd: list[Any]) -> None:
    bust = data.objects["Bust"]
    take_another_material(bust)
    select([bust])
    operators.remove()
    assert bust.material_slots[0].material.name == "Taken"
