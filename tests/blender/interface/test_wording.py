"""What is told of one and of many, of nothing, and of numbers that are out of range."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan import command_line
from blender_facegan.scene.populate import run_state
from blender_facegan.scene.records import run
from tests.blender.crowds import context, data, head, operators, plane, select
from tests.blender.labelled_models import model_of_things
from tests.blender.point_crowds import instance_on, points

ONE_WOMAN = {"share_of_women": 100.0}


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "1 character (1 woman, 0 men): 1 new face, 0 kept, on 1 page"),
        (2, "2 characters (2 women, 0 men): 2 new faces, 0 kept, on 1 page"),
    ],
)
def test_one_is_not_told_as_many(scene: bpy.types.Scene, model: Path, capfd: Any, count: int, told: str) -> None:
    select([plane(f"P{i}") for i in range(count)])
    operators.populate(model=str(model), **ONE_WOMAN)
    assert told in capfd.readouterr().out


def test_of_what_has_no_sex_none_is_told(scene: bpy.types.Scene, tmp_path: Path, capfd: Any) -> None:
    select([plane("P0"), plane("P1")])
    operators.populate(model=str(model_of_things(tmp_path / "things.facegan")))
    told = capfd.readouterr().out
    assert "2 characters: 2 new faces, 0 kept, on 1 page" in told
    assert not [word for word in ("woman", "women", " men", "children", "years") if word in told]


def test_nor_is_one_instance(scene: bpy.types.Scene, model: Path, capfd: Any) -> None:
    select([instance_on(points("Points", 1), plane("Flat"))])
    operators.populate_instances(model=str(model), **ONE_WOMAN)
    operators.remove_instances()
    told = capfd.readouterr().out
    assert "1 instance (1 woman, 0 men): 1 new face" in told
    assert "Removed the face of 1 instance" in told


def test_nor_one_picture_or_one_row(scene: bpy.types.Scene, model: Path, tmp_path: Path, capfd: Any) -> None:
    select([plane("P")])
    operators.populate(model=str(model))
    operators.bake(directory=str(tmp_path), use_baked=True, size=16)
    operators.restore_live()
    operators.write_people(filepath=str(tmp_path / "people.csv"))
    operators.read_people(filepath=str(tmp_path / "people.csv"))
    told = capfd.readouterr().out
    for words in ("Wrote 1 image:", "Restored 1 live face\n", "Wrote 1 person", "Read 1 person."):
        assert words in told


def test_nor_one_page_or_one_copy(scene: bpy.types.Scene, model: Path, tmp_path: Path, capfd: Any) -> None:
    source, other = plane("Source"), plane("Other")
    select([source])
    operators.populate(model=str(model))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crowd.blend"))
    operators.save_pages()
    operators.pack_pages()
    select([other, source])
    context.view_layer.objects.active = source
    operators.copy_face(model=str(model))
    select([other])
    operators.remove()
    told = capfd.readouterr().out
    for words in ("Saved 1 page: ", "Packed 1 image\n", "1 character has the face of Source", "Removed 1 face\n"):
        assert words in told


def test_info_tells_of_one(scene: bpy.types.Scene, model: Path, tmp_path: Path, capsys: Any) -> None:
    select([plane("P")])
    operators.populate(model=str(model), **ONE_WOMAN)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "one.blend"))
    assert command_line.run(["info", str(tmp_path / "one.blend")]) == 0
    told = capsys.readouterr().out
    assert "1 character, 1 with a face" in told
    assert "1 woman, 0 men" in told


def test_nothing_to_make_is_no_share_of_nothing(scene: bpy.types.Scene) -> None:
    run_state.show(context, 0, 0, 1.0)
    assert run(context).message == "No new faces to make"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--crowd-seed", "3000000000"], "--crowd-seed 3000000000 is not from 0 to 2147483647"),
        (["--share-of-women", "100.5"], "--share-of-women 100.5 is not from 0 to 100"),
    ],
)
def test_limits_are_told_in_full(
    scene: bpy.types.Scene, tmp_path: Path, capsys: Any, arguments: list[str], told: str
) -> None:
    assert command_line.run(["populate", "x.blend", "--out", str(tmp_path / "out.blend"), *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_shader_inside_a_node_group_is_told_as_that(scene: bpy.types.Scene, model: Path, capfd: Any) -> None:
    bust = head("Bust")
    group = data.node_groups.new("Studio Skin", "ShaderNodeTree")
    group.interface.new_socket("Shader", in_out="OUTPUT", socket_type="NodeSocketShader")
    shader, out = group.nodes.new("ShaderNodeBsdfPrincipled"), group.nodes.new("NodeGroupOutput")
    group.links.new(shader.outputs[0], out.inputs[0])
    tree = bust.data.materials[0].node_tree
    tree.nodes.remove(tree.nodes["Principled BSDF"])
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree = group
    tree.links.new(node.outputs[0], tree.nodes["Material Output"].inputs[0])
    select([bust, plane("Flat")])
    operators.populate(model=str(model))
    told = capfd.readouterr().out
    assert "no shader with a color in Skin: its shader is in the node group Studio Skin: ungroup that" in told
