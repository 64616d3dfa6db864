"""How an environment is chosen, pinned, kept and refused; pip itself is not run."""

import shutil
import venv
from pathlib import Path
from typing import NamedTuple

import pytest

from tools import environments
from tools.environments import Environment
from tools.shared_libraries import SetUpError

CONSTRAINTS = "# pins\nnumpy==2.4.6\npytest==9.2.0\n"


class Disk(NamedTuple):
    """What `shutil.disk_usage` gives, in bytes."""

    total: int
    used: int
    free: int


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder in which environments are empty folders, each install being noted in `installs`."""
    (tmp_path / "constraints.txt").write_text(CONSTRAINTS)
    (tmp_path / "pyproject.toml").write_text("")
    log = tmp_path / "installs"
    log.touch()

    def create(folder: Path, clear: bool, with_pip: bool) -> None:
        assert clear
        assert with_pip
        folder.mkdir(exist_ok=True)

    def install(made: Environment, pins: Path) -> None:
        with log.open("a") as lines:
            lines.write(f"{made.name}: {pins.read_text().splitlines()[1]}\n")

    monkeypatch.setattr(environments, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "CONSTRAINTS", tmp_path / "constraints.txt")
    monkeypatch.setattr(venv, "create", create)
    monkeypatch.setattr(environments, "install", install)
    return tmp_path


def plain(**replaced_pins: str) -> Environment:
    return Environment("plain", ("pytest",), replaced_pins)


def installs(project: Path) -> list[str]:
    return (project / "installs").read_text().splitlines()


def test_an_environment_is_made_once_and_then_kept(project: Path) -> None:
    environments.make(plain())
    environments.make(plain())
    assert installs(project) == ["plain: numpy==2.4.6"]


def test_a_changed_pin_makes_it_anew(project: Path) -> None:
    environments.make(plain())
    (project / "constraints.txt").write_text(CONSTRAINTS.replace("9.2.0", "9.3.0"))
    environments.make(plain())
    assert len(installs(project)) == 2


def test_a_changed_project_file_makes_an_editable_one_anew(project: Path) -> None:
    editable = Environment("dev", ("--editable", "."))
    environments.make(editable)
    (project / "pyproject.toml").write_text("[project]\n")
    environments.make(editable)
    assert len(installs(project)) == 2


def test_an_install_that_failed_is_tried_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(environments, "install", fail)
        with pytest.raises(SetUpError):
            environments.make(plain())
    environments.make(plain())
    assert installs(project) == ["plain: numpy==2.4.6"]


def fail(made: Environment, pins: Path) -> None:
    raise SetUpError(f"no network for {made.name}")


def test_a_pin_can_be_replaced(project: Path) -> None:
    environments.make(plain(numpy="1.26.4"))
    assert installs(project) == ["plain: numpy==1.26.4"]


def test_a_pin_that_is_not_there_cannot_be_replaced() -> None:
    with pytest.raises(SetUpError, match="pins torch 0 times"):
        environments.with_replaced_pins(CONSTRAINTS, {"torch": "2.9.1"})


def test_another_torch_is_taken_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_VERSION", "2.9.1")
    assert environments.environment("dev").replaced_pins == {"torch": "2.9.1"}


@pytest.mark.usefixtures("project")
def test_a_full_disk_is_told_by_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(10**12, 10**12 - 10**8, 10**8))
    assert environments.main(["dev"]) == environments.NO_ROOM
    (line,) = capsys.readouterr().err.splitlines()
    assert "GB of free disk" in line


def test_every_blender_has_its_python_and_a_numpy_that_it_admits(monkeypatch: pytest.MonkeyPatch) -> None:
    for blender in environments.BLENDERS:
        monkeypatch.setattr(environments, "running_python", lambda python=blender.python: python)
        made = environments.environment(f"blender-{blender.version}")
        assert f"bpy=={blender.version}" in made.requirements
        assert {"pytest", "hypothesis", "safetensors", "scipy"} <= set(made.requirements)
        environments.with_replaced_pins(environments.CONSTRAINTS.read_text(), made.replaced_pins)


@pytest.mark.parametrize(("python", "version"), [("3.11", "4.5.15"), ("3.13", "5.2.3")])
def test_the_demo_takes_the_blender_of_the_running_python(
    monkeypatch: pytest.MonkeyPatch, python: str, version: str
) -> None:
    monkeypatch.setattr(environments, "running_python", lambda: python)
    assert f"bpy=={version}" in environments.environment("demo").requirements


@pytest.mark.parametrize(
    ("name", "python", "reason"),
    [
        ("demo", "3.12", "Blender's module is built for Python 3.11 and 3.13, this is 3.12"),
        ("blender-5.2.3", "3.11", "Blender 5.2.3 needs Python 3.13, this is 3.11"),
        ("blender-2.79", "3.11", "Blender 2.79 is not among those known: 4.2.23, 4.5.15, 5.0.1, 5.2.3"),
        ("devel", "3.11", "no environment 'devel'; there are: dev, demo, blender-VERSION"),
    ],
)
def test_what_cannot_be_made_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, python: str, reason: str
) -> None:
    monkeypatch.setattr(environments, "running_python", lambda: python)
    assert environments.main([name]) == 2
    assert capsys.readouterr().err == f"environments: {reason}\n"
