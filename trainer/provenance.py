"""Where a model comes from: the trainer's version and commit, and the commands that made it."""

import subprocess
from pathlib import Path
from typing import Any

from trainer import __version__


def git(root: Path, *words: str) -> str:
    """What a git command prints in the checkout `root`. Raises OSError or CalledProcessError."""
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def commit_of_trainer() -> str:
    """The commit of the trainer's own checkout, with `+` if it has local changes; "unknown" outside one.

    Installed into an environment inside somebody's own repository, it must not take that for its own.
    """
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return "unknown"
    try:
        head = git(root, "rev-parse", "--short=12", "HEAD")
        changed = git(root, "status", "--porcelain", "--", "trainer")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed else "")


def training_part(command: str, images: int) -> dict[str, Any]:
    """One part of a run's history: who trained from `images` onwards, and by which command."""
    return {"from_images": images, "command": command, "version": __version__, "commit": commit_of_trainer()}
