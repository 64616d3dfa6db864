"""A release is made of files that agree on its version."""

import shutil
from pathlib import Path

import pytest

from tools.release import ROOT, ReleaseError, check, notes, versions

FILES = ("blender_facegan/blender_manifest.toml", "trainer/__init__.py", "CITATION.cff")
CHANGELOG = "# Changelog\n\n## [9.1.0] - 2026-01-31\n\n### Added\n\n- Hats.\n\n## [9.0.0] - unreleased\n\n- Heads.\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files that name a version, all of them 9.1.0, and a changelog."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
        rename(tmp_path, name, versions(ROOT)[name], "9.1.0")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    return tmp_path


def rename(project: Path, name: str, old: str, new: str) -> None:
    text = (project / name).read_text(encoding="utf-8")
    assert old in text
    (project / name).write_text(text.replace(old, new), encoding="utf-8")


def test_the_project_names_one_version() -> None:
    assert len(set(versions(ROOT).values())) == 1


def test_files_that_agree_pass(project: Path) -> None:
    check(project, "9.1.0")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_version_is_named(project: Path, name: str) -> None:
    rename(project, name, "9.1.0", "8.0.0")
    with pytest.raises(ReleaseError, match=rf"{name} names version 8\.0\.0, the release is 9\.1\.0"):
        check(project, "9.1.0")


def test_the_notes_are_the_changelogs_part_on_the_version(project: Path) -> None:
    assert notes(project, "9.1.0") == "### Added\n\n- Hats.\n"


@pytest.mark.parametrize(("version", "problem"), [("9.0.0", "unreleased"), ("7.0.0", "no part")])
def test_a_version_without_a_dated_part_is_refused(project: Path, version: str, problem: str) -> None:
    with pytest.raises(ReleaseError, match=problem):
        notes(project, version)
