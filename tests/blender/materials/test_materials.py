"""The artist's materials: kept, used, and restored exactly. What is shown is measured in rendered pictures."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from tests.blender.crowds import data, head, lying_plane, operators, plane, read_face, select, skin_material, snapshot
from tests.blender.pictures import front_view, to_srgb


def without_records(state: dict[str, Any]) -> dict[str, Any]:
    """A snapshot less what a character remembers of itself when its face is gone."""
    kept = {name: {"custom": obj["custom"], "slots": obj["slots"]} for name, obj in state["objects"].items()}
    return {**state, "objects": kept}


def populated(model: Path, *objects: Any, **options: object) -> None:
    select(objects)
    operators.populate(model=str(model), **options)


def test_removing_faces_restores_everything_exactly(scene: bpy.types.Scene, model: Path) -> None:
    shared, own = head("Shared"), head("Own mesh")
    twin = head("Twin", mesh=shared.data)
    own.data.materials.append(skin_material("Hair"))
    at_object = head("Linked to the object", mesh=shared.data)
    at_object.material_slots[0].link = "OBJECT"
    at_object.material_slots[0].material = skin_material("Special")
    crowd = [shared, own, twin, at_object, plane("No slots"), plane("Another")]
    before = without_records(snapshot())
    populated(model, *crowd)
    assert without_records(snapshot()) != before
    operators.remove()
    assert without_records(snapshot()) == before


def test_faces_that_come_back_are_the_same(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [head("Bust"), plane("Flat")]
    populated(model, *crowd)
    before = [read_face(obj) for obj in crowd]
    operators.remove()
    assert all(obj.facegan.page is None for obj in crowd)
    operators.populate(model=str(model))
    assert [read_face(obj) for obj in crowd] == before


def test_removing_some_faces_leaves_the_others(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [head(f"H{i}") for i in range(4)]
    populated(model, *crowd)
    before = [read_face(obj) for obj in crowd[2:]]
    select(crowd[:2])
    operators.remove()
    assert [read_face(obj) for obj in crowd[2:]] == before
    assert crowd[0].material_slots[0].material.name == "Skin"


def test_the_artists_own_material_is_not_touched(scene: bpy.types.Scene, model: Path) -> None:
    bust = head("Bust")
    before = snapshot()["materials"]["Skin"]
    populated(model, bust)
    assert snapshot()["materials"]["Skin"] == before
    assert bust.data.materials[0].name == "Skin"
    assert bust.material_slots[0].material.facegan.original == bust.data.materials[0]


def test_heads_of_one_material_share_one_and_others_have_their_own(scene: bpy.types.Scene, model: Path) -> None:
    crowd = [head(f"H{i}") for i in range(4)]
    crowd[3].data.materials[0] = skin_material("Bronze")
    populated(model, *crowd)
    shown = [obj.material_slots[0].material for obj in crowd]
    assert shown[0] == shown[1] == shown[2] != shown[3]


def test_the_group_stands_ahead_of_the_base_color_and_keeps_what_fed_it(scene: bpy.types.Scene, model: Path) -> None:
    bust = head("Bust")
    tree = bust.data.materials[0].node_tree
    checker = tree.nodes.new("ShaderNodeTexChecker")
    tree.links.new(checker.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
    populated(model, bust)
    nodes = bust.material_slots[0].material.node_tree.nodes
    group = nodes["Principled BSDF"].inputs["Base Color"].links[0].from_node
    assert group.bl_idname == "ShaderNodeGroup"
    assert group.inputs["Base Color"].links[0].from_node.bl_idname == "ShaderNodeTexChecker"
    names = {"Offset X", "Offset Y", "Scale", "Rotation", "Oval Width", "Oval Height", "Softness", "Skin"}
    assert names <= {found.name for found in group.inputs}


def test_the_chosen_material_shows_the_face_whatever_its_slot(scene: bpy.types.Scene, model: Path) -> None:
    first, second = head("First"), head("Second")
    for obj, names in ((first, ("Hair", "Flesh")), (second, ("Flesh", "Hair"))):
        obj.data.materials.clear()
        for name in names:
            obj.data.materials.append(skin_material(name))
    populated(model, first, second, skin_material="Flesh")
    assert [slot.material.facegan.role for slot in first.material_slots] == ["NONE", "HEAD"]
    assert [slot.material.facegan.role for slot in second.material_slots] == ["HEAD", "NONE"]


def test_tuning_a_face_material_survives_the_next_populate(scene: bpy.types.Scene, model: Path) -> None:
    bust = head("Bust")
    populated(model, bust)
    shader = bust.material_slots[0].material.node_tree.nodes["Principled BSDF"]
    group = shader.inputs["Base Color"].links[0].from_node
    group.inputs["Scale"].default_value = 1.5
    operators.populate(model=str(model), crowd_seed=8)
    shader = bust.material_slots[0].material.node_tree.nodes["Principled BSDF"]
    assert shader.inputs["Base Color"].links[0].from_node.inputs["Scale"].default_value == 1.5


def test_nothing_of_ours_is_left_after_the_last_face(scene: bpy.types.Scene, model: Path) -> None:
    before = len(data.materials), len(data.images), len(data.node_groups)
    crowd = [head("Bust"), plane("Flat")]
    populated(model, *crowd)
    operators.remove()
    assert (len(data.materials), len(data.images), len(data.node_groups)) == (before[0] + 1, *before[1:])


@pytest.mark.parametrize("shading", ["EMISSION", "LIT"])
def test_a_billboard_shows_its_face_and_is_clear_around_it(scene: bpy.types.Scene, model: Path, shading: str) -> None:
    flat = plane("Flat")
    populated(model, flat, shading=shading)
    picture = front_view(flat)
    assert picture[2, 2, 3] < 0.02
    assert picture[40, 40, 3] > 0.98
    if shading == "EMISSION":
        told = read_face(flat)
        assert to_srgb(picture[40, 40, :3]) == pytest.approx([told.sex, told.age / 90, told.seed], abs=0.02)


def test_a_whole_picture_fills_the_plane(scene: bpy.types.Scene, model: Path) -> None:
    flat = plane("Flat")
    populated(model, flat, shading="EMISSION", outline="FULL")
    picture = front_view(flat)
    assert picture[..., 3].min() > 0.98
    assert picture[10, 10, :3].sum() < picture[10, -10, :3].sum()


@pytest.mark.parametrize("lying", [False, True])
def test_a_plane_shows_its_face_upright_whichever_way_it_was_modelled(
    scene: bpy.types.Scene, model: Path, lying: bool
) -> None:
    """The dark quarter of the model's pictures is at the upper left; the planes have no UVs."""
    flat = lying_plane("Flat") if lying else plane("Flat")
    populated(model, flat, shading="EMISSION")
    picture = front_view(flat)
    quarters = [picture[y, x, :3].sum() for y, x in ((24, 24), (24, 40), (40, 24), (40, 40))]
    assert quarters[0] < 0.9 * min(quarters[1:])


