"""The lines that the documentation and the farm recipes give Blender are understood by the command."""

import re
import shlex
from pathlib import Path

import bpy
import pytest

from blender_facegan.command_line import parser

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
JOB_TYPE = ROOT / "examples" / "farm" / "crowd_faces.js"
CALL = "--command facegan "
SETTINGS = {"files": "shots/*/crowd.blend", "collection": "Crowd", "crowd_seed": "7", "tasks": "4"}
DECLARED = re.compile(r"key: \"(\w+)\"")


def shown_lines() -> list[list[str]]:
    """What stands behind `--command facegan` in the pages' blocks of shell, and in Deadline's arguments."""
    found = []
    for page in PAGES:
        blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
            if CALL in line:
                words = shlex.split(line, comments=True)
                held = next((word for word in words if CALL in word), None)
                words = shlex.split(held) if held is not None else words
                found.append(words[words.index("facegan") + 1 :])
    return found


def job_arguments() -> list[str]:
    """What the first task of the Flamenco job gives Blender."""
    (block,) = re.findall(r"args: \[(.*?)\]", JOB_TYPE.read_text(encoding="utf-8"), flags=re.S)
    words = [a or b or c for a, b, c in re.findall(r'"([^"]*)"|`([^`]*)`|(settings\.\w+)', block)]
    values = {f"settings.{name}": value for name, value in SETTINGS.items()} | {"number": "1"}
    for name, value in values.items():
        words = [word.replace(f"${{{name}}}", value) if "${" in word else word for word in words]
        words = [value if word == name else word for word in words]
    return words


@pytest.mark.parametrize("words", shown_lines(), ids=lambda words: " ".join(words)[:60])
def test_a_line_that_is_shown_is_understood(scene: bpy.types.Scene, words: list[str]) -> None:
    placeholders = {"<STARTFRAME>/8": "1/8"}
    assert parser().parse_args([placeholders.get(word, word) for word in words]).action


def test_pages_show_lines_for_farms() -> None:
    shown = {words[0] for words in shown_lines()}
    assert {"populate", "cast", "photo", "bake", "table", "info", "verify", "install"} <= shown


def test_flamencos_job_is_understood_and_uses_what_it_asks_for(scene: bpy.types.Scene) -> None:
    text, words = JOB_TYPE.read_text(encoding="utf-8"), job_arguments()
    assert words[:3] == ["--command", "facegan", "populate"]
    chosen = parser().parse_args(words[2:])
    assert (chosen.file, chosen.part, chosen.crowd_seed) == ([SETTINGS["files"]], (1, 4), 7)
    assert set(DECLARED.findall(text)) == set(SETTINGS) == set(re.findall(r"settings\.(\w+)", text))
    assert "job.addTask(task)" in text
