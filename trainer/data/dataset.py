"""A prepared dataset, as a folder or as one packed file; and hashes that tell whether it is still the one it was."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from trainer.data.decisions import apply_decisions, decisions_beside
from trainer.data.light.evening import PHOTOGRAPHS
from trainer.data.packing import is_pack, read_pack
from trainer.errors import UserError
from trainer.files import parsed_json
from trainer.labels.kinds import from_card
from trainer.labels.label import Label, Range, stored_number
from trainer.labels.people import SexAndAge, of_people

FORMAT = 1
IMAGES = "images.npy"
LABELS = "labels.csv"
METADATA = "dataset.json"
COLUMNS = ("held_out", "group", "source")
"""What labels.csv holds of every picture beside `file` and its labels."""

KEEPS_SPLIT_OF = "keeps_split_of"
"""What dataset.json calls the fingerprints of earlier datasets none of whose training pictures it holds out."""
ROWS_AT_ONCE = 4096
MOST_SHARED = 100_000
"""Different cells of a column that are remembered: a column of more is one of names, none of which comes again."""
T = TypeVar("T")
PARTS = {
    "pictures": "the pictures to train on",
    "held_out": "the held-out pictures",
    "labels": "the pictures' labels, or the decisions on them",
    "declaration": "what the labels are",
}
"""What is compared, and what it is called."""
BLOCK = 4096


@dataclass(frozen=True)
class Dataset:
    """Aligned pictures and their labels; index n means the same picture everywhere.

    `images` uint8 `[N, H, W, 3]`, sRGB, memory-mapped where the dataset is a folder. `values`: by name, what each
    picture's label lies in, `low` and `high`, float32 `[N, columns]`: a sex is -1 female ... +1 male, an age lies in
    [low, high) years. `held_out` bool `[N]`: never train on these. `group` int32 `[N]`: near-duplicates share a number.
    `files`: the photographs' names in their source, by which decisions about single pictures refer to them. `extra`:
    further columns, by name, for auditing. `metadata`: the parsed dataset.json.
    """

    images: npt.NDArray[np.uint8]
    values: Mapping[str, Range]
    held_out: npt.NDArray[np.bool_]
    group: npt.NDArray[np.int32]
    files: list[str]
    metadata: dict[str, Any]
    extra: dict[str, list[str]]

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels that the dataset declares, in their order."""
        return from_card(self.metadata["labels"])

    @property
    def of_people(self) -> bool:
        """Whether every picture has a sex and an age in years."""
        return of_people(self.labels)

    @property
    def of_faces(self) -> bool:
        """Whether the pictures show faces: they were aligned as such, or are labelled as people are."""
        return bool(self.metadata.get("geometry")) or any(label.name in ("sex", "age") for label in self.labels)

    @property
    def light(self) -> str:
        """Whether the faces are stored as they were lit (`PHOTOGRAPHS`) or in even light (`EVEN`)."""
        return str(self.metadata.get("light", PHOTOGRAPHS))

    @property
    def people(self) -> SexAndAge:
        """Who is shown, for a dataset `of_people`."""
        (sex, _), (low, high) = self.values["sex"], self.values["age"]
        return SexAndAge(sex[:, 0], low[:, 0], high[:, 0])

    def range_of(self, label: Label) -> Range:
        """What each picture's value of `label` lies in. Raises UserError for a label that the dataset has not."""
        own = {one.name: one for one in self.labels}.get(label.name)
        if own is None or (own.kind, own.columns) != (label.kind, label.columns):
            raise UserError(f"the dataset has no label {label.name!r} of the kind {label.kind}")
        return self.values[label.name]

    def rows(self, chosen: npt.NDArray[np.int64]) -> "Dataset":
        """The pictures at `chosen` and what belongs to them."""
        everything = len(chosen) == len(self) and bool((chosen == np.arange(len(self))).all())
        return replace(
            self,
            images=self.images if everything else self.images[chosen],
            values={name: (low[chosen], high[chosen]) for name, (low, high) in self.values.items()},
            held_out=self.held_out[chosen],
            group=self.group[chosen],
            files=[self.files[row] for row in chosen],
            extra={name: [column[row] for row in chosen] for name, column in self.extra.items()},
        )

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
        return _assemble(path, texts[METADATA], _columns(path, io.StringIO(texts[LABELS])), images)
    if not path.exists():
        raise UserError(f"{path}: no such dataset; make one with `python -m trainer prepare`")
    raise UserError(f"{path}: is neither a dataset's folder nor a packed dataset")


