"""The add-on as Blender installs it."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import bpy
import pytest

from build_addon import build

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "blender_facegan"
MANIFEST = tomllib.loads((SOURCE / "blender_manifest.toml").read_text(encoding="utf-8"))
LONGEST_TEXT = 64
USE = """
import os, sys
sys.path.insert(0, {root!r})
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.extensions.package_install_files(filepath={archive!r}, repo="user_default", enable_on_install=True)
assert "bl_ext.user_default.facegan" in bpy.context.preferences.addons
assert "blender_facegan" not in sys.modules
from tests.blender.crowds import head, plane, select, tile_pixels
crowd = [plane("Flat"), plane("Other"), head("Bust")]
select(crowd)
assert bpy.ops.facegan.populate() == {{"FINISHED"}}
before = [tile_pixels(obj).tolist() for obj in crowd]
assert before[0] != before[1] != before[2]
bpy.ops.preferences.addon_disable(module="bl_ext.user_default.facegan")
assert not hasattr(bpy.types.Object, "facegan")
assert not hasattr(bpy.types, "FACEGAN_OT_populate")
bpy.ops.preferences.addon_enable(module="bl_ext.user_default.facegan")
assert [tile_pixels(obj).tolist() for obj in crowd] == before
print("USED")
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip as it ships."""
    return build(tmp_path_factory.mktemp("dist"))


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    """What Blender's own validator says."""
    utilities: Any = bpy.utils
    tool = Path(utilities.system_resource("SCRIPTS")) / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"
    return subprocess.run(
        [sys.executable, str(tool), "validate", str(path)], capture_output=True, text=True, check=False
    )


def test_blender_approves_of_the_source() -> None:
    result = validate(SOURCE)
    assert result.returncode == 0, result.stdout + result.stderr


def test_blender_approves_of_the_zip(archive: Path) -> None:
    result = validate(archive)
    assert result.returncode == 0, result.stdout + result.stderr


def test_blender_would_not_approve_of_anything(tmp_path: Path) -> None:
    """Otherwise the two tests above would tell nothing."""
    (tmp_path / "blender_manifest.toml").write_text('schema_version = "1.0.0"\nid = "facegan"\n')
    assert validate(tmp_path).returncode != 0


def test_the_platforms_rules_are_kept() -> None:
    assert MANIFEST["id"] == "facegan"
    assert "blender" not in MANIFEST["name"].lower()
    assert list(MANIFEST["permissions"]) == ["files"]
    assert MANIFEST["license"] == ["SPDX:GPL-3.0-or-later"]
    texts = [MANIFEST["tagline"], *MANIFEST["permissions"].values()]
    assert all(len(text) <= LONGEST_TEXT and text[-1].isalnum() for text in texts)


def test_the_zip_installs_and_works_and_can_be_disabled_and_enabled(archive: Path, tmp_path: Path) -> None:
    """In a Blender with a home of its own, so that nobody's settings are touched."""
    home = tmp_path / "home"
    home.mkdir()
    script = USE.format(root=str(ROOT), archive=str(archive))
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(home)}
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert "USED" in result.stdout, result.stdout + result.stderr
    written = {path.name for path in home.rglob("*") if path.is_file() and "facegan" in path.parts}
    assert "blender_manifest.toml" in written
