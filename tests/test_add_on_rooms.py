"""The add-on's rooms, as the table of docs/architecture.md lists them: what each holds, and what it may use."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rooms_page import rooms_on_the_page

ROOT = Path(__file__).parents[1]
ADD_ON = ROOT / "blender_facegan"
HEADING = "## The add-on's rooms"
MOST_MODULES = 12
WORKER = "blender_facegan.core.atlas.worker"
"""Where the thread begins that makes the faces."""
ROOMS: dict[str, tuple[str, ...]] = {
    "core/errors.py": (),
    "core/people": ("core/errors.py",),
    "core/model": ("core/errors.py",),
    "core/engine": ("core/model", "core/people"),
    "core/likeness": ("core/engine", "core/people"),
    "core/head": ("core/model",),
    "core/search": ("core/head",),
    "core/cast": ("core/engine", "core/errors.py", "core/likeness", "core/model", "core/people"),
    "core/billboards": ("core/head", "core/likeness"),
    "core/atlas": ("core/engine", "core/errors.py", "core/likeness", "core/model", "core/people"),
    "core/export": ("core/atlas", "core/likeness"),
    "scene/user_folder.py": (),
    "scene/records.py": (),
    "scene/people": ("core", "scene/records.py"),
    "scene/pages": ("core", "scene/records.py"),
    "scene/model": ("core", "scene/people", "scene/user_folder.py"),
    "scene/likeness": ("core", "scene/pages", "scene/people", "scene/records.py"),
    "scene/materials": ("core", "scene/people", "scene/records.py"),
    "scene/billboards": ("core", "scene/materials", "scene/people"),
    "scene/head": ("core", "scene/billboards", "scene/materials", "scene/people", "scene/records.py"),
    "scene/populate": ("core", "scene/head", "scene/materials", "scene/pages", "scene/people", "scene/records.py"),
    "scene/instances": (
        "core",
        "scene/head",
        "scene/materials",
        "scene/pages",
        "scene/people",
        "scene/populate",
        "scene/records.py",
    ),
    "scene/cast": ("core", "scene/instances", "scene/people", "scene/populate"),
    "scene/export": (
        "core",
        "scene/head",
        "scene/instances",
        "scene/materials",
        "scene/model",
        "scene/pages",
        "scene/people",
        "scene/records.py",
    ),
    "scene/faces": (
        "core",
        "scene/export",
        "scene/head",
        "scene/materials",
        "scene/pages",
        "scene/people",
        "scene/populate",
        "scene/records.py",
    ),
    "scene/headless": ("core", "scene/export", "scene/instances", "scene/people", "scene/records.py"),
    "ui/base.py": ("core/errors.py", "scene"),
    "ui/fields.py": (),
    "ui/preference_values.py": ("scene",),
    "ui/running.py": ("core/errors.py", "scene", "ui/base.py"),
    "ui/searching.py": ("core/errors.py", "scene", "ui/base.py", "ui/preference_values.py", "ui/running.py"),
    "ui/panels.py": ("scene", "ui/preference_values.py"),
    "ui/people": (
        "core",
        "scene",
        "ui/base.py",
        "ui/fields.py",
        "ui/panels.py",
        "ui/preference_values.py",
        "ui/running.py",
    ),
    "ui/properties.py": ("core", "scene", "ui/base.py", "ui/fields.py", "ui/people"),
    "ui/populate": (
        "core",
        "scene",
        "ui/base.py",
        "ui/fields.py",
        "ui/people",
        "ui/preference_values.py",
        "ui/properties.py",
        "ui/running.py",
        "ui/searching.py",
    ),
    "ui/head": ("core/errors.py", "scene", "ui/base.py", "ui/fields.py"),
    "ui/instances.py": (
        "core",
        "scene",
        "ui/base.py",
        "ui/fields.py",
        "ui/panels.py",
        "ui/populate",
        "ui/searching.py",
    ),
    "ui/faces": ("core", "scene", "ui/base.py", "ui/fields.py", "ui/populate", "ui/searching.py"),
    "ui/cast": (
        "core",
        "scene",
        "ui/base.py",
        "ui/fields.py",
        "ui/panels.py",
        "ui/populate",
        "ui/preference_values.py",
        "ui/searching.py",
    ),
    "ui/likeness.py": ("core", "scene", "ui/base.py", "ui/panels.py", "ui/preference_values.py"),
    "ui/materials.py": ("scene", "ui/base.py", "ui/panels.py"),
    "ui/pages.py": ("scene", "ui/base.py", "ui/panels.py"),
    "ui/model": ("core", "scene", "ui/base.py", "ui/fields.py", "ui/panels.py", "ui/preference_values.py"),
    "ui/export": ("core", "scene", "ui/base.py", "ui/fields.py", "ui/panels.py", "ui/preference_values.py"),
    "ui/preferences.py": ("ui/fields.py", "ui/model", "ui/preference_values.py"),
    "api.py": ("core", "scene", "ui/preference_values.py"),
    "command_line.py": ("core", "scene", "ui/base.py", "ui/preference_values.py"),
    "registration.py": ("command_line.py", "scene", "ui"),
    "__init__.py": ("registration.py", "scene"),
}
"""Every module lies in one of these, from the ground up; `core`, `scene` and `ui` are all rooms of that floor."""


def room_of(path: Path) -> str:
    return "/".join(path.relative_to(ADD_ON).parts[:2])


def modules() -> list[Path]:
    """All modules but those that say no more than what their folder is."""
    return [path for path in sorted(ADD_ON.rglob("*.py")) if path.name != "__init__.py" or path.parent == ADD_ON]


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and room of each of the add-on's modules that the module imports, itself in any function."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = ROOT.joinpath(*package[: len(package) - node.level + 1], *(node.module or "").split("."))
        for alias in node.names:
            inside = [base / f"{alias.name}.py", base / alias.name, base.with_suffix(".py")]
            found = next(place for place in inside if place.exists())
            yield node.lineno, room_of(found)


def allowed(room: str) -> set[str]:
    floors = {floor for floor in ROOMS[room] if floor in ("core", "scene", "ui")}
    return {room, *ROOMS[room], *(one for one in ROOMS if one.split("/")[0] in floors)}


def test_every_module_is_in_a_room() -> None:
    assert {room_of(path) for path in modules()} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_only_what_the_table_allows(room: str) -> None:
    used = [
        f"{path.relative_to(ROOT).as_posix()}:{line} {other}"
        for path in modules()
        if room_of(path) == room
        for line, other in imported(path)
        if other not in allowed(room)
    ]
    assert used == []


def test_no_room_uses_one_above_it() -> None:
    """So there is no circle: the table goes from the ground up."""
    rooms = list(ROOMS)
    for place, room in enumerate(rooms):
        above = {one for one in ROOMS[room] if one in rooms[place:]}
        assert above == set(), room


@pytest.mark.parametrize("house", ["blender_facegan", "tests/core", "tests/blender"])
def test_a_room_is_seen_at_a_glance(house: str) -> None:
    count = {
        folder.relative_to(ROOT).as_posix(): len([path for path in folder.glob("*.py") if path.name != "__init__.py"])
        for folder in [ROOT / house, *(ROOT / house).rglob("*")]
        if folder.is_dir()
    }
    assert {name: number for name, number in count.items() if number > MOST_MODULES} == {}


def test_the_page_has_the_same_table() -> None:
    assert rooms_on_the_page(HEADING) == ROOMS


def test_the_worker_thread_runs_where_there_is_no_blender() -> None:
    """Everything that it imports is in the core: Blender's modules cannot be reached, and nothing asks for them."""
    script = f"""
import importlib, sys
for name in ("bpy", "bmesh", "gpu", "blf", "mathutils", "bpy_extras"):
    sys.modules[name] = None
importlib.import_module({WORKER!r})
print(sorted(name for name in sys.modules if name.startswith("blender_facegan")))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names: list[str] = ast.literal_eval(done.stdout)
    assert WORKER in names
    assert [name for name in names if name != "blender_facegan" and not name.startswith("blender_facegan.core")] == []
