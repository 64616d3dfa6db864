"""The add-on as Blender installs it."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from build_addon import build
from tools.extension_repository import extension_tool

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

HOSTED = """
import functools, http.server, os, sys, threading, tomllib
from pathlib import Path
sys.path.insert(0, {root!r})
import bpy
from tools.extension_repository import list_packages, put_away_others
bpy.ops.wm.read_factory_settings(use_empty=True)
preferences = bpy.context.preferences
preferences.system.use_online_access = True
folder = Path({folder!r})
address = (folder / "index.json").as_uri()
if {over_http}:
    serve = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{{server.server_port}}/index.json"
studio = preferences.extensions.repos.new(name="Studio", module="studio", remote_url=address)
place = list(preferences.extensions.repos).index(studio)
installed = Path(studio.directory) / "facegan"


def version():
    return tomllib.loads((installed / "blender_manifest.toml").read_text())["version"]


def own():
    return preferences.addons["bl_ext.studio.facegan"].preferences


list_packages(folder)
bpy.ops.extensions.repo_sync(repo_index=place)
bpy.ops.extensions.package_install(repo_index=place, pkg_id="facegan", enable_on_install=True)
assert "bl_ext.studio.facegan" in preferences.addons
before = version()
assert not list(installed.rglob("*.facegan"))
from tests.blender.crowds import plane, select, tile_pixels
crowd = [plane("Flat"), plane("Other")]
select(crowd)
try:
    bpy.ops.facegan.populate()
    raise SystemExit("faces without a model")
except RuntimeError as error:
    assert "No model is installed: run `blender --command facegan install FILE.facegan`" in str(error), str(error)

bpy.ops.facegan.install_model(filepath={model!r})
own().page_size = "1024"
chosen = own().model
assert Path(chosen).is_file() and installed not in Path(chosen).parents
assert bpy.ops.facegan.populate() == {{"FINISHED"}}
faces = [tile_pixels(obj).tolist() for obj in crowd]

newer = next(folder.parent.glob("facegan-*.zip")).rename(folder / "facegan-9.9.9.zip")
put_away_others(newer)
list_packages(folder)
bpy.ops.extensions.repo_sync(repo_index=place)
bpy.ops.extensions.package_upgrade_all()
assert (before, version()) == ({version!r}, "9.9.9"), version()
assert "bl_ext.studio.facegan" in preferences.addons
assert (own().model, own().page_size) == (chosen, "1024"), (own().model, own().page_size)
assert Path(chosen).is_file()
assert [tile_pixels(obj).tolist() for obj in crowd] == faces
assert all(obj.facegan.page is not None for obj in crowd)
assert bpy.ops.facegan.populate() == {{"FINISHED"}}
assert [tile_pixels(obj).tolist() for obj in crowd] == faces
own().model = ""
assert bpy.ops.facegan.populate(crowd_seed=1) == {{"FINISHED"}}
print("UPGRADED")
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip as it ships."""
    return build(tmp_path_factory.mktemp("dist"))


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    """What Blender's own validator says."""
    command = [sys.executable, str(extension_tool()), "validate", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


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


def newer(archive: Path, target: Path) -> Path:
    """The zip as that of the version 9.9.9."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "blender_manifest.toml":
                content = content.replace(f'version = "{MANIFEST["version"]}"'.encode(), b'version = "9.9.9"')
            new.writestr(name, content)
    return target


def in_new_blender(script: str, home: Path) -> str:
    """What the script prints in a Blender with a home of its own, so that nobody's settings are touched."""
    home.mkdir()
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(home)}
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    return result.stdout + result.stderr


@pytest.mark.parametrize("over_http", [False, True], ids=["drive", "server"])
def test_a_hosted_repository_upgrades_the_add_on_and_leaves_what_is_the_users(
    archive: Path, model: Path, tmp_path: Path, over_http: bool
) -> None:
    """Installed without a model; upgraded to a zip that has one while a populated file is open."""
    folder = tmp_path / "repository"
    build(folder, lite=True)
    newer(archive, tmp_path / "facegan-newer.zip")
    told = in_new_blender(
        HOSTED.format(
            root=str(ROOT), folder=str(folder), version=MANIFEST["version"], over_http=over_http, model=str(model)
        ),
        tmp_path / "home",
    )
    assert "UPGRADED" in told, told
    assert {path.name for path in (folder / "previous").iterdir()} == {f"facegan-{MANIFEST['version']}-lite.zip"}


def test_blender_approves_of_the_zip_without_a_model(tmp_path: Path) -> None:
    result = validate(build(tmp_path, lite=True))
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_zip_installs_and_works_and_can_be_disabled_and_enabled(archive: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    told = in_new_blender(USE.format(root=str(ROOT), archive=str(archive)), home)
    assert "USED" in told, told
    written = {path.name for path in home.rglob("*") if path.is_file() and "facegan" in path.parts}
    assert "blender_manifest.toml" in written
