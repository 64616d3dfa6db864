"""Which commit a model's card names."""

import subprocess
from pathlib import Path

import pytest

from trainer import provenance


def repository(folder: Path) -> Path:
    """A repository of one commit, with a file of the trainer's in it."""
    file = folder / "trainer" / "provenance.py"
    file.parent.mkdir(parents=True)
    file.write_text("")
    identity = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    for words in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "-m", "all"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return file


def test_the_commit_is_the_checkouts_and_changes_are_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = repository(tmp_path)
    monkeypatch.setattr(provenance, "__file__", str(file))
    head = provenance.git(tmp_path, "rev-parse", "--short=12", "HEAD")
    assert provenance.commit_of_trainer() == head
    file.write_text("changed")
    assert provenance.commit_of_trainer() == f"{head}+"


def test_an_environment_inside_somebodys_repository_is_no_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(tmp_path)
    installed = tmp_path / "venv" / "site-packages" / "trainer" / "provenance.py"
    monkeypatch.setattr(provenance, "__file__", str(installed))
    assert provenance.commit_of_trainer() == "unknown"