def _open_folder(folder: Path) -> Dataset:
    if not (folder / METADATA).is_file():
        raise UserError(f"{folder}: holds no {METADATA}, so it is no finished dataset; run `python -m trainer prepare`")
    try:
        metadata = (folder / METADATA).read_text(encoding="utf-8")
        with (folder / LABELS).open(encoding="utf-8", newline="") as text:
            columns = _columns(folder, text)
        images = np.load(folder / IMAGES, mmap_mode="r", allow_pickle=False)
    except UserError:
        raise
    except Exception as error:  # numpy raises half a dozen unrelated types on a damaged file
        told = " ".join(str(error).split())
        raise UserError(f"{folder}: cannot be read as a dataset ({type(error).__name__}: {told})") from error
    return _assemble(folder, metadata, columns, images)


def _assemble(
    path: Path, metadata_text: str, columns: Mapping[str, list[str]], images: npt.NDArray[np.uint8]
) -> Dataset:
    metadata = _parse_metadata(path, metadata_text)
    count = len(next(iter(columns.values()), []))
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
        raise UserError(
            f"{path}: pictures of shape {images.shape} and type {images.dtype} instead of uint8 [N, H, W, 3]"
        )
    if count != len(images):
        raise UserError(f"{path}: {len(images)} pictures but {count} rows of labels; prepare it anew")
    if not count:
        raise UserError(f"{path}: holds no pictures; prepare it anew")
    try:
        labels = from_card(metadata["labels"])
    except UserError as error:
        raise UserError(f"{path}: {METADATA}: {error}; prepare it anew") from None
    fixed = ("file", *(column for label in labels for column in label.table_columns), *COLUMNS)
    if missing := [name for name in fixed if name not in columns]:
        raise UserError(f"{path}: its labels have no column {', '.join(missing)}; prepare it anew")
    return Dataset(
        images=images,
        values={label.name: _values(path, columns, label) for label in labels},
        held_out=np.array(_cells(path, columns, "held_out", stored_number)) != 0,
        group=np.array(_cells(path, columns, "group", stored_number)).astype(np.int32),
        files=columns["file"],
        metadata=metadata,
        extra={name: cells for name, cells in columns.items() if name not in fixed or name == "source"},
    )


def _columns(path: Path, lines: Iterable[str]) -> dict[str, list[str]]:
    """The columns of labels.csv by name; equal cells of one are one text in memory.

    Raises UserError where columns or cells are not what `prepare` wrote.
    """
    reader = csv.reader(lines)
    try:
        names = next(reader, [])
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise UserError(f"{path}: {LABELS} has the column {', '.join(twice)} twice; prepare it anew")
        columns: list[list[str]] = [[] for _ in names]
        shared = [lru_cache(MOST_SHARED)(str) for _ in names]
        rows = filter(None, reader)
        while some := list(islice(rows, ROWS_AT_ONCE)):
            if odd := next((row for row in some if len(row) != len(names)), None):
                raise UserError(f"{path}: {LABELS}, row of {odd[0]!r}: has not the header's {len(names)} cells")
            for column, same, cells in zip(columns, shared, zip(*some, strict=True), strict=True):
                column.extend(map(same, cells))
    except csv.Error as error:
        raise UserError(f"{path}: {LABELS} is damaged ({error}); prepare it anew") from None
    return dict(zip(names, columns, strict=True))


