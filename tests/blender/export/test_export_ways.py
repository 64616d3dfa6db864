"""Bakes and tables from scripts and from the command line."""

import json
from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan import api, command_line
from tests.blender.crowds import data, plane, select
from tests.blender.export.test_texture_baking import unwrapped
from tests.blender.materials.test_materials import populated


def crowd(model: Path, path: Path) -> Path:
    """A .blend with a bust and a billboard that have faces, and somebody who has none."""
    one, flat = unwrapped("Bust"), plane("Flat", (3, 0, 0))
    plane("Nobody", (6, 0, 0))
    populated(model, one, flat)
    select([])
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path


def characters(folder: Path) -> list[str]:
    told = json.loads((folder / "crowd.json").read_text(encoding="utf-8"))
    return sorted(one["object"] for one in told["characters"])


def test_scripts_bake_and_write_tables(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    one, flat = unwrapped("Bust"), plane("Flat", (3, 0, 0))
    populated(model, one, flat)
    done = api.bake_textures([one, flat], tmp_path / "textures", smallest=512)
    assert [obj.name for obj in done.files] == ["Bust"]
    assert [skipped.name for skipped in done.skipped] == ["Flat"]
    assert (tmp_path / "textures" / "Bust Skin.png").is_file()
    assert api.restore_live([one]) == 1
    images = api.bake_images([one, flat], tmp_path / "images", size=32)
    assert sorted(path.name for path in images.files.values()) == ["Bust.png", "Flat.png"]
    assert api.restore_live([one, flat]) == 2
    table = api.export_table([one, flat], tmp_path / "table", array=True, smaller=1)
    assert table.characters == 2
    assert "page_1_half.png" in {path.name for path in table.files}
    with pytest.raises(api.ERRORS, match="No characters"):
        api.export_table([], tmp_path / "table")


def test_the_command_bakes_textures_and_saves(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = crowd(model, tmp_path / "crowd.blend")
    arguments = ["bake", str(file), "--to", "textures", "--directory", "textures", "--out", "baked.blend"]
    assert command_line.run(arguments) == 0
    assert characters(tmp_path / "textures") == ["Bust"]
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "baked.blend"))
    bust: Any = data.objects["Bust"]
    assert bust.material_slots[0].material.facegan.role == "BAKED"


def test_the_command_writes_images_and_tables(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    file = crowd(model, tmp_path / "crowd.blend")
    before = file.read_bytes()
    assert command_line.run(["bake", str(file), "--to", "images", "--directory", str(tmp_path / "images")]) == 0
    assert {path.name for path in (tmp_path / "images").glob("*.png")} == {"Bust.png", "Flat.png"}
    assert command_line.run(["table", str(file), "--directory", str(tmp_path / "all"), "--array"]) == 0
    assert characters(tmp_path / "all") == ["Bust", "Flat"]
    assert (tmp_path / "all" / "tiles_1.ktx2").is_file()
    chosen = ["--select", "Flat", "--no-transforms"]
    assert command_line.run(["table", str(file), "--directory", str(tmp_path / "one"), *chosen]) == 0
    assert characters(tmp_path / "one") == ["Flat"]
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bake", "crowd.blend", "--directory", "out"], "--to"),
        (["bake", "crowd.blend", "--to", "images"], "--directory is missing"),
        (
            ["bake", "crowd.blend", "--to", "textures", "--directory", "out", "--size", "64"],
            "--size is not for --to text",
        ),
        (["bake", "crowd.blend", "--to", "images", "--directory", "out", "--size", "1"], "--size 1 is not from 16"),
        (["table", "crowd.blend", "--directory", "out", "--smaller", "9"], "--smaller 9 is not from 0 to 6"),
        (["table", "missing.blend", "--directory", "out"], "there is no such file"),
    ],
)
def test_mistakes_are_a_line(
    scene: bpy.types.Scene, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert command_line.run(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
