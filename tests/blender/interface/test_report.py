"""The report tells of persons, and names the mesh that carries each face."""

import json
from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan import api
from tests.blender.crowds import context, data, operators, plane, select
from tests.blender.head.characters import character, rigged
from tests.blender.head.test_nothing_is_left import everything
from tests.blender.point_crowds import instance_on, points


def levels() -> list[Any]:
    """One head in two levels of detail."""
    found = [character("woman", f"Ada_LOD{level}") for level in range(2)]
    found[1].location.x = 3
    context.view_layer.update()
    return found


def test_of_one_the_mesh_is_named(scene: bpy.types.Scene, model: Path, capfd: Any) -> None:
    man, _ = rigged("Bo")
    select([man])
    operators.populate(model=str(model))
    assert "Info: Faces are on Bo of Bo Rig\n" in capfd.readouterr().out


def test_of_many_the_first_few_are(scene: bpy.types.Scene, model: Path, capfd: Any) -> None:
    select([plane(f"P{number:02}") for number in range(12)])
    operators.populate(model=str(model))
    assert "Info: Faces are on P00, P01, P02, P03 and 8 more\n" in capfd.readouterr().out


def test_a_script_is_told_all_of_them(scene: bpy.types.Scene, model: Path) -> None:
    man, rig = rigged("Bo")
    rig.location.x = -3
    context.view_layer.update()
    report = api.populate([*levels(), man, plane("Flat")], api.settings(model=model))
    assert {one.character: one.meshes for one in report.carried} == {
        "Ada_LOD0": ("Ada_LOD0", "Ada_LOD1"),
        "Bo Rig": ("Bo",),
        "Flat": ("Flat",),
    }
    assert report.characters == len(report.carried) == 3


def test_a_farm_finds_them_in_a_file_with_who_was_left_out(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    mask = character("woman", "Iron Mask")
    mask.location.x = 9
    context.view_layer.update()
    select([*levels(), mask])
    operators.populate(model=str(model), report_file=str(tmp_path / "report.json"))
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert told["characters"] == 1
    assert told["faces"] == [{"character": "Ada_LOD0", "meshes": ["Ada_LOD0", "Ada_LOD1"]}]
    (left_out,) = told["skipped"]
    assert left_out["name"] == "Iron Mask"
    assert left_out["reason"] == "a hat or a mask without a head"
    assert left_out["remedy"]


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_done(
    scene: bpy.types.Scene, model: Path, tmp_path: Path
) -> None:
    select([plane("Flat")])
    before = everything()
    with pytest.raises(RuntimeError, match="is a folder: name the file to write"):
        operators.populate(model=str(model), report_file=str(tmp_path))
    assert everything() == before


def test_of_instances_it_is_what_is_instanced(scene: bpy.types.Scene, model: Path, capfd: Any) -> None:
    select([instance_on(points("Points", 3), plane("Flat"))])
    operators.populate_instances(model=str(model))
    assert "Info: Faces are on Flat\n" in capfd.readouterr().out
    assert data.objects["Flat"].facegan.page is not None
