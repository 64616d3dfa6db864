"""What the documentation tells people to type, works; what it points to, exists."""

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from distributed.cli import dask_scheduler, dask_worker
from torch.distributed.run import get_args_parser

from trainer import cli
from trainer.errors import UserError

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for room in ("docs", "runs", ".github") for page in ROOT.glob(f"{room}/**/*.md"))]
)
COMMAND = re.compile(r"(?:.* )?(?:-m trainer|facegan-trainer) (.+?)(?: &)?")
TYPED = re.compile(r"^ *```(?:sh|bash|console)?\n(.*?)^ *```$", flags=re.M | re.S)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
OTHERS = ("blender ", "args:", '"--', "exec blender", "pip ", "mypy ", "godot ", "git ", "#SBATCH", "sudo ")
"""What begins a line of a program whose options are not the trainer's; Blender's are tried in Blender."""

ELSEWHERE = ("CHANGELOG.md", "scripting.md")
"""Pages of the add-on's command line, and of what was."""


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def typed_lines(page: Path) -> list[str]:
    """The lines of the page's code blocks, those continued by a backslash joined, comments left out."""
    blocks = re.findall(
        r"^ *```(?:sh|bash|console)?\n(.*?)^ *```$", page.read_text(encoding="utf-8"), flags=re.M | re.S
    )
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [line.partition(" #")[0].strip() for line in joined.splitlines()]


def trainer_commands() -> list[str]:
    return [match[1] for page in PAGES for line in typed_lines(page) if (match := COMMAND.fullmatch(line))]


@lru_cache(maxsize=1)
def trainer_options() -> dict[str, set[str]]:
    """The options of each of the trainer's commands, as its help tells them, and of those below it."""
    known = {}
    for name in cli.COMMANDS:
        below = ("make", "serve", "score", "report") if name == "study" else ()
        known[name] = set[str]()
        for words in (["--help"], *([one, "--help"] for one in below)):
            told = io.StringIO()
            with contextlib.redirect_stdout(told), contextlib.suppress(SystemExit, UserError):
                cli.parse(name, words)
            known[name] |= set(OPTION.findall(told.getvalue()))
    return known


def shown(page: Path) -> Iterator[str]:
    """The lines of the page's code blocks and the code within its text, each on one line."""
    text = page.read_text(encoding="utf-8")
    blocks = re.compile(r"^ *```\w*\n(.*?)^ *```$", flags=re.M | re.S)
    for block in blocks.findall(text):
        yield from (line.partition(" #")[0].strip() for line in block.replace("\\\n", " ").splitlines())
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", blocks.sub("", text)))


def options_of(code: str) -> set[str] | None:
    """The options that what is shown may name; None where they are of a program that is not asked."""
    if code.startswith(OTHERS):
        return None
    if "dask scheduler " in code:
        return {option for one in dask_scheduler.main.params for option in one.opts}
    if "dask worker " in code:
        return {option for one in dask_worker.main.params for option in one.opts}
    if script := re.search(r"(?:python3?|\.venv-demo/bin/python) (?:-m ((?!trainer)[\w.]+)|(\S+\.py))", code):
        path = ROOT / (script[2] or script[1].replace(".", "/") + ".py")
        path = path if path.is_file() else path.with_suffix("") / "__main__.py"
        return set(OPTION.findall(path.read_text(encoding="utf-8").replace("_", "-"))) if path.is_file() else None
    named = [word for word in code.split() if word in cli.COMMANDS]
    launcher = set(get_args_parser()._option_string_actions) if "torchrun" in code else set()
    chosen = named or list(cli.COMMANDS)
    return launcher.union(*(trainer_options()[name] for name in chosen))


def test_the_readme_shows_the_whole_way() -> None:
    shown = {command.split()[0] for command in trainer_commands()}
    assert {"prepare", "train", "evaluate", "export", "generate"} <= shown


@pytest.mark.parametrize("command", trainer_commands())
def test_a_command_that_is_shown_is_understood(command: str) -> None:
    name, *arguments = shlex.split(command)
    assert cli.parse(name, arguments) is not None


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in ELSEWHERE], ids=page_name)
def test_an_option_that_is_named_exists(page: Path) -> None:
    named = {code: set(OPTION.findall(code)) for code in shown(page) if "--" in code}
    known = {code: options_of(code) for code in named}
    unknown = {code: named[code] - its for code, its in known.items() if its is not None and named[code] - its}
    assert unknown == {}


def test_an_option_of_another_command_is_found_out() -> None:
    assert "--even-light" in (options_of("prepare --even-light") or ())
    assert "--even-light" not in (options_of("python -m trainer export RUN --even-light") or ())
    assert "--nnodes" in (options_of("srun torchrun --nnodes 2 -m trainer train --resume") or ())
    assert "--nworker" not in (options_of("dask worker --nworker 2") or ())


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`make ([a-z -]+)`", text) + re.findall(r"^make ([a-z -]+?)(?: *#.*)?$", text, flags=re.M)
    assert {target for words in named for target in words.split()} <= targets


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_link_within_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_file_of_the_project_that_is_named_exists(page: Path) -> None:
    """Paths in code type that begin with a folder of the project, placeholders in capitals left out."""
    folders = "blender_facegan|trainer|tests|tools|benchmarks|examples|docs|configs|runs|\\.github"
    named = re.findall(rf"`((?:{folders})/[a-z0-9_./-]*)`", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []
