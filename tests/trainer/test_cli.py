"""What the command line answers before any command does its work."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from trainer import __version__, cli
from trainer.errors import UserError

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Probe:
    """A command that does as its test asks."""

    action: Callable[[], None]

    def run(self) -> None:
        self.action()


@pytest.fixture
def run_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], int]:
    """`trainer stats`, its work replaced. Returns the exit code."""

    def run(action: Callable[[], None]) -> int:
        monkeypatch.setattr(cli, "parse", lambda *_: Probe(action))
        return cli.main(["stats", "dataset"])

    return run


def test_no_command_shows_the_overview_and_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in cli.COMMANDS)


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_shows_every_command_with_its_summary(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([flag]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown and summary in shown for name, (_, summary) in cli.COMMANDS.items())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


def test_an_unknown_command_is_named_beside_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trian", "--preset", "crowd"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "'trian'" in line
    assert all(name in line for name in cli.COMMANDS)


def test_a_mistake_of_the_user_is_one_line_and_exit_code_2(
    run_with: Callable[[Callable[[], None]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise UserError("photos.csv holds no column 'age'; it needs file, sex, age")

    assert run_with(fail) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "trainer stats: error: photos.csv holds no column 'age'; it needs file, sex, age\n"


def test_ctrl_c_is_no_traceback(
    run_with: Callable[[Callable[[], None]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    assert run_with(interrupt) == 130
    assert capsys.readouterr().err == "trainer stats: stopped\n"


def test_a_missing_package_is_named_with_the_way_to_get_it(
    run_with: Callable[[Callable[[], None]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    def lack_torch() -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    assert run_with(lack_torch) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "torch" in line
    assert "pip install" in line


def test_a_fault_of_the_program_is_not_dressed_up_as_the_users(
    run_with: Callable[[Callable[[], None]], int],
) -> None:
    def break_down() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_with(break_down)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "--help"])
    assert stop.value.code == 0
    assert f"python -m trainer {command} " in capsys.readouterr().out


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_missing_arguments_are_one_line_that_points_to_the_help(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"trainer {command}: error: Missing ")
    assert line.endswith(f"; see: python -m trainer {command} --help")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["stats", "dataset", "--plto", "ages.png"], "--plto"),
        (["stats", "dataset", "another"], "another"),
        (["prepare", "folder", "in", "--out", "out", "--size", "large"], "'large'"),
        (["train", "--data", "in", "--out", "out", "--preset", "crow"], "'crow'"),
        (["prepare", "folder", "in", "--out", "out", "--eye-distance", "3"], "3"),
    ],
)
def test_an_argument_that_does_not_fit_is_one_line_that_names_it(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert named in line
    assert "──" not in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--data", "a", "--out", "b", "--set", "images=64", "--set", "data.batch=12"],
        ["evaluate", "--model", "a", "--data", "b", "--out", "c", "--only", "labels", "--only", "cascades"],
    ],
)
def test_values_that_would_be_lost_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    assert "is given twice; give it once, with all its values behind it" in capsys.readouterr().err


def test_the_module_runs_and_returns_the_exit_code() -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "trainer", "nothing"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 2
    assert outcome.stderr.startswith("trainer: error: no command 'nothing'")


@pytest.mark.parametrize("command", ["prepare", "stats"])
def test_reading_photographs_needs_no_torch(command: str) -> None:
    code = f"import sys; from trainer import cli; cli.parse({command!r}, sys.argv[1:]); print('torch' in sys.modules)"
    arguments = ["folder", "in", "--out", "out"] if command == "prepare" else ["dataset"]
    outcome = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert outcome.stdout.strip() == "False"


def test_a_reader_that_has_enough_ends_the_command_without_a_traceback() -> None:
    """`trainer stats DATASET | head -1`."""
    script = """
import trainer.cli as cli
class Talks:
    def run(self):
        for line in range(100_000):
            print(line)
cli.parse = lambda name, words: Talks()
raise SystemExit(cli.main(["stats", "x"]))
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as talks:
        assert talks.stdout is not None
        assert talks.stderr is not None
        assert talks.stdout.readline() == b"0\n"
        talks.stdout.close()
        assert talks.stderr.read() == b""
        assert talks.wait() == 141


@pytest.mark.parametrize(
    ("given", "spins"), [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "ACTIVE"}, None)]
)
def test_threads_do_not_wait_in_circles_unless_the_user_says_so(
    given: dict[str, str], spins: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["--version"]) == 0
    assert os.environ.get("GOMP_SPINCOUNT") == spins


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--data", "x", "--out", "y", "--max-minutes", "nan"],
        ["train", "--data", "x", "--out", "y", "--threads", "-1"],
        ["sample", "a.facegan", "--out", "x.png", "--seed", "-1"],
        ["evaluate", "--model", "m", "--data", "d", "--out", "o", "--workers", "-1"],
        ["prepare", "folder", "x", "--out", "y", "--workers", "0"],
        ["prepare", "folder", "x", "--out", "y", "--held-out", "nan"],
        ["review", "x", "--port", "70000"],
    ],
)
def test_an_option_out_of_its_range_is_refused_before_anything_is_opened(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"{words[-2]} {float(words[-1]):g}" in told
