"""Bad input: one message that names the thing and the remedy, and nothing half done."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan.core.atlas.worker import make_faces
from blender_facegan.core.people.ages import Uniform
from blender_facegan.core.people.population import Demographics
from blender_facegan.scene.materials.look import Look
from blender_facegan.scene.populate.objects import ObjectStore
from blender_facegan.scene.populate.populate import commit, survey
from blender_facegan.scene.populate.settings import Settings
from tests.blender.crowds import SIDE, body, context, data, head, operators, plane, read_face, select, snapshot


def refusal(**options: object) -> str:
    """What Populate says; it must have changed nothing."""
    before = snapshot()
    with pytest.raises(RuntimeError) as caught:
        operators.populate(**options)
    assert snapshot() == before
    lines = [line for line in str(caught.value).splitlines() if line.strip()]
    assert len(lines) == 1
    return lines[0].removeprefix("Error: ")


def add_empty(name: str) -> Any:
    obj = data.objects.new(name, None)
    context.scene.collection.objects.link(obj)
    return obj


def warnings(capfd: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capfd.readouterr().out.splitlines() if line.startswith("Warning: ")]


def test_nothing_selected(scene: bpy.types.Scene, model: Path) -> None:
    plane("Nobody asked for me").select_set(False)
    assert "select the objects" in refusal(model=str(model))


def test_no_collection_chosen(scene: bpy.types.Scene, model: Path) -> None:
    assert "choose one" in refusal(model=str(model), scope="COLLECTION")


def test_a_collection_that_is_not_there(scene: bpy.types.Scene, model: Path) -> None:
    message = refusal(model=str(model), scope="COLLECTION", collection="Choir")
    assert "Choir" in message


def test_only_objects_without_a_mesh(scene: bpy.types.Scene, model: Path) -> None:
    select([add_empty("Root"), add_empty("Other")])
    message = refusal(model=str(model))
    assert "Other" in message
    assert "no mesh" in message
    assert "choose mesh objects" in message


def test_objects_without_a_mesh_are_skipped_and_named(
    scene: bpy.types.Scene, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    person = plane("Person")
    select([person, *(add_empty(f"Empty {i}") for i in range(6))])
    operators.populate(model=str(model))
    assert person.facegan.page is not None
    assert warnings(capfd) == [
        "Warning: Skipped 6: Empty 0, Empty 1, Empty 2, Empty 3 and 2 more (no mesh: choose mesh objects)"
    ]


def test_persons_who_are_left_out_are_named_before_what_is_no_mesh(
    scene: bpy.types.Scene, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    select([add_empty("Camera Target"), plane("Person", (9, 0, 0)), body("Faceless")])
    operators.populate(model=str(model))
    (told,) = warnings(capfd)
    assert told.index("Faceless") < told.index("Camera Target")


def test_a_mesh_that_is_edited_in_another_window(scene: bpy.types.Scene, model: Path) -> None:
    """The window that the button is in may show another scene."""
    edited, elsewhere = head("Edited"), data.scenes.new("Elsewhere")
    context.view_layer.objects.active = edited
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        layer = elsewhere.view_layers[0]
        with context.temp_override(
            scene=elsewhere, view_layer=layer, object=None, edit_object=None, selected_objects=[edited]
        ):
            message = refusal(model=str(model))
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
    assert "Edited" in message
    assert "Edit Mode" in message


def test_a_mesh_without_polygons(scene: bpy.types.Scene, model: Path) -> None:
    select([plane("Points", mesh=data.meshes.new("Points"))])
    message = refusal(model=str(model))
    assert "Points" in message
    assert "without faces" in message


def test_a_linked_object_is_named_with_the_remedy(
    blender: None, model: Path, library: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Hero"]
    hero = data.objects["Hero"]
    context.scene.collection.objects.link(hero)
    person = plane("Person")
    select([hero, person])
    operators.populate(model=str(model))
    (message,) = warnings(capfd)
    assert "Hero" in message
    assert "library override" in message
    assert hero.get("facegan_tile") is None or not any(hero["facegan_tile"])
    assert person.facegan.page is not None


def test_a_missing_model(scene: bpy.types.Scene, tmp_path: Path) -> None:
    select([plane("Person")])
    message = refusal(model=str(tmp_path / "none.facegan"))
    assert "none.facegan" in message
    assert "does not exist" in message


@pytest.mark.parametrize("content", [b"", b"not a model", b"\xff" * 100], ids=["empty", "text", "hostile"])
def test_a_file_that_is_no_model(scene: bpy.types.Scene, tmp_path: Path, content: bytes) -> None:
    select([plane("Person")])
    path = tmp_path / "broken.facegan"
    path.write_bytes(content)
    assert "broken.facegan" in refusal(model=str(path))


def test_a_truncated_model(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    select([plane("Person")])
    path = tmp_path / "cut.facegan"
    path.write_bytes(model.read_bytes()[:-100])
    assert "cut.facegan" in refusal(model=str(path))


def test_an_age_range_upside_down(scene: bpy.types.Scene, model: Path) -> None:
    select([plane("Person")])
    message = refusal(model=str(model), age_minimum=60, age_maximum=20)
    assert "60" in message
    assert "20" in message


def test_a_skin_material_that_a_head_lacks(
    scene: bpy.types.Scene, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    select([head("Bust"), plane("Person")])
    operators.populate(model=str(model), skin_material="Leather")
    (message,) = warnings(capfd)
    assert "Bust" in message
    assert "Leather" in message


def test_a_material_without_a_shader(scene: bpy.types.Scene, model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bust = head("Bust")
    tree = bust.data.materials[0].node_tree
    tree.nodes.clear()
    select([bust, plane("Person")])
    operators.populate(model=str(model))
    (message,) = warnings(capfd)
    assert "Bust" in message
    assert "Skin" in message


def test_more_characters_than_a_page_holds_get_more_pages(scene: bpy.types.Scene, model: Path) -> None:
    """One material for each page and kind; every character's material shows the page that its tile is on."""
    crowd = [plane(f"P{i}") for i in range(9)] + [head(f"H{i}") for i in range(9)]
    settings = Settings(model, Demographics(0.5, Uniform(18, 70)), 0, Look(), page_size=64)
    found = survey(ObjectStore.look(crowd, settings), settings)
    commit(found, make_faces(found.request, lambda *_: None, lambda: False))
    pages = {obj.facegan.page for obj in crowd}
    a_page_holds = (64 // (SIDE + 2 * settings.gutter)) ** 2
    assert len(pages) == -(-len(crowd) // a_page_holds)
    assert all(obj.material_slots[0].material.facegan.page == obj.facegan.page for obj in crowd)
    assert len({obj.material_slots[0].material for obj in crowd}) <= len(pages) + 1
    assert all(abs(read_face(obj).age - obj.facegan.age) < 0.5 for obj in crowd)
