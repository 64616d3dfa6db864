"""One crowd seed, one crowd: in every Blender, in processes that run beside each other, on every machine."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan.core.atlas import png
from tests.blender.crowds import data, plane, tile_pixels

ROOT = Path(__file__).parents[2]
KNOWN = Path(__file__).parent / "fixtures" / "same_everywhere.csv"
"""The table of twelve planes with the crowd seed 7, as one Blender on one machine wrote it."""
KNOWN_PAGE = KNOWN.with_suffix(".png")
"""The page with their faces."""
KNOWN_PEOPLE = "9febbc5180ed11c5a468b7efae41d0a2a50eff0106f898593cd5083bd321f588"
"""What its manifest said of who they are."""
COUNT = 12
COMMAND = """
import os, sys
sys.path.insert(0, {root!r})
import blender_facegan
from blender_facegan import command_line
blender_facegan.register()
code = command_line.run(sys.argv[1:])
sys.stdout.flush()
os._exit(code)
"""


def started(file: Path, out: Path, table: Path, model: Path) -> "subprocess.Popen[str]":
    names = [f"P{i:02}" for i in range(COUNT)]
    chosen = ["--scope", "SELECTED", "--select", *names, "--crowd-seed", "7", "--mix", "stadium", "--model", str(model)]
    places = ["--out", str(out), "--table", str(table), "--manifest", str(out.with_suffix(".json"))]
    arguments = ["populate", str(file), *places, *chosen]
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND.format(root=str(ROOT)), *arguments],
        env={**os.environ, "BLENDER_USER_RESOURCES": str(out.parent / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def both(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The folder of two crowds that two processes made of one file at the same time, and the file."""
    for i in range(COUNT):
        plane(f"P{i:02}")
    file = tmp_path / "crowd.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    processes = [started(file, tmp_path / f"{name}.blend", tmp_path / name, model) for name in ("one", "two")]
    told = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    return tmp_path, file


def rows(table: Path) -> list[dict[str, str]]:
    with (table / "crowd.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def pictures(path: Path) -> dict[str, np.ndarray]:
    bpy.ops.wm.open_mainfile(filepath=str(path))
    return {obj.name: tile_pixels(obj) for obj in data.objects if obj.get("facegan_tile") is not None}


def test_two_processes_beside_each_other_make_one_crowd_and_say_so(both: tuple[Path, Path], model: Path) -> None:
    folder, _ = both
    assert (folder / "one" / "crowd.csv").read_bytes() == (folder / "two" / "crowd.csv").read_bytes()
    one, two = pictures(folder / "one.blend"), pictures(folder / "two.blend")
    assert len(one) == COUNT
    assert all(np.array_equal(one[name], two[name]) for name in one)
    told: Any = json.loads((folder / "one" / "crowd.json").read_text(encoding="utf-8"))
    assert {character["object"] for character in told["characters"]} == set(one)
    assert all((folder / "one" / file).is_file() for page in told["pages"] for file in page["files"])


def test_it_is_the_crowd_that_it_was_elsewhere(both: tuple[Path, Path]) -> None:
    found = rows(both[0] / "one")
    with KNOWN.open(newline="", encoding="utf-8") as file:
        known = list(csv.DictReader(file))
    exact = ("object", "sex", "seed", "u", "v", "width", "height")
    assert [[row[name] for name in exact] for row in found] == [[row[name] for name in exact] for row in known]
    for name in ("age", "skin_r", "skin_g", "skin_b"):
        values, expected = ([float(row[name]) for row in part] for part in (found, known))
        assert values == pytest.approx(expected, abs=2e-3), name
    told = [json.loads((both[0] / f"{name}.json").read_text(encoding="utf-8")) for name in ("one", "two")]
    assert told[0]["pages"] == told[1]["pages"]
    assert [one["people"] for one in told] == [KNOWN_PEOPLE] * 2


def test_its_faces_are_those_that_it_had_elsewhere(both: tuple[Path, Path]) -> None:
    """But for rounding: numpy adds up in one order here and in another there."""
    found, known = (png.decode(path.read_bytes()) for path in (both[0] / "one" / "page_1.png", KNOWN_PAGE))
    assert found is not None
    assert known is not None
    assert np.abs(found.astype(int) - known.astype(int)).max() <= 1
