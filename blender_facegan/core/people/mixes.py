"""Mixes of people as JSON files, to be kept and shared."""

import json
from pathlib import Path

from ..errors import CrowdError, system_refusals
from .population import Demographics

_ENDING = ".json"
_LARGEST = 100_000
"""Bytes; a mix of 100 bands needs 5,000."""
_LONGEST_NAME = 60
_NOT_IN_NAMES = frozenset('<>:"/\\|?*')
"""What some file system does not take; control characters are out as well."""


def read_mix(path: Path) -> Demographics:
    """The mix that the file holds. Raises CrowdError."""
    with system_refusals("cannot be read ({})", "choose another file", path), path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise CrowdError("too large for a mix", "choose a file that Export wrote", path)
    return parse_mix(content, str(path))


def parse_mix(content: str | bytes, called: str) -> Demographics:
    """The mix that a file's content holds. called: how errors name it. Raises CrowdError."""
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
        return Demographics.from_json(json.loads(text))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        where = f", line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else ""
        raise CrowdError("not JSON", "give what Export writes", f"{called}{where}") from error
    except ValueError as error:
        raise CrowdError(str(error), where=called) from error


def write_mix(path: Path, mix: Demographics) -> None:
    """Writes the mix, making the folder if need be. Raises CrowdError."""
    with system_refusals("cannot be written ({})", "choose another folder", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(mix.to_json(), indent=1) + "\n", encoding="utf-8")


def delete_mix(path: Path) -> None:
    """Deletes the file. Raises CrowdError."""
    with system_refusals("cannot be deleted ({})", "delete it by hand", path):
        path.unlink()


def saved_mixes(folder: Path) -> dict[str, Path]:
    """The mix files in the folder by name, in the order of the names; none where there is no folder."""
    found = [path for path in folder.glob(f"*{_ENDING}") if path.is_file()] if folder.is_dir() else []
    return {path.stem: path for path in sorted(found, key=lambda path: (path.stem.casefold(), path.stem))}


def check_name(name: str) -> str:
    """The name without blanks around it, fit for a file on every system. Raises CrowdError."""
    stripped = name.strip()
    if not stripped:
        raise CrowdError("The mix has no name", "give it one")
    if len(stripped) > _LONGEST_NAME:
        raise CrowdError(
            f"The name {stripped[:20]}... is longer than {_LONGEST_NAME} characters", "choose a shorter one"
        )
    bad = sorted({letter for letter in stripped if letter in _NOT_IN_NAMES or not letter.isprintable()})
    if bad or stripped[0] == "." or stripped[-1] == ".":
        signs = " ".join(bad) if bad else "a dot at either end"
        raise CrowdError(f"The name {stripped!r} has {signs}, which files cannot have", "leave that out")
    return stripped
