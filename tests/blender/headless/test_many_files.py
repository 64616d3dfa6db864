"""`facegan populate` over many files: what fails is told and the rest is filled; a manifest says what was made."""

import json
import shutil
from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan import command_line
from blender_facegan.core.people.mixes import write_mix
from blender_facegan.core.people.population import MIXES
from blender_facegan.scene.records import file_of
from tests.blender.crowds import data, operators, plane, select, telling_model


@pytest.fixture
def shots(scene: bpy.types.Scene, tmp_path: Path) -> list[Path]:
    """Four files with planes, which are scene `shot N`."""
    files = []
    for number in range(4):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        for i in range(2):
            plane(f"P{i}")
        files.append(tmp_path / f"shot {number}.blend")
        bpy.ops.wm.save_as_mainfile(filepath=str(files[-1]))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return files


@pytest.fixture
def populate(model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Any:
    """Runs the command over files; returns its exit code and what it said of them on both streams."""

    def run(files: Any, *more: str) -> tuple[int, list[str], list[str]]:
        capfd.readouterr()
        places = ["--out", f"{tmp_path}/faces/{{stem}}.blend", "--manifest", f"{tmp_path}/faces/{{stem}}.json"]
        chosen = ["--scope", "SELECTED", "--select", "P0", "P1", "--crowd-seed", "7", "--model", str(model)]
        code = command_line.run(["populate", *map(str, files), *places, *chosen, *more])
        told = capfd.readouterr()
        out, err = ([x for x in text.splitlines() if x.startswith("facegan: ")] for text in (told.out, told.err))
        return code, out, err

    return run


def manifest(tmp_path: Path, number: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tmp_path / "faces" / f"shot {number}.json").read_text(encoding="utf-8"))
    return found


def test_every_file_is_filled_and_noted(shots: list[Path], populate: Any, tmp_path: Path) -> None:
    code, out, err = populate(shots)
    assert (code, len(out), err) == (0, 4, [])
    told = [manifest(tmp_path, number) for number in range(4)]
    assert told[0]["source"]["file"] == "../shot 0.blend"
    assert told[0]["wrote"]["file"] == "shot 0.blend"
    assert told[0]["characters"] == 2
    assert told[0]["asked"]["crowd_seed"] == 7
    assert len({one["people"] for one in told}) == len({json.dumps(one["pages"]) for one in told}) == 1
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "faces" / "shot 3.blend"))
    assert all(data.objects[name].facegan.page for name in ("P0", "P1"))


def test_one_that_fails_is_told_of_and_the_others_are_filled(shots: list[Path], populate: Any, tmp_path: Path) -> None:
    shots[0].write_bytes(b"no blend")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(shots[2]))
    code, out, err = populate([*shots, tmp_path / "none.blend"])
    assert code == 2
    assert len(out) == 2
    assert [line.split(": ")[1] for line in err[:-1]] == [str(shots[0]), str(shots[2]), str(tmp_path / "none.blend")]
    assert "cannot be opened" in err[0]
    assert "no object named P0" in err[1]
    assert err[-1] == "facegan: 3 of 5 files were not filled: see above"
    assert "cannot be opened" in manifest(tmp_path, 0)["problem"]
    assert "wrote" not in manifest(tmp_path, 0)
    assert not (tmp_path / "faces" / "shot 0.blend").exists()


def test_who_was_left_out_is_told_and_noted(shots: list[Path], populate: Any, tmp_path: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(shots[0]))
    bpy.data.objects["P1"].data.clear_geometry()  # type: ignore[union-attr]  # a mesh
    bpy.ops.wm.save_mainfile()
    code, out, err = populate(shots[:1])
    assert code == 0
    assert out[0].endswith(": 1 character, 1 new face")
    assert err == [f"facegan: {shots[0]}: Skipped 1: P1 (a mesh without faces: choose meshes with polygons)"]
    assert [one["name"] for one in manifest(tmp_path, 0)["skipped"]] == ["P1"]


def test_what_was_made_is_left_alone_and_the_rest_is_made(shots: list[Path], populate: Any, tmp_path: Path) -> None:
    populate(shots[:2])
    first = (tmp_path / "faces" / "shot 0.blend").stat().st_mtime_ns
    code, out, _ = populate(shots, "--resume")
    assert code == 0
    assert [line.endswith("was made before") for line in out] == [True, True, False, False]
    assert (tmp_path / "faces" / "shot 0.blend").stat().st_mtime_ns == first


@pytest.mark.parametrize("change", ["source", "out", "options", "model", "failed", "no manifest"])
def test_whatever_is_not_as_it_was_is_made_again(
    shots: list[Path], populate: Any, model: Path, tmp_path: Path, change: str
) -> None:
    populate(shots[:1])
    more, fresh = ["--resume"], "2 new faces"
    if change == "source":
        shutil.copy(shots[1], shots[0])
        with shots[0].open("ab") as file:
            file.write(b" ")
    elif change == "out":
        (tmp_path / "faces" / "shot 0.blend").write_bytes(b"half of it")
    elif change == "options":
        more += ["--crowd-seed", "8"]
    elif change == "model":
        more += ["--model", str(telling_model(tmp_path / "other.facegan", side=24))]
    elif change == "failed":
        told = manifest(tmp_path, 0)
        del told["wrote"]
        (tmp_path / "faces" / "shot 0.json").write_text(json.dumps({**told, "problem": "full"}))
    else:
        (tmp_path / "faces" / "shot 0.json").unlink()
    _, out, _ = populate(shots[:1], *more)
    assert out == [f"facegan: wrote {tmp_path / 'faces' / 'shot 0.blend'}: 2 characters, {fresh}"]


