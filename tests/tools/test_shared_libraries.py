"""The check of system libraries, against a loader and an apt-get that are shell scripts on the PATH."""

import os
from pathlib import Path

import pytest

from tools import shared_libraries
from tools.shared_libraries import SetUpError

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n'
MINT = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n'
FEDORA = "ID=fedora\n"
ARCH = "ID=arch\n"


class Machine:
    """A PATH of its own, a Blender module that nothing can load, and an os-release file."""

    def __init__(self, root: Path) -> None:
        self.package = root / "site-packages" / "bpy"
        self.package.mkdir(parents=True)
        (self.package / "__init__.so").touch()
        self.programs = root / "bin"
        self.programs.mkdir()
        self.os_release = root / "os-release"
        self.installed = root / "installed"
        self.apt_log = root / "apt.log"

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def lacks(self, *libraries: str) -> None:
        """`ldd` reports `libraries` as not found until apt-get has run `install`."""
        lines = "".join(f"\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\t{library} => not found\n" for library in libraries)
        (self.programs.parent / "report").write_text(lines)
        self.program(
            "ldd",
            f'[ -e {self.installed} ] || while read -r l; do echo "$l"; done < {self.programs.parent}/report',
        )

    def has_apt(self, then: str = "") -> None:
        """`apt-get` notes its arguments and, told to install, runs `then`."""
        self.program("apt-get", f'echo "$@" >> {self.apt_log}\ncase "$*" in *install*) {then or ":"};; esac')


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(made.programs))
    made.os_release.write_text(DEBIAN)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return made


def test_nothing_is_said_or_done_when_nothing_is_missing(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.lacks()
    machine.has_apt()
    shared_libraries.provide(machine.package, machine.os_release)
    assert capsys.readouterr().out == ""
    assert not machine.apt_log.exists()


def test_root_on_debian_gets_what_is_missing_and_is_told(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.lacks("libXi.so.6", "libxkbcommon.so.0")
    machine.has_apt(then=f": > {machine.installed}")
    shared_libraries.provide(machine.package, machine.os_release)
    assert "libxi6 libxkbcommon0" in capsys.readouterr().out
    update, install = machine.apt_log.read_text().splitlines()
    assert "update" in update
    assert install.endswith("libxi6 libxkbcommon0")


@pytest.mark.parametrize("os_release", [DEBIAN, MINT])
def test_a_user_who_is_not_root_gets_the_line_to_run(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, os_release: str
) -> None:
    machine.os_release.write_text(os_release)
    machine.lacks("libSM.so.6", "libXi.so.6")
    machine.has_apt()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetUpError, match=r"sudo apt-get install libsm6 libxi6$"):
        shared_libraries.provide(machine.package, machine.os_release)
    assert not machine.apt_log.exists()


def test_fedora_is_asked_for_the_libraries_by_their_names(machine: Machine) -> None:
    machine.os_release.write_text(FEDORA)
    machine.program("dnf", "")
    machine.lacks("libXi.so.6")
    with pytest.raises(SetUpError, match=r"sudo dnf install 'libXi\.so\.6\(\)\(64bit\)'$"):
        shared_libraries.provide(machine.package, machine.os_release)


def test_an_unknown_system_is_told_which_libraries(machine: Machine) -> None:
    machine.os_release.write_text(ARCH)
    machine.lacks("libXi.so.6")
    with pytest.raises(SetUpError, match=r"package manager, what holds libXi\.so\.6$"):
        shared_libraries.provide(machine.package, machine.os_release)


def test_a_library_of_no_known_package_is_named(machine: Machine) -> None:
    machine.lacks("libstrange.so.9")
    machine.has_apt()
    with pytest.raises(SetUpError, match=r"libstrange\.so\.9"):
        shared_libraries.provide(machine.package, machine.os_release)
    assert not machine.apt_log.exists()


def test_a_failing_apt_is_quoted(machine: Machine) -> None:
    machine.lacks("libXi.so.6")
    machine.has_apt(then="echo 'E: Unable to locate package libxi6' >&2; exit 100")
    with pytest.raises(SetUpError, match="Unable to locate package libxi6"):
        shared_libraries.provide(machine.package, machine.os_release)


def test_an_install_that_did_not_help_is_an_error(machine: Machine) -> None:
    machine.lacks("libXi.so.6")
    machine.has_apt()
    with pytest.raises(SetUpError, match=r"still lacks libXi\.so\.6"):
        shared_libraries.provide(machine.package, machine.os_release)


def test_a_system_without_ldd_needs_nothing(machine: Machine) -> None:
    assert shared_libraries.missing_libraries(machine.package) == []


def test_a_folder_without_the_module_is_named(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.lacks()
    empty = tmp_path / "empty"
    empty.mkdir()
    assert shared_libraries.main([str(empty)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"shared libraries: {empty} holds no Blender module (__init__*.so); reinstall bpy"
    ]
