"""What the package declares, what its pins hold, and what its wheel carries."""

import ast
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import trainer
from trainer.cli import COMMANDS

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = {
    "trainer",
    "tests",
    "tools",
    "examples",
    "benchmarks",
    "blender_facegan",
    "build_addon",
    "bmesh",
    "bpy",
    "bpy_extras",
    "mathutils",
}
PIN = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+]+)")


def pins() -> dict[str, str]:
    """Package, in its canonical spelling, to version."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    matches = [PIN.fullmatch(line) for line in lines if line and not line.startswith("#")]
    assert None not in matches, "constraints.txt holds pins and comments alone"
    names = [canonicalize_name(match[1]) for match in matches if match]
    assert len(names) == len(set(names)), "each package is pinned once"
    return {canonicalize_name(match[1]): match[2] for match in matches if match}


def requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(text) for text in (*PROJECT["dependencies"], *(text for extra in extras for text in extra))]


def files_of_the_trainer() -> set[str]:
    """Every file in `trainer/`, whatever its ending: modules, pages, tables."""
    files = (path for path in (ROOT / "trainer").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in files}


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_every_requirement_is_pinned_within_its_range(requirement: Requirement) -> None:
    version = pins()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)


@pytest.mark.parametrize(
    ("folders", "extras"),
    [(["trainer"], ["train", "judge", "cluster"]), (["tests", "benchmarks"], ["train", "judge", "dev"])],
)
def test_every_package_that_is_imported_is_declared(folders: list[str], extras: list[str]) -> None:
    undeclared = {
        f"{module} (in {path.relative_to(ROOT)})"
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for module in {name.split(".")[0] for name in imported(path)} - sys.stdlib_module_names - OWN
        if not declared(extras) & providers(module)
    }
    assert undeclared == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_asks_for_no_package_that_its_extra_does_not_bring(command: str) -> None:
    """What it imports, however far down, and whose files it reads by the package's name.

    `judge` is for measuring faces and likenesses, `cluster` for the option of that name, which tells what to install.
    """
    module = COMMANDS[command][0].partition(":")[0]
    extras = ["train", "cluster", *(["judge"] if command in ("encoder", "evaluate") else [])]
    asked = {
        (name, path.relative_to(ROOT).as_posix())
        for path in reached(module)
        for name in {name.split(".")[0] for name in imported(path)} - sys.stdlib_module_names - OWN | mentioned(path)
    }
    assert {(name, path) for name, path in asked if not declared(extras) & providers(name)} == set()
    assert asked


def declared(extras: Sequence[str]) -> set[str]:
    """The packages, canonically spelt, that the project and these extras ask for."""
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in PROJECT["optional-dependencies"][extra])]
    return {canonicalize_name(Requirement(text).name) for text in texts}


@cache
def modules_of_packages() -> dict[str, list[str]]:
    """Installed modules and the packages that hold them."""
    # The metadata of dlib-bin does not name its module.
    return {**importlib.metadata.packages_distributions(), "dlib": ["dlib-bin"]}


@cache
def installed_names() -> set[str]:
    """What is installed: modules, and packages as they spell themselves."""
    return modules_of_packages().keys() | {one.metadata["Name"] for one in importlib.metadata.distributions()}


def providers(name: str) -> set[str]:
    """The packages, canonically spelt, that hold the module `name`, or that are called so."""
    return {canonicalize_name(package) for package in modules_of_packages().get(name, [name])}


@cache
def imported(path: Path) -> set[str]:
    """Every module that the file imports absolutely, and what a library's own part needs beside the library."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return names | {"tensorboard" for name in names if name == "torch.utils.tensorboard"}


@cache
def mentioned(path: Path) -> set[str]:
    """Third-party modules and packages whose bare name stands in the file as a string: it looks for their files."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return installed_names() & strings - OWN - {PROJECT["name"]}


def reached(module: str) -> set[Path]:
    """The files of the project that importing `module` leads to, imports inside functions included."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        place = ROOT / Path(*waiting.pop().split("."))
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file() and path not in found:
                found.add(path)
                waiting += [name for name in imported(path) if name.split(".")[0] == "trainer"]
    return found


def test_the_version_is_the_newest_of_the_changelog() -> None:
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert released[0] == trainer.__version__


def test_the_add_on_and_the_trainer_are_of_one_version() -> None:
    manifest = tomllib.loads((ROOT / "blender_facegan" / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert manifest["version"] == trainer.__version__


def test_the_wheel_carries_the_trainer_alone_with_its_licence_and_its_command(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "trainer", source / "trainer", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        information = f"facegan_trainer-{trainer.__version__}.dist-info"
        assert {name.split("/")[0] for name in names} == {"trainer", information}
        assert {name for name in names if name.startswith("trainer/")} == files_of_the_trainer()
        assert f"{information}/licenses/LICENSE" in names
        assert b"facegan-trainer = trainer.cli:main" in archive.read(f"{information}/entry_points.txt")


def test_the_licence_is_the_one_declared() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["license"] == "GPL-3.0-or-later"
    assert "GNU GENERAL PUBLIC LICENSE" in text
    assert "Version 3, 29 June 2007" in text
    assert "END OF TERMS AND CONDITIONS" in text
