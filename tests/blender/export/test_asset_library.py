"""The asset library: what it holds, that the open file stays as it is, and that its assets show faces."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from blender_facegan.scene.export.asset_library import ASSETS, FILE
from build_addon import build
from tests.blender.crowds import context, data, head, operators, plane, read_face, select, skin_material, snapshot
from tests.blender.materials.test_materials import emit
from tests.blender.pictures import front_view, to_srgb

ROOT = Path(__file__).parents[3]
NAMES = {asset.name for asset in ASSETS}
INSTALLED = """
import os, sys
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.extensions.package_install_files(filepath={archive!r}, repo="user_default", enable_on_install=True)
assert bpy.ops.facegan.add_assets() == {{"FINISHED"}}
(library,) = (l for l in bpy.context.preferences.filepaths.asset_libraries if l.name == "Crowd Faces")
assert "bl_ext" not in library.path and os.path.isfile(os.path.join(library.path, {file!r}))
print("WRITTEN", library.path)
assert bpy.ops.facegan.remove_assets() == {{"FINISHED"}}
assert not [l for l in bpy.context.preferences.filepaths.asset_libraries if l.name == "Crowd Faces"]
sys.stdout.flush()
os._exit(0)
"""


def libraries() -> list[Any]:
    return [library for library in context.preferences.filepaths.asset_libraries if library.name == "Crowd Faces"]


@pytest.fixture
def folder(scene: bpy.types.Scene, tmp_path: Path) -> Path:
    """A folder with the library."""
    operators.add_assets(directory=str(tmp_path))
    return tmp_path


def bring(folder: Path, kind: str, name: str) -> Any:
    """Appends an asset, as dropping it from the asset browser does."""
    with data.libraries.load(str(folder / FILE), assets_only=True) as (_, wanted):
        setattr(wanted, kind, [name])
    return getattr(wanted, kind)[0]


def test_every_asset_is_marked_described_and_in_the_catalog(folder: Path) -> None:
    (catalog,) = (folder / "blender_assets.cats.txt").read_text(encoding="utf-8").splitlines()[2:]
    with data.libraries.load(str(folder / FILE), assets_only=True) as (there, wanted):
        assert {*there.node_groups, *there.materials} == NAMES
        wanted.node_groups, wanted.materials = there.node_groups, there.materials
    for block in (*wanted.node_groups, *wanted.materials):
        assert block.asset_data.description
        assert block.asset_data.license == "GPL-3.0-or-later"
        assert catalog.startswith(f"{block.asset_data.catalog_id}:Crowd Faces")
        preview = np.array(block.preview.image_pixels_float).reshape(-1, 4)
        assert preview[:, 3].min() == 0
        assert preview[:, :3].std() > 0.05
    assert not data.images, "a library needs no picture of a face"


def test_the_open_file_stays_as_it_is(scene: bpy.types.Scene, model: Path, tmp_path: Path) -> None:
    """Even where it has groups of the same names, in use."""
    crowd = [head("Bust"), plane("Flat")]
    select(crowd)
    operators.populate(model=str(model))
    before = snapshot()
    assert NAMES & set(before["groups"])
    operators.add_assets(directory=str(tmp_path))
    assert snapshot() == before
    with data.libraries.load(str(tmp_path / FILE), assets_only=True) as (there, _):
        assert {*there.node_groups, *there.materials} == NAMES


def test_the_library_is_known_once_and_can_be_taken_away(folder: Path) -> None:
    operators.add_assets(directory=str(folder))
    (library,) = libraries()
    assert Path(library.path) == folder
    operators.remove_assets(directory=str(folder))
    assert not libraries()
    assert not list(folder.iterdir())


def test_a_head_group_from_the_library_shows_the_face(folder: Path, model: Path) -> None:
    bust = head("Bust")
    material = bust.data.materials[0]
    emit(material)
    tree = material.node_tree
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree = bring(folder, "node_groups", "Crowd Face Head")
    node.inputs["Base Color"].default_value = (0.1, 0.7, 0.3, 1)
    tree.links.new(node.outputs["Color"], tree.nodes["Emission"].inputs["Color"])
    assert list(front_view(bust)[38, 34, :3]) == pytest.approx([0.1, 0.7, 0.3], abs=0.02)
    select([bust])
    operators.populate(model=str(model))
    told = read_face(bust)
    assert to_srgb(front_view(bust)[38, 34, :3]) == pytest.approx([told.sex, told.age / 90, told.seed], abs=0.03)


@pytest.mark.parametrize("name", ["Crowd Billboard", "Crowd Billboard Emission"])
def test_a_billboard_material_from_the_library_shows_the_face(folder: Path, model: Path, name: str) -> None:
    flat = plane("Flat")
    flat.data.materials.append(bring(folder, "materials", name))
    assert front_view(flat)[..., 3].max() < 0.02
    select([flat])
    operators.populate(model=str(model))
    assert front_view(flat)[32, 32, 3] > 0.98
    assert flat.material_slots[0].material.facegan.original.name == name
    assert flat.material_slots[0].material.asset_data is None


def test_a_folder_that_cannot_be_written_is_named(scene: bpy.types.Scene, tmp_path: Path) -> None:
    skin_material()
    before = snapshot()
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"file.*permissions"):
        operators.add_assets(directory=str(tmp_path / "file"))
    assert snapshot() == before
    assert not libraries()


def test_without_an_extension_a_folder_is_asked_for(scene: bpy.types.Scene) -> None:
    with pytest.raises(RuntimeError, match="name a folder"):
        operators.add_assets()


def test_installed_it_writes_beside_the_users_files_and_not_beside_the_code(tmp_path: Path) -> None:
    archive = build(tmp_path / "dist")
    script = INSTALLED.format(archive=str(archive), file=FILE)
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "home")}
    (tmp_path / "home").mkdir()
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert "WRITTEN" in result.stdout, result.stdout + result.stderr
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("WRITTEN"))
    assert Path(line.removeprefix("WRITTEN ")).is_relative_to(tmp_path / "home")
