"""The choice of an interpreter, among Pythons that are shell scripts."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "find_python.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with what the script itself runs, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "ls", "sed"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


def add_python(path: Path, version: str, with_venv: bool = True) -> Path:
    """A program that answers as Python `version` does to the script's three questions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "#!/bin/sh\n"
        f'case "$2" in *version_info*) echo {version};; *ensurepip*) exit {0 if with_venv else 1};; '
        f"*executable*) echo {path};; esac\n"
    )
    path.chmod(0o755)
    return path


def add_idle_shim(path: Path) -> None:
    """A pyenv shim for a version that is not active: it exists, and fails."""
    path.write_text("#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n")
    path.chmod(0o755)


def find(programs: Path, *versions: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPT), *versions],
        env={"PATH": str(programs), "HOME": str(programs.parent), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_wanted_version_wins(programs: Path) -> None:
    add_python(programs / "python3.11", "3.11")
    newer = add_python(programs / "python3.13", "3.13")
    assert find(programs, "3.13", "3.11").stdout.strip() == str(newer)


def test_another_python3_is_passed_over(programs: Path) -> None:
    add_python(programs / "python3", "3.12")
    fitting = add_python(programs / "python3.13", "3.13")
    assert find(programs, "3.11", "3.13").stdout.strip() == str(fitting)


def test_a_version_kept_by_pyenv_is_found_behind_its_idle_shim(programs: Path) -> None:
    add_idle_shim(programs / "python3.13")
    kept = add_python(programs.parent / ".pyenv" / "versions" / "3.13.0" / "bin" / "python", "3.13")
    assert find(programs, "3.13").stdout.strip() == str(kept)


def test_a_folder_with_a_space_is_no_trouble(programs: Path) -> None:
    kept = add_python(programs.parent / "py env" / "versions" / "3.11.7" / "bin" / "python", "3.11")
    assert find(programs, "3.11", PYENV_ROOT=str(programs.parent / "py env")).stdout.strip() == str(kept)


def test_a_named_python_is_the_only_candidate(programs: Path) -> None:
    add_python(programs / "python3.11", "3.11")
    named = add_python(programs.parent / "elsewhere" / "python", "3.13")
    assert find(programs, "3.11", "3.13", PYTHON=str(named)).stdout.strip() == str(named)


def test_a_named_python_of_another_version_is_refused(programs: Path) -> None:
    named = add_python(programs / "python3.12", "3.12")
    refused = find(programs, "3.11", "3.13", PYTHON=str(named))
    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [f"PYTHON={named} is not Python 3.11 or 3.13"]


def test_none_found_is_one_line(programs: Path) -> None:
    add_python(programs / "python3", "3.12")
    missing = find(programs, "3.11", "3.13")
    assert missing.returncode == 2
    assert missing.stdout == ""
    assert missing.stderr.splitlines() == [
        "no Python 3.11 or 3.13 found; install one, or name it: make ... PYTHON=/path/to/python"
    ]


def test_a_python_without_venv_is_told_what_to_install(programs: Path) -> None:
    add_python(programs / "python3.11", "3.11", with_venv=False)
    missing = find(programs, "3.11", "3.13")
    assert missing.returncode == 2
    assert "apt-get install python3.11-venv" in missing.stderr
