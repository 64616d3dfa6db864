"""Blender's files as a command handles them: nothing of the artist's is lost, and no half of a file is left."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan.core.errors import CrowdError
from blender_facegan.scene.headless import files
from blender_facegan.scene.headless.files import is_compressed, open_file, save_file
from tests.blender.crowds import context, data, plane


@pytest.fixture
def file(scene: bpy.types.Scene, tmp_path: Path) -> Path:
    """A file with windows that its artist has arranged."""
    bpy.ops.wm.read_factory_settings()
    plane("P")
    data.workspaces[0].name = "Own Desk"
    path = tmp_path / "crowd.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path


def versions(count: int) -> None:
    context.preferences.filepaths.save_version = count


def test_what_the_artist_has_arranged_stays(file: Path, tmp_path: Path) -> None:
    open_file(file)
    save_file(tmp_path / "out.blend", compress=False)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out.blend"), load_ui=True)
    assert "Own Desk" in data.workspaces


@pytest.mark.parametrize("compress", [True, False])
def test_a_file_is_compressed_where_it_was(file: Path, tmp_path: Path, compress: bool) -> None:
    out = tmp_path / "out.blend"
    open_file(file)
    save_file(out, compress)
    assert is_compressed(out) == compress


def test_paths_hold_from_the_new_place(file: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    open_file(file)
    image: Any = data.images.new("I", 4, 4)
    image.filepath_raw, image.file_format = str(tmp_path / "skin.png"), "PNG"
    image.save()
    image.source, image.filepath, image.use_fake_user = "FILE", "//skin.png", True
    save_file(tmp_path / "other" / "out.blend", compress=False)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "other" / "out.blend"))
    assert data.images["I"].filepath == "//../skin.png"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_was_there_is_kept_as_often_as_the_preferences_say(file: Path, tmp_path: Path, count: int) -> None:
    out = tmp_path / "out.blend"
    kept: list[bytes] = []
    for _ in range(5):
        open_file(file)
        versions(count)
        save_file(out, compress=False)
        kept.insert(0, out.read_bytes())
        plane(f"More {len(kept)}")
        bpy.ops.wm.save_as_mainfile(filepath=str(file))
    found = sorted(path.name for path in tmp_path.glob("out.blend*"))
    assert found == ["out.blend", *(f"out.blend{i + 1}" for i in range(count))]
    assert [(tmp_path / name).read_bytes() for name in found] == kept[: count + 1]
    assert not list(tmp_path.glob(".*"))


def test_two_that_save_to_one_place_at_once_leave_a_whole_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one begins and ends while this one is at it."""
    out, written = tmp_path / "out.blend", []

    class Operators:
        def __getattr__(self, name: str) -> Any:
            return getattr(bpy.ops.wm, name)

        def save_as_mainfile(self, **told: Any) -> None:
            written.append(Path(told["filepath"]))
            if len(written) == 1:
                save_file(out, compress=True)
            bpy.ops.wm.save_as_mainfile(**told)

    open_file(file)
    real = bpy
    monkeypatch.setattr(files, "bpy", _With(real, Operators()))
    save_file(out, compress=False)
    assert written[0] != written[1]
    assert out not in written
    assert not is_compressed(out)
    bpy.ops.wm.open_mainfile(filepath=str(out))
    assert "P" in data.objects
    assert not list(tmp_path.glob(".*"))


class _With:
    """Blender's module with other operators of files."""

    def __init__(self, module: Any, operators: Any) -> None:
        self._module = module
        self.ops = type("Operators", (), {"wm": operators})()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def test_what_cannot_be_saved_leaves_what_was_there(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.blend"
    out.write_bytes(b"weeks of it")
    open_file(file)

    class Full:
        def save_as_mainfile(self, filepath: str, **_: Any) -> None:
            Path(f"{filepath}@").write_bytes(b"half")
            raise RuntimeError("Error: Cannot save blend file: No space left on device")

    monkeypatch.setattr(files, "bpy", _With(bpy, Full()))
    with pytest.raises(
        CrowdError, match=r"out\.blend: cannot be saved .*No space left on device.*make room \(.* MB are free\)"
    ):
        save_file(out, compress=False)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*out*")} == {"out.blend": b"weeks of it"}
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("content", [b"", b"no blend at all", b"BLENDER-v405"])
def test_a_broken_file_is_one_line(scene: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.blend"
    path.write_bytes(content)
    with pytest.raises(CrowdError) as caught:
        open_file(path)
    assert str(caught.value).startswith(f"{path}: cannot be opened (")
    assert "\n" not in str(caught.value)
