"""What the documentation tells people to type, works; what it points to, exists."""

import re
import shlex
from pathlib import Path

import pytest

from trainer import cli

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for room in ("docs", "runs", ".github") for page in ROOT.glob(f"{room}/**/*.md"))]
)
COMMAND = re.compile(r"(?:python -m trainer|facegan-trainer) (.+)")


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def typed_lines(page: Path) -> list[str]:
    """The lines of the page's code blocks, those continued by a backslash joined, comments left out."""
    blocks = re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [line.partition(" #")[0].strip() for line in joined.splitlines()]


def trainer_commands() -> list[str]:
    return [match[1] for page in PAGES for line in typed_lines(page) if (match := COMMAND.fullmatch(line))]


def test_the_readme_shows_the_whole_way() -> None:
    shown = {command.split()[0] for command in trainer_commands()}
    assert {"prepare", "train", "evaluate", "export", "generate"} <= shown


@pytest.mark.parametrize("command", trainer_commands())
def test_a_command_that_is_shown_is_understood(command: str) -> None:
    name, *arguments = shlex.split(command)
    assert cli.parse(name, arguments) is not None


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
