"""One .blend that gets its faces: opened, populated, saved, and what else is written of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bpy

from ...core.errors import CrowdError
from ..export.picture_files import check_folder
from ..people.characters import Skipped, describe_skipped
from .files import check_writable, is_compressed, is_of_newer_blender, open_file, save_file
from .jobs import Job
from .manifest import check_manifest, note_made, note_opened
from .operators import call_operator, choose_scene, select_only

TABLE = "export_table"
"""The operator that writes a crowd's table."""


@dataclass(frozen=True)
class Opening:
    """What is worked on in a file: the scene, None for the one it opens with; the objects to select, None for as is."""

    scene: str | None = None
    select: Sequence[str] | None = None


@dataclass(frozen=True)
class Filled:
    """What came of a file: how many characters have faces, how many of these are new, who was left out."""

    characters: int
    fresh: int
    skipped: Sequence[Skipped]
    warnings: Sequence[str]


def open_at(path: Path, opening: Opening) -> None:
    """Opens a file there. Raises CrowdError."""
    open_file(path)
    if opening.scene:
        choose_scene(opening.scene)
    if opening.select:
        select_only(list(opening.select))


def fill(job: Job, opening: Opening, operator: str, values: Mapping[str, Any], asked: Mapping[str, Any]) -> Filled:
    """Gives one file its faces, and writes all that was asked for, the manifest last.

    operator, values: how faces are given. asked: what the manifest says of that. Raises CrowdError.
    """
    check_writable(job.out)
    if job.table is not None:
        check_folder(job.table)
    if job.manifest is not None:
        check_manifest(job.manifest)
    open_at(job.source, opening)
    opened, compress, loss = note_opened(job), is_compressed(job.source), _loss(job)
    filled = populated(operator, values, job.report, job.out)
    save_file(job.out, compress)
    if job.table is not None:
        call_operator(TABLE, {"directory": str(job.table)})
    note_made(job, asked, opened, filled.skipped)
    return replace(filled, warnings=[f"{job.source}: {one}" for one in (loss, *filled.warnings) if one])


def populated(operator: str, values: Mapping[str, Any], report: Path | None, out: Path) -> Filled:
    """Gives the open file its faces. report: where the operator's own report goes, None for nowhere.

    out: the .blend that it will be saved as. Blender prints what its operators report in a window alone. Raises
    CrowdError.
    """
    with TemporaryDirectory(prefix="crowd-faces-") as folder:
        path = report or Path(folder) / "report.json"
        call_operator(operator, {**values, "report_file": str(path), "saved_as": str(out)})
        told = json.loads(path.read_bytes())
    skipped = [Skipped(**one) for one in told["skipped"]]
    return Filled(told["characters"], told["new_faces"], skipped, [describe_skipped(skipped)])


def _loss(job: Job) -> str:
    """What the copy of a newer Blender's file loses. Raises CrowdError before such a file is written over."""
    if not is_of_newer_blender():
        return ""
    data: Any = bpy.data
    newer, own = (".".join(map(str, tuple(version)[:2])) for version in (data.version, bpy.app.version))
    told = f"was saved by Blender {newer}, and loses what this one, {own}, does not know"
    if job.out == job.source:
        raise CrowdError(told, "use the newer one, or write to another --out", job.source)
    return told
