"""The newcomer's way covers what there is, says what fails, and leaves nothing; no environment is made here."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tools import newcomer
from tools.newcomer import Newcomer, NewcomerError, readme_lines, trainer_words, with_minutes
from trainer.cli import COMMANDS

README_COMMANDS = {line.split()[3] for line in readme_lines() if line.startswith("python -m trainer ")}


def typed_commands() -> set[str]:
    """The trainer's commands that the tool's source names as the first word of a line."""
    calls = [
        node
        for node in ast.walk(ast.parse(Path(newcomer.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".trainer", "trainer_words"))
    ]
    return {str(call.args[0].value) for call in calls if call.args and isinstance(call.args[0], ast.Constant)}


def test_every_command_is_on_the_way() -> None:
    assert set(COMMANDS) <= typed_commands()
    assert typed_commands() >= README_COMMANDS


def test_the_lines_are_the_readmes_own() -> None:
    assert trainer_words("train")[:3] == ["train", "--preset", "crowd"]
    assert with_minutes(["--max-minutes", "180", "--quiet"], "1") == ["--max-minutes", "1", "--quiet"]
    with pytest.raises(NewcomerError, match="no line that begins with 'python -m trainer dance '"):
        trainer_words("dance")
    with pytest.raises(NewcomerError, match="no --max-minutes"):
        with_minutes(["train"], "1")


@pytest.fixture
def somebody(tmp_path: Path) -> Newcomer:
    """A newcomer whose environment is this one."""
    made = Newcomer(tmp_path)
    (made.environment / "bin").mkdir(parents=True)
    made.python.symlink_to(sys.executable)
    return made


@pytest.mark.parametrize(
    ("code", "message"),
    [("raise SystemExit('no luck')", "exit code 1\nno luck"), ("print('Traceback (most recent')", "a traceback")],
)
def test_what_fails_is_told_with_what_it_said(somebody: Newcomer, code: str, message: str) -> None:
    with pytest.raises(NewcomerError, match=message):
        somebody.type([somebody.python, "-c", code])


def test_what_is_to_be_killed_and_ends_by_itself_is_a_failure(
    somebody: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Newcomer, "train", lambda *_: [sys.executable, "-c", "print('over')"])
    with pytest.raises(NewcomerError, match="ended, or hangs\nover"):
        somebody.kill_once(lambda: False, "train")
    monkeypatch.setattr(Newcomer, "train", lambda *_: [sys.executable, "-c", "import time; time.sleep(600)"])
    somebody.kill_once(lambda: True, "train")


def test_a_file_that_is_missing_or_empty_is_a_failure(somebody: Newcomer) -> None:
    (somebody.home / "full").write_text("x")
    (somebody.home / "empty").touch()
    somebody.must_have("fu*")
    for name in ("empty", "none"):
        with pytest.raises(NewcomerError, match=f"{name}: was not written"):
            somebody.must_have(name)


def test_a_step_that_fails_ends_the_way_with_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: Newcomer) -> None:
        raise NewcomerError("a stone in the way")

    monkeypatch.setattr(newcomer, "STEPS", (fails,))
    assert newcomer.main(["--keep", str(tmp_path / "kept")]) == 1
    assert capsys.readouterr().err == "newcomer: a stone in the way\n"
    assert (tmp_path / "kept" / "home").is_dir()
    assert newcomer.main(["--keep", str(tmp_path / "kept")]) == 1
    assert newcomer.main(["--what"]) == 2


def test_the_copy_is_what_a_clone_would_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=checkout, check=True)
    (checkout / ".gitignore").write_text("build/\n")
    for name in ("kept.txt", "deep/down.txt", "build/left.txt"):
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_text(name)
    monkeypatch.setattr(newcomer, "ROOT", checkout)
    newcomer.copy_of_checkout(tmp_path / "clone")
    found = {path.relative_to(tmp_path / "clone").as_posix() for path in (tmp_path / "clone").rglob("*.txt")}
    assert found == {"kept.txt", "deep/down.txt"}
