"""Bodies that take the colour of the skin of their character's face."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.crowds import body, context, data, head, operators, select, skin_material, snapshot
from tests.blender.materials.test_materials import emit, populated
from tests.blender.pictures import front_view


@pytest.fixture
def neck(scene: bpy.types.Scene, model: Path) -> Any:
    """The neck of a populated bust, in a material of its own, active."""
    bust, neck = head("Bust"), body("Neck", (5, 0, 0))
    neck.data.materials[0] = skin_material("Neck")
    emit(neck.data.materials[0])
    neck.parent = bust
    populated(model, bust)
    context.view_layer.objects.active = neck
    return neck


def seen(obj: Any) -> list[float]:
    return list(front_view(obj)[32, 32, :3])


def test_a_body_takes_the_color_of_its_characters_skin(neck: Any) -> None:
    assert seen(neck) == pytest.approx([0.1, 0.7, 0.3], abs=0.01)
    operators.match_skin()
    assert seen(neck) == pytest.approx(list(neck["facegan_skin"]), abs=0.01)


def test_strength_and_detail_keep_of_the_base_color_what_they_say(neck: Any) -> None:
    operators.match_skin()
    (node,) = (n for n in neck.active_material.node_tree.nodes if n.bl_idname == "ShaderNodeGroup")
    skin, base = np.array(neck["facegan_skin"]), np.array([0.1, 0.7, 0.3])
    node.inputs["Strength"].default_value = 0.25
    assert seen(neck) == pytest.approx(list(0.75 * base + 0.25 * skin), abs=0.01)
    node.inputs["Strength"].default_value = 1.0
    node.inputs["Detail"].default_value = 1.0
    luminance = float(base @ [0.2126, 0.7152, 0.0722])
    assert seen(neck) == pytest.approx(list(skin * luminance / 0.3), abs=0.02)


def test_objects_without_a_character_keep_the_materials_own_color(neck: Any) -> None:
    other = head("Other", (9, 0, 0))
    other.data.materials[0] = neck.active_material
    operators.match_skin()
    assert seen(other) == pytest.approx([0.1, 0.7, 0.3], abs=0.01)


def test_removing_the_faces_gives_the_body_its_color_back(neck: Any) -> None:
    operators.match_skin()
    select([data.objects["Bust"]])
    operators.remove()
    assert seen(neck) == pytest.approx([0.1, 0.7, 0.3], abs=0.01)


@pytest.mark.parametrize("textured", [False, True])
def test_unmatching_restores_the_material_exactly(neck: Any, textured: bool) -> None:
    tree = neck.active_material.node_tree
    if textured:
        checker = tree.nodes.new("ShaderNodeTexChecker")
        tree.links.new(checker.outputs["Color"], tree.nodes["Emission"].inputs["Color"])
    before = snapshot()
    operators.match_skin()
    assert snapshot() != before
    operators.unmatch_skin()
    assert snapshot() == before


def test_only_materials_that_can_are_matched(neck: Any) -> None:
    operators.match_skin()
    assert not operators.match_skin.poll()
    operators.unmatch_skin()
    assert not operators.unmatch_skin.poll()
    neck.active_material.node_tree.nodes.clear()
    assert not operators.match_skin.poll()
    context.view_layer.objects.active = data.objects["Bust"]
    assert not operators.match_skin.poll(), "the material that shows the face"
