"""The zip: what is in it, the same bytes every time, and one line when it cannot be built."""

import zipfile
from pathlib import Path

import pytest

import build_addon
from tests.core.model.model_writer import small_network


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return small_network().draft(8).write(tmp_path / "some.facegan")


def test_the_same_files_give_the_same_bytes(tmp_path: Path, model: Path) -> None:
    first = build_addon.build(tmp_path / "one", model)
    second = build_addon.build(tmp_path / "two", model)
    assert first.read_bytes() == second.read_bytes()


def test_it_holds_the_sources_the_licence_and_the_model_alone(tmp_path: Path, model: Path) -> None:
    with zipfile.ZipFile(build_addon.build(tmp_path, model)) as archive:
        names = set(archive.namelist())
        assert archive.read("models/default.facegan") == model.read_bytes()
    assert {"__init__.py", "registration.py", "blender_manifest.toml", "LICENSE", "scene/populate/populate.py"} <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".txt"))]


def test_arrays_ship_with_a_note_that_says_what_they_were_made_of(tmp_path: Path, model: Path) -> None:
    with zipfile.ZipFile(build_addon.build(tmp_path, model)) as archive:
        names = set(archive.namelist())
    arrays = {name for name in names if name.endswith(".npz")}
    assert "core/head/landmark_network.npz" in arrays
    assert {name.removesuffix(".npz") + ".md" for name in arrays} <= names


def test_the_zip_is_named_after_the_version(tmp_path: Path, model: Path) -> None:
    assert build_addon.build(tmp_path, model).name == f"facegan-{build_addon.version()}.zip"


def test_a_missing_model_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build_addon.main(["--out", str(tmp_path), "--model", str(tmp_path / "none.facegan")]) == 2
    error = capsys.readouterr().err
    assert "none.facegan" in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_model_that_is_too_large_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = tmp_path / "large.facegan"
    large.write_bytes(bytes(build_addon.MAX_MODEL_BYTES + 1))
    assert build_addon.main(["--out", str(tmp_path), "--model", str(large)]) == 2
    assert "8,000,001" in capsys.readouterr().err


def test_a_larger_model_ships_beside_its_own_and_beside_no_other(tmp_path: Path, model: Path) -> None:
    larger = small_network().draft(16).write(tmp_path / "larger.facegan")
    with zipfile.ZipFile(build_addon.build(tmp_path, model, larger)) as archive:
        assert archive.read("models/default-128.facegan") == larger.read_bytes()
    with zipfile.ZipFile(build_addon.build(tmp_path, model)) as archive:
        assert "models/default-128.facegan" not in archive.namelist()
    assert build_addon.main(["--out", str(tmp_path), "--model", str(model), "--larger", str(tmp_path / "none")]) == 2


def test_a_zip_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path) -> None:
    monkeypatch.setattr(build_addon, "MAX_ZIP_BYTES", 1000)
    with pytest.raises(build_addon.BuildError, match="more than 1,000"):
        build_addon.build(tmp_path / "out", model)
    assert not list((tmp_path / "out").iterdir())


def test_the_size_is_printed(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build_addon.main(["--out", str(tmp_path), "--model", str(model)]) == 0
    assert "MB" in capsys.readouterr().out


def test_a_lite_zip_has_everything_but_a_model(tmp_path: Path, model: Path) -> None:
    whole, lite = build_addon.build(tmp_path, model), build_addon.build(tmp_path, lite=True)
    with zipfile.ZipFile(whole) as one, zipfile.ZipFile(lite) as other:
        assert set(one.namelist()) - set(other.namelist()) == {"models/default.facegan"}
        assert not set(other.namelist()) - set(one.namelist())
    assert lite.name == f"facegan-{build_addon.version()}-lite.zip"


def test_a_lite_zip_with_a_model_is_a_contradiction(tmp_path: Path, model: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        build_addon.main(["--out", str(tmp_path), "--lite", "--model", str(model)])
    assert ended.value.code == 2
    assert not list(tmp_path.glob("*.zip"))
