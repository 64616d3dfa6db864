"""The folder in which a dataset is prepared: what lies where, whose it is, and files written whole or not at all."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trainer.data.dataset import IMAGES, LABELS, METADATA
from trainer.errors import UserError

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
        (out / PARTS).mkdir(parents=True, exist_ok=True)
        write_text(out / PLAN, json.dumps({"fingerprint": fingerprint}))
    except OSError as error:
        raise UserError(f"{out}: cannot be used as --out ({error.strerror or error})") from None
    return True


def _owner(out: Path) -> str:
    if not (out / PLAN).is_file():
        raise UserError(f"{out}: holds other files; give an empty or new folder as --out")
    try:
        return str(json.loads((out / PLAN).read_text(encoding="utf-8"))["fingerprint"])
    except (ValueError, KeyError, TypeError):
        return "unknown"


def clear(out: Path) -> None:
    """Delete what a preparation writes into `out`, its claim last, and nothing else."""
    for folder in (PARTS, SHEETS):
        shutil.rmtree(out / folder, ignore_errors=True)
    for name in (METADATA, LABELS, IMAGES, EMBEDDINGS, DROPPED, PACK, PLAN):
        (out / name).unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


@contextmanager
def growing_images(path: Path, count: int, size: int) -> Iterator[npt.NDArray[np.uint8]]:
    """An array `[count, size, size, 3]` uint8 on disk to be filled; the file is at `path` once it is full."""
    unfinished = path.with_name(path.name + ".unfinished")
    shape = (count, size, size, 3)
    if count == 0:
        yield np.empty(shape, dtype=np.uint8)
        np.save(path, np.empty(shape, dtype=np.uint8))
        return
    images = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.uint8, shape=shape)
    yield images
    images.flush()
    del images
    unfinished.replace(path)
