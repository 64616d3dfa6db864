"""Who has a face of its own keeps it, whatever instances it."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.crowds import data, operators, plane, read_face, select, snapshot
from tests.blender.materials.test_materials import populated
from tests.blender.point_crowds import collection_instance, column, instance_on, points


def faced(model: Path, name: str = "Hero") -> Any:
    """A billboard with a face of its own."""
    flat = plane(name, (0, 50, 0))
    populated(model, flat)
    return flat


def refused(model: Path, *names: str) -> None:
    """Nothing is written, and the message names these."""
    before = snapshot()
    with pytest.raises(RuntimeError) as caught:
        operators.populate_instances(model=str(model))
    assert all(name in str(caught.value) for name in names)
    assert snapshot() == before


def test_members_of_an_instanced_collection_keep_their_faces(scene: bpy.types.Scene, model: Path) -> None:
    hero = faced(model)
    select([collection_instance("Group", hero, (0, 0, 0))])
    refused(model, "Group", "Hero", "remove")


def test_one_member_with_a_face_is_enough(scene: bpy.types.Scene, model: Path) -> None:
    hero = faced(model)
    collection_instance("Group", plane("Bare"), (0, 0, 0))
    select([collection_instance("Other", hero, (0, 0, 3))])
    refused(model, "Other", "Hero")


def test_a_member_that_is_hidden_keeps_its_face(scene: bpy.types.Scene, model: Path) -> None:
    hero = faced(model)
    hero.hide_viewport = True
    select([collection_instance("Group", hero, (0, 0, 0))])
    refused(model, "Group", "Hero")


def test_what_points_instance_keeps_its_face(scene: bpy.types.Scene, model: Path) -> None:
    hero = faced(model)
    select([instance_on(points("Points", 3), hero)])
    refused(model, "Points", "Hero")


def test_an_object_that_is_chosen_as_instanced_keeps_its_face(scene: Any, model: Path) -> None:
    hero = faced(model)
    chosen = data.collections.new("Shown")
    chosen.objects.link(hero)
    scene.facegan.instanced = chosen
    select([points("Points", 3)])
    refused(model, "Hero")


def test_the_others_in_scope_get_theirs(scene: bpy.types.Scene, model: Path, capfd: Any) -> None:
    hero = faced(model)
    face, group = read_face(hero), collection_instance("Group", hero, (0, 0, 0))
    owner = instance_on(points("Points", 3), plane("Flat", (0, 60, 0)))
    select([group, owner])
    operators.populate_instances(model=str(model))
    assert "Group (it shows Hero, who has a face: remove its face first)" in capfd.readouterr().out
    assert len(column(owner, "facegan_tile")) == 3
    assert "facegan_tile" not in group
    assert read_face(hero) == face


@pytest.mark.parametrize("with_faces", [True, False])
def test_a_linked_collection_is_refused_and_left_as_it_is(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, with_faces: bool
) -> None:
    flat = faced(model) if with_faces else plane("Hero")
    collection_instance("Group", flat, (0, 0, 0))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
        wanted.collections = ["Cast"]
    empty = data.objects.new("Linked", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", data.collections["Cast"]
    bpy.context.scene.collection.objects.link(empty)  # type: ignore[union-attr]
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    select([empty])
    refused(model, "Hero", "library")
    assert "facegan_tile" not in empty
