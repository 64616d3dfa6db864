"""What was made of a file, by what, and who: a note beside it, which others check and later runs go by."""

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import CrowdError
from ..export.picture_files import check_file, write_whole
from ..export.table_rows import PageKey, Shown, shown_faces, sources_of
from ..people.characters import Skipped
from .jobs import Job

GENERATOR, FORMAT = "Crowd Faces", 1
_BLOCK = 1 << 20
_ADD_ON = Path(__file__).parents[2] / "blender_manifest.toml"


def check_manifest(path: Path) -> None:
    """Makes sure that a manifest can be written there, and over nothing but one. Raises CrowdError."""
    check_file(path)
    if path.exists() and not _read(path):
        raise CrowdError("is no manifest of Crowd Faces", "choose another name", path)


def is_made(job: Job, asked: Mapping[str, Any]) -> bool:
    """Whether the manifest says that this was made of the same files, and what was made is still there as it was."""
    known = _read(job.manifest) if job.manifest is not None else {}
    wrote, read = known.get("wrote"), list(known.get("libraries", []))
    if job.out != job.source:
        read.append(known.get("source"))
    if job.manifest is None or not wrote or known.get("asked") != asked:
        return False
    folder = job.manifest.parent
    return _path(wrote, folder) == job.out and all(
        isinstance(one, dict) and one == _file(_path(one, folder), folder) for one in (wrote, *read)
    )


def note_opened(job: Job) -> dict[str, Any]:
    """The files that are open, as they are before anything is written."""
    if job.manifest is None:
        return {}
    folder = job.manifest.parent
    libraries = sorted({Path(bpy.path.abspath(one.filepath)).resolve() for one in bpy.data.libraries})
    return {"source": _file(job.source, folder), "libraries": [_file(path, folder) for path in libraries]}


def note_made(job: Job, asked: Mapping[str, Any], opened: Mapping[str, Any], skipped: Sequence[Skipped]) -> None:
    """Writes what was made, once it is there. Raises CrowdError."""
    if job.manifest is None:
        return
    scene: Any = bpy.context.scene
    shown, _ = shown_faces(list(scene.objects), has_transforms=False)
    wrote, left_out = _file(job.out, job.manifest.parent), [one._asdict() for one in skipped]
    _write(job.manifest, {**opened, "asked": asked, "wrote": wrote, **_told_of(shown), "skipped": left_out})


def note_failure(job: Job, asked: Mapping[str, Any], problem: str) -> None:
    """Writes why nothing was made, over nothing but a manifest. Raises CrowdError."""
    if job.manifest is not None and (not job.manifest.exists() or _read(job.manifest)):
        folder = job.manifest.parent
        _write(job.manifest, {"source": {"file": _name(job.source, folder)}, "asked": asked, "problem": problem})


def _told_of(shown: Sequence[Shown]) -> dict[str, Any]:
    """Who was made: two machines that made the same crowd have the same digest of people, and of equal pixels."""
    people = sorted(
        f"{one.row.name}\t{one.row.instance}\t{one.row.sex}\t{one.row.age:.3f}\t{one.row.seed}" for one in shown
    )
    pages: dict[PageKey, Shown] = {one.page: one for one in shown}
    return {
        "models": [vars(source) for source in sources_of(shown)],
        "characters": len(shown),
        "women": sum(one.row.sex == "female" for one in shown),
        "people": hashlib.sha256("\n".join(people).encode("utf-8", "replace")).hexdigest(),
        "pages": [
            {
                "width": one.existing.shape.width,
                "height": one.existing.shape.height,
                "pixels": hashlib.sha256(one.existing.pixels().tobytes()).hexdigest(),
            }
            for one in pages.values()
        ],
    }


def _write(path: Path, told: Mapping[str, Any]) -> None:
    add_on = tomllib.loads(_ADD_ON.read_text(encoding="utf-8"))["version"]
    head = {"generator": GENERATOR, "manifest": FORMAT, "add_on": add_on, "blender": bpy.app.version_string}
    write_whole(path, (json.dumps({**head, **told}, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace"))


def _read(path: Path) -> dict[str, Any]:
    """A manifest; empty for whatever else is there."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, RecursionError, ValueError):
        return {}
    is_ours = isinstance(found, dict) and found.get("generator") == GENERATOR and found.get("manifest") == FORMAT
    return found if is_ours else {}


def _file(path: Path, folder: Path) -> dict[str, str]:
    """A file as seen from the manifest's folder, and what tells its content from others; empty where it is gone."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return {"file": _name(path, folder), "sha256": ""}
    return {"file": _name(path, folder), "sha256": digest.hexdigest()}


def _name(path: Path, folder: Path) -> str:
    """Relative, so that the folders can be mounted elsewhere on another machine; absolute on another drive."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.as_posix()


def _path(file: Any, folder: Path) -> Path:
    return (folder / str(file.get("file", "") if isinstance(file, dict) else "")).resolve()