def _values(path: Path, columns: Mapping[str, list[str]], label: Label) -> Range:
    read = [_cells(path, columns, column, label.read_stored) for column in label.table_columns]
    problem_of = lru_cache(MOST_SHARED)(label.stored_problem)
    for index, ends in enumerate(zip(*read, strict=True)):
        if problem := problem_of(ends):
            told = ", ".join(f"{name} {end}" for name, end in zip(label.table_columns, ends, strict=True))
            raise UserError(f"{path}: {LABELS}, row {index + 2}: {told}: {problem}")
    return label.ranges(read[0] if len(read) == 1 else list(zip(*read, strict=True)))


def _cells(path: Path, columns: Mapping[str, list[str]], column: str, read: Callable[[str], T]) -> list[T]:
    """A column of labels.csv, each cell as `read` makes it. Raises UserError where it cannot."""
    cells: list[T] = []
    read_once = lru_cache(MOST_SHARED)(read)
    for index, text in enumerate(columns[column]):
        try:
            cells.append(read_once(text))
        except ValueError as error:
            raise UserError(f"{path}: {LABELS}, row {index + 2}, column {column}: {text!r} {error}") from None
    return cells


def _parse_metadata(path: Path, text: str) -> dict[str, Any]:
    try:
        metadata = parsed_json(text)
    except ValueError as error:
        raise UserError(f"{path}: its {METADATA} is damaged ({error}); prepare it anew") from None
    found = metadata.get("format") if isinstance(metadata, dict) else None
    if found != FORMAT:
        raise UserError(f"{path}: dataset format {found!r}, but this trainer reads {FORMAT}; prepare it anew")
    if not isinstance(metadata.get("labels"), list):
        raise UserError(f"{path}: its {METADATA} declares no labels; prepare it anew")
    if not _is_told(metadata):
        raise UserError(f"{path}: its {METADATA} is damaged: its sources, geometry or split; prepare it anew")
    return dict(metadata)


def _is_told(metadata: dict[str, Any]) -> bool:
    """Whether what else a dataset.json says of the pictures is of the kind that the other commands read."""
    sources, geometry = metadata.get("sources", []), metadata.get("geometry", {})
    if not isinstance(sources, list) or not all(isinstance(source, dict) for source in sources):
        return False
    texts = ("name", "title", "licence", "attribution")
    credited = all(isinstance(source.get(key, ""), str) for source in sources for key in texts)
    counted = all(isinstance(source.get("photographs", 0), int) for source in sources)
    placed = isinstance(geometry, dict) and all(isinstance(value, int | float) for value in geometry.values())
    return credited and counted and placed and isinstance(metadata.get("split", {}), dict)


def fingerprint_of(dataset: Dataset) -> dict[str, str]:
    """A hash for each of `PARTS`, of the dataset as its decisions leave it: pixels, split, labels, declaration."""
    labels = dataset.labels
    return {
        "pictures": _hash(_pixels(dataset, held_out=False)),
        "held_out": _hash(_pixels(dataset, held_out=True)),
        "labels": _hash(
            np.ascontiguousarray(end, np.float32).tobytes() for label in labels for end in dataset.values[label.name]
        ),
        "declaration": _hash([json.dumps([label.declaration() for label in labels], sort_keys=True).encode()]),
    }


def differences(known: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    """In words, what of `present` is another than in `known`; what `known` does not tell is not compared."""
    return [words for part, words in PARTS.items() if part in known and known[part] != present[part]]


def _pixels(dataset: Dataset, *, held_out: bool) -> Iterable[bytes]:
    rows = np.flatnonzero(dataset.held_out == held_out)
    yield np.asarray([*dataset.images.shape[1:], *rows], np.int64).tobytes()
    for start in range(0, len(rows), BLOCK):
        yield np.ascontiguousarray(dataset.images[rows[start : start + BLOCK]]).tobytes()


def _hash(blocks: Iterable[bytes]) -> str:
    state = hashlib.blake2b(digest_size=16)
    for block in blocks:
        state.update(block)
    return state.hexdigest()
