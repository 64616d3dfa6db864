"""The folder in which a dataset is prepared: what lies where, and whose it is."""

import json
import shutil
from pathlib import Path
from typing import Any

from trainer.data.dataset import IMAGES, LABELS, METADATA
from trainer.errors import UserError
from trainer.files import make_folder, parsed_json, read_json, write_text

PARTS = "parts"
PLAN = "plan.json"
DROPPED = "dropped.csv"
SHEETS = "sheets"
EMBEDDINGS = "embeddings.npy"
"""Who is on each stored face, float16 [N, 128], where that was asked: what merging finds the same people by."""
PACK = "packed.zip"


def claim(out: Path, fingerprint: str, overwrite: bool) -> bool:
    """Make `out` the place of the preparation with this fingerprint; False where it is finished there already.

    Raises UserError where `out` holds other files or another preparation. With `overwrite` another preparation's
    files are deleted, other files never.
    """
    try:
        if out.is_dir() and any(out.iterdir()):
            owner = _owner(out)
            if owner == fingerprint and (out / METADATA).is_file():
                shutil.rmtree(out / PARTS, ignore_errors=True)
                return False
            if owner != fingerprint:
                if not overwrite:
                    raise UserError(
                        f"{out}: holds a dataset of other options or photographs; "
                        "give another --out, or replace it with --overwrite"
                    )
                clear(out)
        make_folder(out, "give another folder as --out")
        (out / PARTS).mkdir(exist_ok=True)
        write_text(out / PLAN, json.dumps({"fingerprint": fingerprint}))
    except OSError as error:
        raise UserError(f"{out}: cannot be used as --out ({error.strerror or error})") from None
    return True


def _owner(out: Path) -> str:
    if not (out / PLAN).is_file():
        raise UserError(f"{out}: holds other files; give an empty or new folder as --out")
    try:
        return str(parsed_json((out / PLAN).read_bytes())["fingerprint"])
    except (ValueError, KeyError, TypeError):
        return "unknown"


def finished_metadata(out: Path) -> dict[str, Any]:
    """What dataset.json in `out` says. Raises UserError where it cannot be read."""
    remedy = "delete it, and give the same command again"
    metadata = read_json(out / METADATA, remedy)
    if not isinstance(metadata, dict):
        raise UserError(f"{out / METADATA}: is no dataset's; {remedy}")
    return metadata


def clear(out: Path) -> None:
    """Delete what a preparation writes into `out`, its claim last, and nothing else."""
    for folder in (PARTS, SHEETS):
        shutil.rmtree(out / folder, ignore_errors=True)
    for name in (METADATA, LABELS, IMAGES, EMBEDDINGS, DROPPED, PACK, PLAN):
        (out / name).unlink(missing_ok=True)
