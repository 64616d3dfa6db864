"""A prepared dataset, as a folder or as one packed file."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.data.decisions import apply_decisions, decisions_beside
from trainer.data.packing import is_pack, read_pack
from trainer.errors import UserError

FORMAT = 1
IMAGES = "images.npy"
LABELS = "labels.csv"
METADATA = "dataset.json"
COLUMNS = ("file", "sex", "age_low", "age_high", "held_out", "group", "source")


@dataclass(frozen=True)
class Dataset:
    """Aligned pictures and their labels; index n means the same picture everywhere.

    `images` uint8 `[N, H, W, 3]`, sRGB, memory-mapped where the dataset is a folder. `sex` float32 `[N]`, -1 female
    ... +1 male. `age_low`, `age_high` float32 `[N]`: the age lies in [low, high) years. `held_out` bool `[N]`: never
    train on these. `group` int32 `[N]`: near-duplicates share a number. `files`: the photographs' names in their
    source, by which decisions about single pictures refer to them. `extra`: further columns, by name, for auditing.
    `metadata`: the parsed dataset.json.
    """

    images: npt.NDArray[np.uint8]
    sex: npt.NDArray[np.float32]
    age_low: npt.NDArray[np.float32]
    age_high: npt.NDArray[np.float32]
    held_out: npt.NDArray[np.bool_]
    group: npt.NDArray[np.int32]
    files: list[str]
    metadata: dict[str, Any]
    extra: dict[str, list[str]]

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return int(self.images.shape[1])

    def __len__(self) -> int:
        return len(self.files)


def open_dataset(path: Path, *, decided: bool = True) -> Dataset:
    """The dataset in the folder or packed file `path`, as the decisions that lie beside it leave it.

    With `decided` false, as it was prepared. Raises UserError: it is none, or is damaged.
    """
    path = Path(path)
    dataset = _open(path)
    return apply_decisions(dataset, decisions_beside(path)) if decided else dataset


def _open(path: Path) -> Dataset:
    if path.is_dir():
        return _open_folder(path)
    if path.is_file() and is_pack(path):
        texts, images = read_pack(path)
        return _assemble(path, texts[METADATA], texts[LABELS], images)
    if not path.exists():
        raise UserError(f"{path}: no such dataset; make one with `python -m trainer prepare`")
    raise UserError(f"{path}: is neither a dataset's folder nor a packed dataset")


def _open_folder(folder: Path) -> Dataset:
    if not (folder / METADATA).is_file():
        raise UserError(f"{folder}: holds no {METADATA}, so it is no finished dataset; run `python -m trainer prepare`")
    try:
        metadata = (folder / METADATA).read_text(encoding="utf-8")
        labels = (folder / LABELS).read_text(encoding="utf-8")
        images = np.load(folder / IMAGES, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{folder}: cannot be read as a dataset ({error})") from None
    return _assemble(folder, metadata, labels, images)


def _assemble(path: Path, metadata_text: str, labels_text: str, images: npt.NDArray[np.uint8]) -> Dataset:
    metadata = _parse_metadata(path, metadata_text)
    rows = list(csv.DictReader(io.StringIO(labels_text)))
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
        raise UserError(
            f"{path}: pictures of shape {images.shape} and type {images.dtype} instead of uint8 [N, H, W, 3]"
        )
    if len(rows) != len(images):
        raise UserError(f"{path}: {len(images)} pictures but {len(rows)} rows of labels; prepare it anew")
    if not rows:
        raise UserError(f"{path}: holds no pictures; prepare it anew")
    if missing := [name for name in COLUMNS if name not in rows[0]]:
        raise UserError(f"{path}: its labels have no column {', '.join(missing)}; prepare it anew")
    return Dataset(
        images=images,
        sex=_numbers(path, rows, "sex").astype(np.float32),
        age_low=_numbers(path, rows, "age_low").astype(np.float32),
        age_high=_numbers(path, rows, "age_high").astype(np.float32),
        held_out=_numbers(path, rows, "held_out") != 0,
        group=_numbers(path, rows, "group").astype(np.int32),
        files=[row["file"] for row in rows],
        metadata=metadata,
        extra={name: [row[name] for row in rows] for name in rows[0] if name not in COLUMNS[:-1]},
    )


def _parse_metadata(path: Path, text: str) -> dict[str, Any]:
    try:
        metadata = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{path}: its {METADATA} is damaged ({error}); prepare it anew") from None
    found = metadata.get("format") if isinstance(metadata, dict) else None
    if found != FORMAT:
        raise UserError(f"{path}: dataset format {found!r}, but this trainer reads {FORMAT}; prepare it anew")
    return dict(metadata)


def _numbers(path: Path, rows: list[dict[str, str]], column: str) -> npt.NDArray[np.float64]:
    values = np.empty(len(rows), dtype=np.float64)
    for index, row in enumerate(rows):
        try:
            values[index] = float(row[column])
        except (TypeError, ValueError):
            raise UserError(
                f"{path}: {LABELS}, row {index + 2}, column {column}: {row[column]!r} is no number"
            ) from None
    return values
