"""The walls of the house, as docs/architecture.md draws them."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blender_writes import blender_writes

ROOT = Path(__file__).parents[1]
ADD_ON = ROOT / "blender_facegan"
CORE = ADD_ON / "core"
SCENE = ADD_ON / "scene"
TRAINER = ROOT / "trainer"
BLENDER_MODULES = {"bpy", "bl_ext", "bmesh", "gpu", "mathutils", "blf", "bpy_extras", "gpu_extras"}
ROOMS: dict[tuple[str, str], tuple[str, ...]] = {
    ("blender_facegan", "core"): (),
    ("blender_facegan", "scene"): ("core",),
    ("blender_facegan", "ui"): ("core", "scene"),
}
"""What each room may import of the other rooms of its house; single modules beside the rooms are for all."""
LONGEST_FILE = 400
LONGEST_FUNCTION = 80


def sources(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"{folder} holds no Python file: the wall would hold of nothing"
    return found


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each module that the file imports; a relative one begins with dots."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "__import__",
            "importlib.import_module",
        ):
            yield node.lineno, ast.unparse(node.args[0]).strip("'")


def top_level_imports(folder: Path) -> list[tuple[str, str]]:
    """Where, and the first part of the name, of each absolute import in the folder."""
    return [
        (f"{name_of(path)}:{line}", module.split(".")[0])
        for path in sources(folder)
        for line, module in imports(path)
        if not module.startswith(".")
    ]


def test_the_core_knows_nothing_of_blender() -> None:
    assert [found for found in top_level_imports(CORE) if found[1] in BLENDER_MODULES] == []


def test_the_core_imports_nothing_of_the_rooms_above_it() -> None:
    """A relative import out of `core/` may not climb above it."""
    climbing = []
    for path in sources(CORE):
        depth = len(path.relative_to(CORE).parts)
        for line, module in imports(path):
            dots = len(module) - len(module.lstrip("."))
            if dots > depth:
                climbing.append(f"{name_of(path)}:{line} {module}")
    assert climbing == []


def test_the_add_on_needs_nothing_but_blender_and_numpy() -> None:
    allowed = sys.stdlib_module_names | BLENDER_MODULES | {"numpy"}
    assert [found for found in top_level_imports(ADD_ON) if found[1] not in allowed] == []


def test_the_add_on_imports_itself_relatively() -> None:
    """Blender installs it as `bl_ext.<repository>.facegan`, so its own name is not known to it."""
    assert [found for found in top_level_imports(ADD_ON) if found[1] in ("blender_facegan", "facegan")] == []


def test_the_trainer_knows_neither_blender_nor_the_add_on() -> None:
    forbidden = BLENDER_MODULES | {"blender_facegan"}
    assert [found for found in top_level_imports(TRAINER) if found[1] in forbidden] == []


def rooms_used(room: Path, house: Path) -> Iterator[tuple[str, str]]:
    """Where, and which other room of its house, each import of a room leads to."""
    for path in sources(room):
        inside = path.relative_to(house).parts
        for line, module in imports(path):
            dots = len(module) - len(module.lstrip("."))
            name = module.removeprefix(f"{house.name}.") if not dots else module.lstrip(".")
            if dots == len(inside) or (not dots and module.startswith(f"{house.name}.")):
                yield f"{name_of(path)}:{line}", name.split(".")[0]


@pytest.mark.parametrize(("house", "room"), ROOMS)
def test_a_room_uses_only_what_the_map_allows(house: str, room: str) -> None:
    used = [found for found in rooms_used(ROOT / house / room, ROOT / house) if (ROOT / house / found[1]).is_dir()]
    assert [found for found in used if found[1] not in {room, *ROOMS[house, room]}] == []


def test_every_room_is_on_the_map() -> None:
    there = {
        (house, path.name)
        for house in ("blender_facegan",)
        for path in (ROOT / house).iterdir()
        if list(path.glob("*.py"))
    }
    assert there == set(ROOMS)
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [f"{house}/{room}/" for house, room in ROOMS if f"`{house}/{room}/`" not in text] == []


def test_blender_data_is_written_in_scene_alone() -> None:
    found = []
    for path in sources(ADD_ON):
        if path.is_relative_to(SCENE) or path.is_relative_to(CORE):
            continue
        for write in blender_writes(path.read_text(encoding="utf-8")):
            registers_a_property = path == ADD_ON / "registration.py" and "bpy.types" in write.text
            if not registers_a_property:
                found.append(f"{name_of(path)}:{write.line} {write.text}")
    assert found == []


def test_scene_is_where_the_rule_finds_writes() -> None:
    """Otherwise the rule above would be blind."""
    assert any(blender_writes(path.read_text(encoding="utf-8")) for path in sources(SCENE))


def test_panels_can_compute_nothing() -> None:
    """They show what is stored: the core and numpy are out of their reach."""
    reached = [
        f"{name_of(path)}:{line} {module}"
        for path in sources(ADD_ON / "ui")
        if "panel" in path.name
        for line, module in imports(path)
        if module.split(".")[0] == "numpy" or "core" in module.split(".")
    ]
    assert reached == []


@pytest.mark.parametrize("folder", ["blender_facegan", "trainer", "tools", "tests"])
def test_a_file_can_be_read_at_one_sitting(folder: str) -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(ROOT / folder)}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


@pytest.mark.parametrize("folder", ["blender_facegan", "trainer", "tools", "tests"])
def test_a_function_fits_a_screen(folder: str) -> None:
    long = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in sources(ROOT / folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []
