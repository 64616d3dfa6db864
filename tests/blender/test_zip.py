"""The zip in a Blender that knows nothing of the source: validated, installed and used as an artist does."""

import os
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

import build_addon

VALIDATOR = Path("scripts") / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"

ARTIST = """
import os, sys
import bpy

archive = sys.argv[1]
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True)
assert "bl_ext.user_default.facegan" in bpy.context.preferences.addons
people = []
for place in range(6):
    bpy.ops.mesh.primitive_plane_add(location=(3 * place, 0, 0))
    people.append(bpy.context.object)
for obj in people:
    obj.select_set(True)
assert bpy.ops.facegan.populate(scope="SELECTED") == {"FINISHED"}
assert len({tuple(obj["facegan_tile"]) for obj in people}) == 6
assert len({obj.facegan.page for obj in people}) == 1
bpy.ops.preferences.addon_disable(module="bl_ext.user_default.facegan")
assert not hasattr(bpy.types.Object, "facegan")
assert not hasattr(bpy.types, "FACEGAN_OT_populate")
print("the artist is content", flush=True)
os._exit(0)  # Blender's own clean-up can wait for one of its threads for ever (4.5.15)
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_addon.build(tmp_path_factory.mktemp("dist"))


def test_blenders_own_validator_passes_the_source_and_the_zip(archive: Path) -> None:
    resources = Path(bpy.utils.resource_path("LOCAL"))
    for subject in (build_addon.SOURCE, archive):
        outcome = subprocess.run(
            [sys.executable, resources / VALIDATOR, "validate", subject], capture_output=True, text=True, check=False
        )
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        assert "error" not in (outcome.stdout + outcome.stderr).lower()


def test_the_installed_zip_populates_and_leaves_nothing_when_disabled(archive: Path, tmp_path: Path) -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", ARTIST, archive],
        env={**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the artist is content" in outcome.stdout, outcome.stdout + outcome.stderr
