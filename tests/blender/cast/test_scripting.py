"""People from photographs for scripts and farms."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from blender_facegan import api, command_line
from tests.blender.cast.people import AGREED, LEFT, RIGHT, blue_of, write_cast, write_photograph
from tests.blender.crowds import data, operators, plane, read_face, telling_model


def test_a_cast_from_python(scene: bpy.types.Scene, seeing: Path, tmp_path: Path) -> None:
    crowd = [plane(name) for name in ("B", "A")]
    people = [("Anna", "female", 41.5, 0.9), ("Bo", "male", 30, -0.9), ("Cy", "male", 30, 0)]
    path = write_cast(tmp_path / "cast.csv", seeing, *people)
    done = api.import_cast(crowd, path, api.settings(model=seeing))
    assert done.roles == [api.Role("A", "Anna"), api.Role("B", "Bo")]
    assert done.left_over == ["Cy"]
    assert done.report.fresh == 2
    assert read_face(crowd[1]).seed == pytest.approx(blue_of(0.9), abs=0.01)
    api.populate(crowd, api.settings(model=seeing, crowd_seed=8))
    assert [obj.facegan.person for obj in crowd] == ["Bo", "Anna"]
    api.set_character(crowd[0], seed=5)
    assert crowd[0].facegan.person == ""
    assert api.forget_person(crowd[1])
    assert not api.forget_person(crowd[1])


def test_a_photograph_from_python(scene: bpy.types.Scene, seeing: Path, tmp_path: Path) -> None:
    flat, path = plane("Flat"), write_photograph(tmp_path / "anna.png")
    stated: dict[str, Any] = {"sex": "female", "age": 41.5, "consent": AGREED, "chosen": api.settings(model=seeing)}
    done = api.face_from_photo(flat, path, LEFT, RIGHT, **stated)
    assert done.roles == [api.Role("Flat", "anna")]
    by_python = flat.facegan.latent
    bpy.context.view_layer.objects.active = flat  # type: ignore[union-attr]
    operators.face_from_photo(
        filepath=str(path), model=str(seeing), left_eye=LEFT, right_eye=RIGHT, sex="FEMALE", age=41.5, consent=AGREED
    )
    assert flat.facegan.latent == by_python


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda flat, model, path: api.import_cast([flat], path / "none.csv", model),
            "none.csv: there is no such file",
        ),
        (lambda flat, model, path: photograph(flat, model, path, sex="lady"), "the sex 'lady'"),
        (lambda flat, model, path: photograph(flat, model, path, age=3), "nobody under 16"),
        (lambda flat, model, path: photograph(flat, model, path, consent=""), "no consent"),
        (lambda flat, _, path: photograph(flat, api.settings(model=blind(path)), path), "has no encoder"),
    ],
)
def test_mistakes_are_errors_of_one_line(
    scene: bpy.types.Scene, seeing: Path, tmp_path: Path, call: Any, told: str
) -> None:
    with pytest.raises(api.ERRORS, match=told) as caught:
        call(plane("Flat"), api.settings(model=seeing), tmp_path)
    assert "\n" not in str(caught.value)


def blind(folder: Path) -> Path:
    """A model that reads no photographs."""
    return telling_model(folder / "blind.facegan")


def photograph(flat: Any, chosen: Any, folder: Path, **changes: Any) -> Any:
    path = write_photograph(folder / "anna.png")
    stated: dict[str, Any] = {"sex": "female", "age": 41.5, "consent": AGREED} | changes
    return api.face_from_photo(flat, path, LEFT, RIGHT, chosen=chosen, **stated)


@pytest.fixture
def file(scene: bpy.types.Scene, tmp_path: Path) -> Path:
    """A .blend with two characters."""
    for name in ("Anna", "Bo"):
        plane(name)
    path = tmp_path / "crowd.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def test_a_cast_from_the_command_line(file: Path, seeing: Path, tmp_path: Path) -> None:
    cast = write_cast(tmp_path / "cast.csv", seeing, ("Bo", "male", 30, -0.9), ("Else", "female", 30, 0.5))
    out = tmp_path / "faces.blend"
    chosen = ["--filepath", str(cast), "--select", "Anna", "Bo", "--model", str(seeing), "--out", str(out)]
    assert command_line.run(["cast", str(file), *chosen]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(out))
    assert [data.objects[name].facegan.person for name in ("Anna", "Bo")] == ["Else", "Bo"]


def test_a_photograph_from_the_command_line(file: Path, seeing: Path, tmp_path: Path) -> None:
    out = tmp_path / "faces.blend"
    chosen = ["--filepath", str(write_photograph(tmp_path / "anna.png")), "--model", str(seeing), "--select", "Bo"]
    chosen += ["--left-eye", "52", "60", "--right-eye", "88", "60", "--sex", "male", "--age", "41.5"]
    assert command_line.run(["photo", str(file), *chosen, "--consent", AGREED, "--out", str(out)]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(out))
    assert data.objects["Bo"].facegan.person == "anna"
    assert data.objects["Bo"].facegan.consent == AGREED


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["cast", "FILE", "--out", "OUT", "--select", "Bo"], "No file or folder is named"),
        (["cast", "FILE", "--out", "OUT", "--select", "Bo", "--filepath", "none.csv"], "none.csv"),
        (["photo", "FILE", "--out", "OUT", "--select", "Bo", "--filepath", "none.png", "--age", "140"], "--age 140"),
        (["photo", "FILE", "--out", "OUT", "--select", "Bo", "--filepath", "none.png"], "No eyes are given"),
    ],
)
def test_a_mistake_is_one_line_on_stderr(
    file: Path, tmp_path: Path, capsys: Any, arguments: list[str], told: str
) -> None:
    named = {"FILE": str(file), "OUT": str(tmp_path / "out.blend")}
    capsys.readouterr()
    assert command_line.run([named.get(argument, argument) for argument in arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert not (tmp_path / "out.blend").exists()
