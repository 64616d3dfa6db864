"""The trainer's rooms, as the table of docs/architecture.md lists them: what each holds, and what it may use."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rooms_page import rooms_on_the_page

ROOT = Path(__file__).parents[1]
TRAINER = ROOT / "trainer"
HEADING = "## The trainer's rooms"
MOST_FILES = 12
GROUND = (
    "errors.py",
    "files.py",
    "ranges.py",
    "old_names.py",
    "pictures.py",
    "provenance.py",
    "charts.py",
    "local_server.py",
    "workers",
)
"""Modules that know nothing of labels, networks or faces; every room may use them."""
ROOMS: dict[str, tuple[str, ...]] = {
    "errors.py": (),
    "files.py": ("errors.py",),
    "ranges.py": ("errors.py",),
    "old_names.py": (),
    "pictures.py": (),
    "provenance.py": (),
    "charts.py": ("errors.py",),
    "local_server.py": ("errors.py",),
    "workers": ("errors.py",),
    "labels": (),
    "config.py": ("labels",),
    "checkpoints.py": (),
    "data/sources": ("labels",),
    "data/light": (),
    "data/faces": ("data/light",),
    "data": ("data/light", "data/sources", "labels"),
    "data/prepare": ("data", "data/faces", "data/light", "data/sources", "labels"),
    "networks": ("config.py", "labels"),
    "model_file": ("labels", "networks"),
    "drawing": ("checkpoints.py", "config.py", "labels", "model_file", "networks"),
    "evaluation/judges": ("data/faces",),
    "evaluation/statistics": (),
    "evaluation": (
        "checkpoints.py",
        "data",
        "data/faces",
        "data/light",
        "drawing",
        "evaluation/judges",
        "evaluation/statistics",
        "labels",
        "model_file",
    ),
    "evaluation/sections": (
        "data/faces",
        "data/light",
        "data/prepare",
        "evaluation",
        "evaluation/judges",
        "evaluation/statistics",
        "labels",
    ),
    "training/step": ("config.py", "data", "data/light", "drawing", "labels", "networks"),
    "training": (
        "checkpoints.py",
        "config.py",
        "data",
        "data/light",
        "drawing",
        "evaluation/judges",
        "evaluation/statistics",
        "labels",
        "networks",
        "training/step",
    ),
    "review": (
        "checkpoints.py",
        "data",
        "data/prepare",
        "labels",
        "networks",
        "training",
        "training/step",
    ),
    "study": ("data", "evaluation", "evaluation/statistics", "labels"),
    "encoder/photographs": ("data/faces", "data/light", "data/prepare", "labels", "networks"),
    "encoder": (
        "checkpoints.py",
        "config.py",
        "data",
        "data/faces",
        "drawing",
        "encoder/photographs",
        "evaluation/judges",
        "labels",
        "networks",
        "training",
        "training/step",
    ),
    "encoder/cast": ("drawing", "encoder", "encoder/photographs", "labels", "model_file", "networks", "workers"),
    "commands": (
        "checkpoints.py",
        "config.py",
        "data",
        "data/faces",
        "data/prepare",
        "data/sources",
        "drawing",
        "encoder",
        "encoder/cast",
        "encoder/photographs",
        "evaluation",
        "evaluation/judges",
        "evaluation/sections",
        "labels",
        "model_file",
        "networks",
        "review",
        "study",
        "training",
    ),
    "cli.py": (),
    "__main__.py": ("cli.py",),
}
"""Every module lies in one of these, from the ground up: a room uses what stands above it here, and of that this."""


def room_of(path: Path) -> str:
    """The room of a module, or of a folder that is imported from."""
    inside = path.relative_to(TRAINER)
    folder = inside.parent if path.suffix else inside
    return folder.as_posix() if folder.parts else inside.name


def modules() -> list[Path]:
    """All modules but those that say no more than what their folder is."""
    return [path for path in sorted(TRAINER.rglob("*.py")) if path.name != "__init__.py"]


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and room of each of the trainer's modules that the module imports, itself in any function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        for name in (f"{start}{alias.name}" for alias in node.names):
            inside = ROOT.joinpath(*name.split("."))
            if name.startswith("trainer."):
                found = next((place for place in (inside, inside.parent) if place.with_suffix(".py").is_file()), None)
                if found is not None:
                    yield node.lineno, room_of(found.with_suffix(".py"))
                elif inside.parent != TRAINER:
                    yield node.lineno, room_of(inside.parent)


def test_every_module_is_in_a_room() -> None:
    assert {room_of(path) for path in modules()} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_only_what_the_table_allows(room: str) -> None:
    ground = () if room in GROUND else GROUND
    used = [
        f"{path.relative_to(ROOT).as_posix()}:{line} {other}"
        for path in modules()
        if room_of(path) == room
        for line, other in imported(path)
        if other not in {room, *ROOMS[room], *ground}
    ]
    assert used == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_all_that_the_table_says(room: str) -> None:
    used = {other for path in modules() if room_of(path) == room for _, other in imported(path)}
    assert set(ROOMS[room]) <= used


def test_no_room_uses_one_below_it() -> None:
    """So there is no circle: the table goes from the ground up."""
    rooms = list(ROOMS)
    for place, room in enumerate(rooms):
        assert {one for one in ROOMS[room] if one in rooms[place:]} == set(), room


def test_a_room_is_seen_at_a_glance() -> None:
    folders = [TRAINER, *(path for path in TRAINER.rglob("*") if path.is_dir())]
    # One module for each command: there are as many as there are commands.
    folders.remove(TRAINER / "commands")
    count = {folder.relative_to(ROOT).as_posix(): len(list(folder.glob("*.py"))) for folder in folders}
    assert {name: number for name, number in count.items() if number > MOST_FILES + 1} == {}


def test_the_page_has_the_same_table() -> None:
    assert rooms_on_the_page(HEADING) == ROOMS
