"""The Godot project reads what the table has. Godot itself is no part of the tests."""

import json
import re
from pathlib import Path

import numpy as np

from blender_facegan.core.export.crowd_table import PageFile, Row, as_json

FOLDER = Path(__file__).parents[2] / "examples" / "godot"


def test_every_key_that_the_script_reads_is_in_the_table() -> None:
    row = Row("Anna", "female", 30, 1, 4, (1, 1, 1), image="page_1.png", page=1, matrix=np.eye(4))
    told = json.loads(as_json([row], [PageFile(["page_1.png"], 256, 256, 64, 4, 3)], None, [], 1.0))
    script = (FOLDER / "crowd.gd").read_text(encoding="utf-8")
    for owner, known in (("table", told), ("one", told["characters"][0]), (r"pages?(?:\[0\])?", told["pages"][0])):
        read = set(re.findall(rf"\b{owner}\[\"(\w+)\"\]", script))
        assert read
        assert read <= set(known)


def test_the_shader_has_every_parameter_that_the_script_sets() -> None:
    script = (FOLDER / "crowd.gd").read_text(encoding="utf-8")
    shader = (FOLDER / "crowd.gdshader").read_text(encoding="utf-8")
    uniforms = set(re.findall(r"^uniform \w+ (\w+)", shader, flags=re.M))
    assert set(re.findall(r'set_shader_parameter\("(\w+)"', script)) == uniforms


def test_the_scene_names_files_that_are_there() -> None:
    for name in re.findall(r'"res://([\w.]+)"', (FOLDER / "main.tscn").read_text(encoding="utf-8")):
        assert (FOLDER / name).is_file()


def test_every_page_has_a_grid_of_its_own() -> None:
    """Pages of one crowd differ in size and in their faces' size: nothing may be taken from the first for all."""
    script = (FOLDER / "crowd.gd").read_text(encoding="utf-8")
    shader = (FOLDER / "crowd.gdshader").read_text(encoding="utf-8")
    assert "pages[0]" not in script
    (most,) = re.findall(r"^const MOST_PAGES := (\d+)", script, flags=re.M)
    assert re.findall(r"^uniform vec3 grids\[(\d+)\]", shader, flags=re.M) == [most]
