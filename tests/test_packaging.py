"""What the package declares, what its pins hold, and what its wheel carries."""

import ast
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import trainer

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
    ("folders", "extras"), [(["trainer"], ["train", "judge"]), (["tests", "benchmarks"], ["train", "judge", "dev"])]
)
def test_every_package_that_is_imported_is_declared(folders: list[str], extras: list[str]) -> None:
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in PROJECT["optional-dependencies"][extra])]
    declared = {canonicalize_name(Requirement(text).name) for text in texts}
    # The metadata of dlib-bin does not name its module.
    providers = {**importlib.metadata.packages_distributions(), "dlib": ["dlib-bin"]}
    undeclared = {
        f"{module} (in {path.relative_to(ROOT)})"
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for module in imported(path) - sys.stdlib_module_names - OWN
        if not declared & {canonicalize_name(provider) for provider in providers.get(module, [])}
    }
    assert undeclared == set()


def imported(path: Path) -> set[str]:
    """The first part of the name of each module that the file imports absolutely."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


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
