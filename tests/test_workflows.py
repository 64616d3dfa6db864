"""The hosted checks run what the project has: make targets, modules, Blenders; and name no host."""

import re
from pathlib import Path

import pytest

from tools.environments import BLENDERS

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def commands(workflow: Path) -> str:
    """The workflow without its comments."""
    return re.sub(r"^\s*#.*$", "", workflow.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_what_is_run_exists(workflow: Path) -> None:
    text = commands(workflow)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    lines = re.findall(r"run: make ([a-z -]+)$", text, flags=re.MULTILINE)
    assert {target for line in lines for target in line.split()} <= targets
    modules = set(re.findall(r"-m (tools\.[a-z_.]+)", text)) | set(re.findall(r"from (tools\.[a-z_.]+) import", text))
    assert [module for module in modules if not (ROOT / f"{module.replace('.', '/')}.py").is_file()] == []
    assert [path for path in re.findall(r"\btests/[a-z_/]+", text) if not (ROOT / path).exists()] == []


def test_every_blender_is_tested() -> None:
    text = commands(ROOT / ".github" / "workflows" / "tests.yml")
    tested = re.findall(r'blender: "([\d.]+)", python: "([\d.]+)"', text)
    assert tested == [(blender.version, blender.python) for blender in BLENDERS]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_host_is_written_down(workflow: Path) -> None:
    assert "://" not in workflow.read_text(encoding="utf-8")


def test_a_release_has_what_the_platforms_page_sends_people_for() -> None:
    release = commands(ROOT / ".github" / "workflows" / "release.yml")
    listing = (ROOT / "docs" / "platform" / "listing.md").read_text(encoding="utf-8")
    assert "take `default.facegan` from a release" in listing
    assert (ROOT / "blender_facegan" / "models" / "default.facegan").is_file()
    assert "build_addon.py --lite" in release
    assert "cp blender_facegan/models/*.facegan dist/" in release
    assert "dist/*.zip dist/*.facegan" in release
