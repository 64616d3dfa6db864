"""Objects of any name, and objects that are renamed, deleted or changed while their faces are made."""

from pathlib import Path
from typing import Any

import bpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.blender.crowds import context, data, head, operators, plane, read_face, recipe_of, select
from tests.blender.populate.test_modal import start, tick_until_found, tick_until_over

NAMES = st.lists(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=15),
    min_size=1,
    max_size=4,
    unique=True,
)
WRITTEN = ["Zoë", "李雷", "שרה", "हिन्दी", "👩‍🚀", "e\u0301", "a\u202eb", "$(rm)", "100%", "{0}", "a,b;c"]


@given(NAMES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_gets_a_face_and_gives_it_back(blender: None, model: Path, names: list[str]) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    crowd = [plane(name) for name in names]
    select(crowd)
    operators.populate(model=str(model))
    assert all(obj.facegan.page is not None for obj in crowd)
    assert len({obj.facegan.key for obj in crowd}) == len(crowd)
    operators.remove()
    assert not any(obj.facegan.page for obj in crowd)


def test_people_of_any_name_go_through_a_table(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    crowd = [plane(name) for name in WRITTEN]
    select(crowd)
    operators.populate(model=str(model))
    before = {obj.name: recipe_of(obj) for obj in crowd}
    assert list(before) == WRITTEN
    operators.write_people(filepath=str(tmp_path / "people.csv"))
    for obj in crowd:
        obj.facegan.sex, obj.facegan.age, obj.facegan.seed = "FEMALE", 1, 1
    operators.read_people(filepath=str(tmp_path / "people.csv"))
    assert {obj.name: recipe_of(obj)[::2] for obj in crowd} == {name: who[::2] for name, who in before.items()}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_name_is_told_as_it_is(scene: bpy.types.Scene, model: Path, capfd: Any, name: str) -> None:
    camera = data.objects.new(name, data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    select([camera, plane("Person")])
    operators.populate(model=str(model))
    assert f"{name} (no mesh: choose mesh objects)" in capfd.readouterr().out


@pytest.mark.usefixtures("timers")
def test_a_character_renamed_during_the_run_gets_its_face(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [plane(f"P{i}") for i in range(3)]
    select(crowd)
    running = start(model)
    crowd[0].name, crowd[1].name = "Somebody", "P0"
    assert tick_until_over(running) == {"FINISHED"}
    assert [obj.facegan.key for obj in crowd] == ["P0", "P1", "P2"]
    assert all(read_face(obj).age == pytest.approx(obj.facegan.age, abs=0.5) for obj in crowd)


@pytest.mark.usefixtures("timers")
def test_a_character_that_lost_its_mesh_during_the_run_is_left_out(scene: bpy.types.Scene, model: Path) -> None:
    bust, flat = head("Bust"), plane("Flat")
    bust.data.materials.append(None)
    select([bust, flat])
    running = start(model)
    tick_until_found(running)
    bust.data = data.meshes.new("Other")
    data.objects.remove(flat)
    more = plane("Late")
    assert tick_until_over(running) == {"FINISHED"}
    assert bust.facegan.page is None
    assert more.facegan.page is None
    assert any(kind == {"WARNING"} and "Bust, Flat" in text for kind, text in running.reports)


@pytest.mark.usefixtures("timers")
def test_a_page_removed_during_the_run_ends_it_with_a_message(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [plane(f"P{i}") for i in range(3)]
    select(crowd)
    operators.populate(model=str(model))
    select([*crowd, plane("New")])
    running = start(model)
    data.images.remove(crowd[0].facegan.page)
    assert tick_until_over(running) == {"CANCELLED"}
    assert any(kind == {"ERROR"} and "populate again" in text for kind, text in running.reports)
    assert operators.populate(model=str(model)) == {"FINISHED"}
    assert all(obj.facegan.page is not None for obj in crowd)
    assert context.scene == scene
