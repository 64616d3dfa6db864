"""Characters that come from another file."""

from pathlib import Path
from typing import Any

import bpy

from tests.blender.crowds import context, data, head, operators, read_face, select


def override(library: Path, name: str) -> Any:
    with data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = [name]
    made: Any = data.objects[name].override_create()
    context.scene.collection.objects.link(made)
    return made


def test_an_overridden_character_keeps_its_face_through_save_and_reopen(
    scene: bpy.types.Scene, model: Path, library: Path, tmp_path: Path
) -> None:
    hero = override(library, "Hero")
    hero.facegan.age = 66
    select([hero])
    operators.populate(model=str(model))
    before = read_face(hero)
    assert abs(before.age - 66) < 0.5
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    hero = context.scene.objects["Hero"]
    assert hero.override_library is not None
    assert read_face(hero) == before
    assert hero.facegan.age == 66
    assert hero.material_slots[0].material.facegan.role == "HEAD"


def test_faces_of_an_override_can_be_removed(scene: bpy.types.Scene, model: Path, library: Path) -> None:
    hero = override(library, "Hero")
    linked = hero.material_slots[0].material
    select([hero])
    operators.populate(model=str(model))
    operators.remove()
    assert hero.material_slots[0].link == "DATA"
    assert hero.material_slots[0].material == linked
    assert not any(hero["facegan_tile"])


def test_an_override_that_could_not_keep_its_face_is_refused_with_the_remedy(
    scene: bpy.types.Scene, model: Path, library: Path, capfd: Any
) -> None:
    extra = override(library, "Extra")
    person = head("Person")
    select([extra, person])
    operators.populate(model=str(model))
    (message,) = (line for line in capfd.readouterr().out.splitlines() if line.startswith("Warning: "))
    assert "Extra" in message
    assert "mark it as a character" in message
    assert person.facegan.page is not None


def test_a_local_head_with_a_linked_mesh_and_material_gets_a_face(
    scene: bpy.types.Scene, model: Path, library: Path
) -> None:
    with data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.meshes = ["Hero"]
    local = head("Local", mesh=data.meshes["Hero"])
    shown = local.material_slots[0].material
    assert shown.library is not None
    select([local])
    operators.populate(model=str(model))
    assert local.material_slots[0].material.library is None
    operators.remove()
    assert local.material_slots[0].material == shown


def test_an_appended_crowd_keeps_its_faces(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    crowd = [head(f"H{i}") for i in range(3)]
    select(crowd)
    operators.populate(model=str(model))
    before = {obj.name: read_face(obj) for obj in crowd}
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crowd.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with data.libraries.load(str(tmp_path / "crowd.blend")) as (_, wanted):
        wanted.objects = list(before)
    for obj in data.objects:
        context.scene.collection.objects.link(obj)
    assert {obj.name: read_face(obj) for obj in data.objects} == before
    more = head("More")
    select([more])
    operators.populate(model=str(model))
    assert {name: read_face(data.objects[name]) for name in before} == before