def test_a_library_that_changed_is_noticed(shots: list[Path], populate: Any, tmp_path: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(shots[0]))
    with data.libraries.load(str(shots[1]), link=True) as (there, wanted):
        wanted.meshes = there.meshes[:1]
    scene: Any = bpy.context.scene
    scene.collection.objects.link(data.objects.new("Linked", wanted.meshes[0]))
    bpy.ops.wm.save_mainfile()
    populate(shots[:1])
    assert [one["file"] for one in manifest(tmp_path, 0)["libraries"]] == ["../shot 1.blend"]
    assert "was made before" in populate(shots[:1], "--resume")[1][0]
    bpy.ops.wm.open_mainfile(filepath=str(shots[1]))
    bpy.ops.wm.save_mainfile()
    assert "wrote" in populate(shots[:1], "--resume")[1][0]


def test_a_mix_file_that_changed_is_noticed(shots: list[Path], populate: Any, tmp_path: Path) -> None:
    mix = tmp_path / "mix.json"
    for text, told in (("women", "wrote"), ("women", "was made before"), ("men", "wrote")):
        write_mix(mix, MIXES["stadium" if text == "women" else "office"])
        assert told in populate(shots[:1], "--resume", "--mix", str(mix))[1][0]


def test_in_place_what_was_made_is_known_too(shots: list[Path], populate: Any, tmp_path: Path) -> None:
    place = ["--out", str(tmp_path / "{stem}.blend")]
    assert "wrote" in populate(shots[:1], *place)[1][0]
    assert "was made before" in populate(shots[:1], *place, "--resume")[1][0]


def test_shares_of_the_files_go_to_different_machines(shots: list[Path], populate: Any, tmp_path: Path) -> None:
    for share in ("1/2", "2/2"):
        code, out, _ = populate(shots, "--part", share)
        assert (code, len(out)) == (0, 2)
    assert len(list((tmp_path / "faces").glob("*.blend"))) == 4


@pytest.mark.parametrize("share", ["0/2", "3/2", "2", "a/b", "1/0"])
def test_a_share_that_is_none_is_refused(shots: list[Path], populate: Any, share: str) -> None:
    code, out, err = populate(shots, "--part", share)
    assert (code, out, len(err)) == (2, [], 1)
    assert "give 2/8" in err[0]


def test_nothing_is_resumed_without_manifests(shots: list[Path], tmp_path: Path, capsys: Any) -> None:
    assert command_line.run(["populate", str(shots[0]), "--out", str(tmp_path / "x.blend"), "--resume"]) == 2
    assert "give --manifest, too" in capsys.readouterr().err


@pytest.mark.parametrize("content", ['{"mine": 1}', "[" * 100_000])
def test_a_file_of_another_kind_is_not_taken_for_a_manifest(
    content: str, shots: list[Path], populate: Any, tmp_path: Path
) -> None:
    (tmp_path / "faces").mkdir()
    own = tmp_path / "faces" / "shot 0.json"
    own.write_text(content)
    code, _, err = populate(shots[:1])
    assert code == 2
    assert "is no manifest of Crowd Faces" in err[0]
    assert own.read_text() == content
    assert not (tmp_path / "faces" / "shot 0.blend").exists()


def test_a_newer_blenders_file_is_not_written_over(
    shots: list[Path], populate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blender_facegan.scene.headless.filling.is_of_newer_blender", lambda: True)
    before = shots[0].read_bytes()
    code, _, err = populate(shots[:1], "--out", str(tmp_path / "{stem}.blend"))
    assert code == 2
    assert "was saved by Blender" in err[0]
    assert shots[0].read_bytes() == before
    code, out, err = populate(shots[:1])
    assert (code, len(out), len(err)) == (0, 1, 1)
    assert "was saved by Blender" in err[0]


def test_a_mistake_in_the_command_is_told_before_any_file_is_opened(
    shots: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.run(["populate", *map(str, shots), "--out", str(tmp_path / "faces.blend")]) == 2
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("facegan: "))
    assert "would both be written to" in line
    assert not (tmp_path / "faces.blend").exists()


def test_pages_kept_as_pictures_are_written_beside_the_file_that_is_made(
    shots: list[Path], populate: Any, tmp_path: Path, model: Path
) -> None:
    source = shots[0]
    bpy.ops.wm.open_mainfile(filepath=str(source))
    select([data.objects["P0"]])
    operators.populate(model=str(model))
    operators.save_pages()
    bpy.ops.wm.save_mainfile()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.png")}
    assert [path.parent.name for path in before] == ["shot 0_faces"]
    assert populate([source], "--crowd-seed", "9")[0] == 0
    assert {path: path.read_bytes() for path in tmp_path.glob("shot 0_faces/*")} == before
    made = list((tmp_path / "faces" / "shot 0_faces").glob("*.png"))
    assert made
    shutil.rmtree(tmp_path / "shot 0_faces")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "faces" / "shot 0.blend"))
    for name in ("P0", "P1"):
        shown = file_of(data.objects[name].facegan.page)
        assert shown.resolve() in {path.resolve() for path in made}
