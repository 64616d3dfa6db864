"""The add-on without a window: the command, and every operator."""

import os
from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan import command_line, registration
from blender_facegan.scene.model import store as model_store
from blender_facegan.ui import preference_values
from tests.blender.crowds import context, data, operators, plane, read_face, select
from tests.blender.labelled_models import labelled_model
from tests.blender.point_crowds import column, instance_on, points, read_tiles


@pytest.fixture
def command(scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What Blender calls for `blender --command facegan`."""
    import blender_facegan

    added: dict[str, Any] = {}
    blender_facegan.unregister()

    def add(name: str, function: Any) -> Any:
        added[name] = function
        return name

    with monkeypatch.context() as patched:
        patched.setattr(bpy.utils, "register_cli_command", add)
        patched.setattr(bpy.utils, "unregister_cli_command", added.pop)
        blender_facegan.register()
        registered = added["facegan"]
        blender_facegan.unregister()
        assert added == {}
    blender_facegan.register()
    return registered


def saved(path: Path) -> Path:
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path


def test_populate_opens_fills_and_saves(
    command: Any, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    group = data.collections.new("Crowd")
    context.scene.collection.children.link(group)
    for i in range(3):
        group.objects.link(plane(f"P{i}"))
    plane("Bystander")
    file, out = saved(tmp_path / "crowd.blend"), tmp_path / "faces.blend"
    chosen = ["--scope", "collection", "--collection", "Crowd", "--share-of-women", "100", "--age-minimum", "40"]
    chosen += ["--age-maximum", "40", "--model", str(model)]
    assert command(["populate", str(file), "--out", str(out), *chosen]) == 0
    assert str(out) in capsys.readouterr().out
    bpy.ops.wm.open_mainfile(filepath=str(out))
    assert {obj.facegan.sex for obj in group_objects()} == {"FEMALE"}
    assert [read_face(obj).age for obj in group_objects()] == pytest.approx([40] * 3, abs=0.5)
    assert data.objects["Bystander"].facegan.page is None


def group_objects() -> list[Any]:
    return list(data.collections["Crowd"].objects)


def test_populate_takes_instances_too(command: Any, model: Path, tmp_path: Path) -> None:
    instance_on(points("Seats", 3, years=[20.0, 40.0, 60.0]), plane("Flat"))
    file = saved(tmp_path / "crowd.blend")
    chosen = ["--instances", "--select", "Seats", "--age-source", "years", "--model", str(model)]
    assert command(["populate", str(file), "--out", str(file), *chosen]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(file))
    seats = data.objects["Seats"]
    ages = [face.age for face in read_tiles(seats["facegan_pages"], column(seats, "facegan_tile"))]
    assert ages == pytest.approx([20, 40, 60], abs=0.5)


def test_info_tells_who_is_there(command: Any, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    select([plane("P0"), plane("P1")])
    operators.populate(model=str(model), share_of_women=100, age_minimum=30, age_maximum=30)
    file = saved(tmp_path / "crowd.blend")
    capsys.readouterr()
    assert command(["info", str(file)]) == 0
    told = capsys.readouterr().out
    assert "2 characters, 2 with a face" in told
    assert "2 women, 0 men, 30 to 30 years" in told
    assert command(["info", str(labelled_model(tmp_path / "mine.facegan"))]) == 0
    told = capsys.readouterr().out
    assert "Labelled: 16 x 16 pixels, CC0-1.0" in told
    assert "label hair: dark, fair" in told


def test_verify_tells_how_far_a_model_is_off(
    command: Any, untrue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["verify", str(labelled_model(tmp_path / "mine.facegan"))]) == 0
    assert "at most 0/255 off" in capsys.readouterr().out
    assert command(["verify"]) == 0
    assert "Crowd 64" in capsys.readouterr().out
    assert command(["verify", str(untrue)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "differ from its golden ones" in line


def test_a_model_is_installed_and_used_from_now_on_where_that_is_asked_for(
    command: Any, model: Path, untrue: Path, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A farm has no window to drop it into."""
    kept: list[str] = []
    addon = context.preferences.addons.new()
    addon.module = preference_values.PACKAGE
    monkeypatch.setattr(model_store, "user_folder", lambda name: tmp_path / "user" / name)
    monkeypatch.setattr(command_line, "save_preferences", lambda: kept.append(addon.preferences.model))
    try:
        assert command(["install", str(model)]) == 0
        assert (tmp_path / "user" / "models" / model.name).read_bytes() == model.read_bytes()
        assert kept == []
        assert addon.preferences.model == ""
        assert command(["install", str(model), "--use"]) == 0
        assert kept == [str(tmp_path / "user" / "models" / model.name)]
        capsys.readouterr()
        assert command(["install", str(untrue)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "differ from its golden ones" in line
    finally:
        context.preferences.addons.remove(addon)


def test_without_a_model_a_command_says_how_to_get_one(
    command: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_store, "DEFAULT_MODEL", tmp_path / "addon" / "default.facegan")
    monkeypatch.setattr(model_store, "user_folder", lambda name: tmp_path / "user" / name)
    plane("P")
    file = saved(tmp_path / "crowd.blend")
    for arguments in (["populate", str(file), "--out", str(tmp_path / "out.blend"), "--select", "P"], ["verify"]):
        capsys.readouterr()
        assert command(arguments) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "No model is installed: run `blender --command facegan install FILE.facegan`" in line
    assert not (tmp_path / "out.blend").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "COMMAND"),
        (["fill"], "fill"),
        (["populate", "none.blend", "--out", "x.blend"], "none.blend: there is no such file"),
        (["populate", "FILE"], "--out"),
        (["populate", "FILE", "--out", "OUT", "--mix", "carnival", "--scope", "MARKED"], "carnival"),
        (["populate", "FILE", "--out", "OUT", "--scope", "NOBODY"], "--scope"),
        (["populate", "FILE", "--out", "OUT", "--share-of-women", "140"], "--share-of-women 140 is not from 0 to 100"),
        (["populate", "FILE", "--out", "OUT", "--instanced", "Cast"], "--instanced is for --instances"),
        (["populate", "FILE", "--out", "OUT", "--scene", "Nowhere"], "Nowhere"),
        (["populate", "FILE", "--out", "OUT", "--select", "Nobody"], "Nobody"),
        (["populate", "FILE", "--out", "OUT", "--scope", "SELECTED"], "No characters"),
        (["populate", "FILE", "--out", "/no/such/folder/x.blend", "--select", "P"], "/no/such/folder"),
        (["populate", "FILE", "--out", "FOLDER", "--select", "P", "--crowd-seed", "1"], "is a folder"),
        (["populate", "FILE", "--out", "FILE/x.blend", "--select", "P"], "there is no folder"),
        (["populate", "FILE", "--out", "DEVICE", "--select", "P"], "is no file"),
        (["populate", "FILE", "--out", "OUT", "--table", "FILE", "--select", "P"], "crowd.blend"),
        (["verify", "none.facegan"], "none.facegan"),
        (["info", "none.facegan"], "none.facegan"),
    ],
)
def test_a_mistake_is_one_line_on_stderr_and_exit_code_2(
    command: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str,
) -> None:
    plane("P")
    file = saved(tmp_path / "crowd.blend")
    capsys.readouterr()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "work.txt").write_text("weeks of it")
    named = {"FILE": str(file), "OUT": str(tmp_path / "out.blend"), "FOLDER": str(tmp_path / "folder")}
    named |= {"DEVICE": os.devnull, "FILE/x.blend": f"{file}/x.blend"}
    assert command([named.get(argument, argument) for argument in arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert not (tmp_path / "out.blend").exists()
    assert (tmp_path / "folder" / "work.txt").read_text() == "weeks of it"


@pytest.mark.parametrize("wrong", ["folder", "no/such/x.blend", "full"])
def test_where_the_file_goes_is_looked_at_before_the_work(
    command: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    file = saved(tmp_path / "crowd.blend")
    (tmp_path / "folder").mkdir()
    begun: list[Path] = []
    monkeypatch.setattr("blender_facegan.scene.headless.filling.open_file", begun.append)

    def refuse(**_: Any) -> Any:
        raise OSError(28, "No space left on device")

    if wrong == "full":
        monkeypatch.setattr("blender_facegan.scene.headless.files.TemporaryFile", refuse)
    capsys.readouterr()
    assert command(["populate", str(file), "--out", str(tmp_path / wrong)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / wrong) in line
    assert not begun


def test_help_shows_an_example_and_every_property(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["--help"]) == 0
    assert "blender --command facegan populate crowd.blend --out" in capsys.readouterr().out
    assert command(["populate", "--help"]) == 0
    told = capsys.readouterr().out
    for name in ("--crowd-seed", "--mix", "--sex-source", "--no-match-body", "--shading"):
        assert name in told


OPERATORS = [cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Operator)]


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda cls: str(cls.__name__))
def test_every_operator_runs_from_python_without_a_window(
    scene: bpy.types.Scene, model: Path, tmp_path: Path, operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every property given as an argument. It finishes or refuses in one line; it neither asks nor fails."""
    monkeypatch.setattr(bpy.utils, "user_resource", lambda *_, **__: str(tmp_path / "user"))
    file = tmp_path / "given.facegan"
    file.write_bytes(model.read_bytes())
    flat = plane("Flat")
    select([flat])
    context.view_layer.objects.active = flat
    operators.populate(model=str(model))
    function = getattr(operators, operator.bl_idname.partition(".")[2])
    described: Any = function.get_rna_type()
    given = {
        prop.identifier: str(file) if prop.identifier in ("model", "filepath") else _value(prop)
        for prop in described.properties
        if prop.identifier != "rna_type" and not prop.is_readonly
    }
    told, outcome = "", {"CANCELLED"}
    try:
        outcome = function("EXEC_DEFAULT", **given)
    except RuntimeError as error:
        told = str(error)
    assert len([line for line in told.splitlines() if line.strip()]) <= 1, told
    assert outcome <= {"FINISHED", "CANCELLED"}


def _value(prop: Any) -> Any:
    if prop.type == "ENUM":
        return set(prop.default_flag) if prop.is_enum_flag else prop.default
    return tuple(prop.default_array) if getattr(prop, "is_array", False) else prop.default


def test_the_name_of_the_command_is_the_extensions() -> None:
    assert command_line.NAME == "facegan"
