"""Makes or renews a repository of the add-on, as Blender's Get Extensions reads it, for a studio to host.

    python -m tools.extension_repository --out FOLDER            this version's zip
    python -m tools.extension_repository --out FOLDER --lite     the zip without a model

Zips of before move to FOLDER/previous: of two versions in one index Blender takes the one that comes first. Serve the
folder over HTTPS, or put it on a drive that everybody reads, and add FOLDER/index.json as a repository in
Blender's preferences (file:// and a path, or the address). It needs Blender as a Python module: `make repository`.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy

from build_addon import BuildError, build

PREVIOUS = "previous"


class RepositoryError(Exception):
    """Why there is no repository, in one line."""


def extension_tool() -> Path:
    """Blender's own program for extensions."""
    utilities: Any = bpy.utils
    return Path(utilities.system_resource("SCRIPTS")) / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"


def put_away_others(archive: Path) -> None:
    """Moves the other zips of the add-on that lie beside this one to a folder of their own."""
    for other in archive.parent.glob(f"{archive.name.partition('-')[0]}-*.zip"):
        if other != archive:
            (archive.parent / PREVIOUS).mkdir(exist_ok=True)
            other.replace(archive.parent / PREVIOUS / other.name)


def list_packages(folder: Path) -> Path:
    """Writes the index of the zips in the folder and returns its path. Raises RepositoryError."""
    command = [sys.executable, str(extension_tool()), "server-generate", f"--repo-dir={folder}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    index = folder / "index.json"
    if result.returncode or not index.is_file():
        lines = (result.stderr or result.stdout).strip().splitlines() or ["no reason was told"]
        raise RepositoryError(f"{folder}: Blender wrote no index.json ({lines[-1]})")
    return index


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description="Make or renew a repository of the add-on.")
    parser.add_argument("--out", type=Path, required=True, help="the repository's folder")
    parser.add_argument("--lite", action="store_true", help="the zip without a model")
    chosen = parser.parse_args(arguments)
    try:
        archive = build(chosen.out, lite=chosen.lite)
        put_away_others(archive)
        index = list_packages(chosen.out)
    except (BuildError, RepositoryError, OSError) as error:
        print(f"extension_repository: {error}", file=sys.stderr)
        return 2
    print(f"{archive}: {archive.stat().st_size / 1e6:.2f} MB")
    print(f"{index}: add it as a repository: {index.resolve().as_uri()}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
