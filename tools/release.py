"""What a release needs to know of the files: whether they agree on its version, and what the changelog says of it.

    python -m tools.release check v0.2.0      exit code 2 where a file names another version, or the changelog none
    python -m tools.release notes v0.2.0      the changelog's part on that version

A tag may begin with `v`.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_DATED = r"\d{4}-\d{2}-\d{2}"


class ReleaseError(Exception):
    """What has to be mended before the release, in one line."""


def versions(root: Path) -> dict[str, str]:
    """The version that each file of the project names. Raises ReleaseError where a file names none."""
    manifest = tomllib.loads((root / "blender_facegan/blender_manifest.toml").read_text(encoding="utf-8"))
    return {
        "blender_facegan/blender_manifest.toml": str(manifest["version"]),
        "trainer/__init__.py": _found(root, "trainer/__init__.py", r'^__version__ = "([^"]+)"'),
        "CITATION.cff": _found(root, "CITATION.cff", r'^version: "?([^"\n]+)"?$'),
    }


def _found(root: Path, name: str, pattern: str) -> str:
    match = re.search(pattern, (root / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    if match is None:
        raise ReleaseError(f"{name} names no version")
    return match[1]


def notes(root: Path, version: str) -> str:
    """The changelog's part on `version`. Raises ReleaseError where there is none with a date."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    part = rf"^## \[{re.escape(version)}\] - (\S+)\n(.*?)(?=^## \[|\Z)"
    match = re.search(part, text, flags=re.MULTILINE | re.DOTALL)
    if match is None:
        raise ReleaseError(f"CHANGELOG.md has no part [{version}]")
    if not re.fullmatch(_DATED, match[1]):
        raise ReleaseError(f"CHANGELOG.md calls {version} {match[1]!r}: write the date of the release, as 2026-01-31")
    return match[2].strip() + "\n"


def check(root: Path, version: str) -> None:
    """Raises ReleaseError unless every file names `version` and the changelog has a dated part on it."""
    for name, found in versions(root).items():
        if found != version:
            raise ReleaseError(f"{name} names version {found}, the release is {version}")
    notes(root, version)


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    if len(arguments) != 2 or arguments[0] not in ("check", "notes"):
        print("usage: python -m tools.release check|notes TAG", file=sys.stderr)
        return 2
    version = arguments[1].removeprefix("v")
    try:
        if arguments[0] == "check":
            check(ROOT, version)
        else:
            print(notes(ROOT, version), end="")
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
