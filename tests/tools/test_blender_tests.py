"""Which Blenders are tested, skipped or failed; the Pythons are shell scripts that answer as told."""

from pathlib import Path

import pytest

from tools import blender_tests
from tools.environments import BLENDERS, NO_ROOM, Blender

NEWEST = BLENDERS[-1]


class Machine:
    """A project folder whose environments hold programs that note their call and exit as told."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "log"
        self.log.touch()
        self.maker = self.program(root / "python", exit_code=0)

    def program(self, path: Path, exit_code: int) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "$0 $*" >> {self.log}\nexit {exit_code}\n')
        path.chmod(0o755)
        return path

    def holds(self, blender: Blender, tests_exit: int = 0) -> None:
        self.program(self.root / f".venv-blender-{blender.version}" / "bin" / "python", tests_exit)

    def tested(self) -> list[str]:
        lines = self.log.read_text().splitlines()
        return [blender.version for blender in BLENDERS for line in lines if f"{blender.version}/bin" in line]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setattr(blender_tests, "ROOT", tmp_path)
    monkeypatch.setattr(blender_tests, "interpreter", lambda _: str(made.maker))
    for blender in BLENDERS:
        made.holds(blender)
    return made


def test_all_means_every_blender(machine: Machine) -> None:
    assert blender_tests.main(["--all"]) == 0
    assert machine.tested() == [blender.version for blender in BLENDERS]


def test_without_arguments_it_is_the_running_pythons(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blender_tests, "running_python", lambda: "3.13")
    assert blender_tests.main([]) == 0
    assert machine.tested() == ["5.2.3"]


def test_one_failure_fails_the_whole_and_stops_nothing(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.holds(BLENDERS[0], tests_exit=1)
    assert blender_tests.main(["--all"]) == 1
    assert machine.tested() == [blender.version for blender in BLENDERS]
    assert capsys.readouterr().err == f"FAILED on Blender {BLENDERS[0].version}\n"


def test_a_missing_python_is_a_skip_that_is_said(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        blender_tests, "interpreter", lambda version: None if version == NEWEST.python else str(machine.maker)
    )
    assert blender_tests.main(["--all"]) == 0
    assert NEWEST.version not in machine.tested()
    assert f"SKIPPED: Blender {NEWEST.version}" in capsys.readouterr().out


def test_a_full_disk_is_a_skip(machine: Machine) -> None:
    machine.program(machine.maker, NO_ROOM)
    assert blender_tests.run_tests([NEWEST]) == 2
    assert machine.tested() == []


def test_an_environment_that_cannot_be_made_is_a_failure(machine: Machine) -> None:
    machine.program(machine.maker, exit_code=2)
    assert blender_tests.main(["--all"]) == 1
    assert machine.tested() == []