def test_a_head_shows_its_face_in_front_and_its_skin_behind(scene: bpy.types.Scene, model: Path) -> None:
    bust = head("Bust")
    emit(bust.data.materials[0])
    populated(model, bust)
    told, skin = read_face(bust), list(bust["facegan_skin"])
    front = front_view(bust)
    assert to_srgb(front[40, 40, :3]) == pytest.approx([told.sex, told.age / 90, told.seed], abs=0.03)
    bust.rotation_euler[2] = 3.14159
    back = front_view(bust)
    assert list(back[32, 32, :3]) == pytest.approx(skin, abs=0.02)


@pytest.mark.parametrize("turn", [-1.5708, 3.14159, 1.5708])
def test_the_face_lies_where_it_is_marked_on_any_side_of_the_mesh(
    scene: bpy.types.Scene, model: Path, turn: float
) -> None:
    bust = head("Bust")
    emit(bust.data.materials[0])
    about = Matrix.Rotation(turn, 4, "Z")
    bust.data.transform(about)
    marked = np.array(bust.data["facegan_landmarks"]).reshape(-1, 3) @ np.array(about)[:3, :3].T
    bust.data["facegan_landmarks"] = list(marked.ravel())
    populated(model, bust)
    bust.rotation_euler[2] = -turn
    told = read_face(bust)
    front = front_view(bust)
    assert to_srgb(front[40, 40, :3]) == pytest.approx([told.sex, told.age / 90, told.seed], abs=0.03)
    assert front[26, 26, :3].sum() < 0.9 * front[26, 38, :3].sum()


def test_a_head_can_take_its_face_from_a_uv_map(scene: bpy.types.Scene, model: Path) -> None:
    """Only the front side of the box is laid out over 0 to 1; the others have no room in the picture."""
    bust = head("Bust")
    emit(bust.data.materials[0])
    layer = bust.data.uv_layers.new(name="Face")
    for loop, place in enumerate([(0, 0), (1, 0), (1, 1), (0, 1)] + [(5.0, 5.0)] * 20):
        layer.data[loop].uv = place
    populated(model, bust, projection="UV", uv_map="Face")
    told = read_face(bust)
    front = front_view(bust)
    assert to_srgb(front[40, 40, :3]) == pytest.approx([told.sex, told.age / 90, told.seed], abs=0.03)
    bust.rotation_euler[2] = 1.5708
    assert list(front_view(bust)[32, 32, :3]) == pytest.approx(list(bust["facegan_skin"]), abs=0.02)


def test_an_object_without_a_face_shows_its_own_color_in_a_face_material(scene: bpy.types.Scene, model: Path) -> None:
    bust, other = head("Bust"), head("Other", (5, 0, 0))
    emit(bust.data.materials[0])
    populated(model, bust)
    other.data.materials[0] = bust.material_slots[0].material
    assert list(front_view(other)[32, 32, :3]) == pytest.approx([0.1, 0.7, 0.3], abs=0.02)


def test_the_solid_view_shows_the_skin(scene: bpy.types.Scene, model: Path) -> None:
    bust = head("Bust")
    populated(model, bust)
    assert list(bust.material_slots[0].material.diffuse_color)[:3] == pytest.approx(
        list(bust["facegan_skin"]), abs=0.01
    )


def emit(material: Any) -> None:
    """Makes a material shine in its colour, so that a picture of it can be measured."""
    tree = material.node_tree
    tree.nodes.clear()
    shader, output = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    shader.inputs["Color"].default_value = (0.1, 0.7, 0.3, 1)
    tree.links.new(shader.outputs[0], output.inputs["Surface"])
