"""From labelled photographs to a dataset: inspect, gather, group, split, write."""

import csv
import hashlib
import io
import json
import math
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer import __version__
from trainer.data import near_duplicates
from trainer.data.alignment import Geometry, Pixels
from trainer.data.dataset import COLUMNS, FORMAT, IMAGES, LABELS, METADATA
from trainer.data.labels import AGE_GROUP_LIMITS, age_group
from trainer.data.measures import RULES, Limits
from trainer.data.packing import write_pack
from trainer.data.parts import Part, Task, inspect_all, measure_names, read_part, split_into_tasks
from trainer.data.sheets import contact_sheet
from trainer.data.sources import Listing, Photograph, Provenance
from trainer.data.split import hold_out
from trainer.errors import UserError

PARTS = "parts"
PLAN = "plan.json"
DROPPED = "dropped.csv"
SHEETS = "sheets"
PACK = "packed.zip"

ALGORITHM = 2
"""Raised when the same options would give other pictures, so that old parts are not mixed with new."""


@dataclass(frozen=True)
class Plan:
    """All that decides what the dataset will hold.

    `source` is the source's name. `size` is the side in pixels. `similarity` is the correlation from which two
    pictures count as near-duplicates. `held_out` is the share held out, drawn from `seed`.
    """

    source: str
    provenance: Provenance
    size: int
    geometry: Geometry
    limits: Limits
    similarity: float
    held_out: float
    seed: int

    def __post_init__(self) -> None:
        if not 16 <= self.size <= 1024:
            raise UserError(f"size {self.size}: give 16 to 1024 pixels")
        if not 0 <= self.held_out < 1:
            raise UserError(f"held-out share {self.held_out}: give 0 or more, and less than 1")
        if not 0 < self.similarity <= 1:
            raise UserError(f"similarity {self.similarity}: give more than 0, up to 1")

    def fingerprint(self, photographs: Sequence[Photograph]) -> str:
        """A hash of the plan and of the photographs' labels, to tell one preparation from another."""
        content = {"algorithm": ALGORITHM, "plan": asdict(self), "photographs": [asdict(one) for one in photographs]}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Picture:
    """A kept picture's labels and measures, without its pixels."""

    photograph: Photograph
    measures: npt.NDArray[np.float64]


def prepare(
    listing: Listing, folder: Path, out: Path, plan: Plan, workers: int, overwrite: bool = False
) -> dict[str, Any]:
    """Prepare the photographs of `folder` into the dataset folder `out`; returns the content of dataset.json.

    An unfinished preparation with the same plan is gone on with; a finished one is left as it is. Raises
    UserError: `out` holds something else, cannot be written, or no photograph passes.
    """
    fingerprint = plan.fingerprint(listing.photographs)
    if not claim(out, fingerprint, overwrite):
        return dict(json.loads((out / METADATA).read_text(encoding="utf-8")))
    thin = thin_flags(listing.photographs, plan.limits.thin_share)
    paths = [folder / photograph.file for photograph in listing.photographs]
    tasks = split_into_tasks(out / PARTS, paths, thin)
    inspect_all(tasks, plan.size, plan.geometry, plan.limits, workers)
    try:
        return _assemble(listing, out, plan, tasks, fingerprint)
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror or error})") from None


def claim(out: Path, fingerprint: str, overwrite: bool) -> bool:
    """Make `out` the place of this preparation; False where it is finished there already.

    Raises UserError where `out` holds other files or another preparation. With `overwrite` another
    preparation is deleted, other files never.
    """
    try:
        if out.exists() and not out.is_dir():
            raise UserError(f"{out}: is a file; give a folder as --out")
        occupied = out.is_dir() and any(out.iterdir())
        if occupied:
            if not (out / PLAN).is_file():
                raise UserError(f"{out}: holds other files; give an empty or new folder as --out")
            owner = json.loads((out / PLAN).read_text(encoding="utf-8")).get("fingerprint")
            if owner == fingerprint:
                return not (out / METADATA).is_file()
            if not overwrite:
                raise UserError(
                    f"{out}: holds a dataset of other options or photographs; give another --out, or --overwrite it"
                )
            shutil.rmtree(out)
        (out / PARTS).mkdir(parents=True, exist_ok=True)
        write_text(out / PLAN, json.dumps({"fingerprint": fingerprint}))
    except (OSError, json.JSONDecodeError) as error:
        raise UserError(f"{out}: cannot be used as --out ({error})") from None
    return True


def thin_flags(photographs: Sequence[Photograph], share: float) -> list[bool]:
    """For each photograph, whether its age group holds less than `share` of them all."""
    groups = [age_group(one.age_low, one.age_high) for one in photographs]
    counts = Counter(groups)
    return [counts[group] < share * len(photographs) for group in groups]


def _assemble(listing: Listing, out: Path, plan: Plan, tasks: Sequence[Task], fingerprint: str) -> dict[str, Any]:
    pictures, problems, counts = _gather(listing.photographs, out, plan.size, tasks)
    if not pictures:
        told = ", ".join(f"{rule} {number}" for rule, number in counts.items())
        first = f"; the first: {problems[0]['file']} ({problems[0]['problem']})" if problems else ""
        raise UserError(f"none of the {len(listing.photographs)} photographs passes: {told}{first}")
    images = np.load(out / IMAGES, mmap_mode="r", allow_pickle=False)
    pairs = near_duplicates.similar_pairs(near_duplicates.describe(images), plan.similarity)
    groups = near_duplicates.group(len(pictures), pairs)
    held_out = hold_out(
        groups, strata(pictures), [picture.photograph.file for picture in pictures], plan.held_out, plan.seed
    )
    write_text(out / LABELS, labels_table(plan.source, pictures, groups, held_out))
    metadata = {
        "format": FORMAT,
        "size": plan.size,
        "count": len(pictures),
        "sources": [
            {"name": plan.source, **asdict(plan.provenance), "photographs": len(listing.photographs)},
        ],
        "geometry": asdict(plan.geometry),
        "labels": label_declarations(pictures),
        "split": {
            "held_out_share": plan.held_out,
            "seed": plan.seed,
            "by": "near-duplicate group, stratified by sex and age group",
            "training": int((~held_out).sum()),
            "held_out": int(held_out.sum()),
        },
        "near_duplicates": _group_summary(groups, plan.similarity),
        "left_out_by_source": listing.left_out,
        "dropped": counts,
        "unreadable": problems,
        "options": {"limits": asdict(plan.limits), "similarity": plan.similarity},
        "fingerprint": fingerprint,
        "trainer": __version__,
    }
    write_text(out / METADATA, json.dumps(metadata, indent=1, ensure_ascii=False))
    shutil.rmtree(out / PARTS)
    return metadata


def _gather(
    photographs: Sequence[Photograph], out: Path, size: int, tasks: Sequence[Task]
) -> tuple[list[Picture], list[dict[str, str]], dict[str, int]]:
    """Join the parts: writes the pictures, the table of dropped ones and the contact sheets.

    Returns the kept pictures, the unreadable files with their problems, and the counts by rule.
    """
    parts = [read_part(task.path) for task in tasks]
    count = sum(len(part.crops) for part in parts)
    if count:
        _write_images(out / IMAGES, count, size, parts)
    rules = [rule for part in parts for rule in part.rules]
    problems = [problem for part in parts for problem in part.problems]
    measures = np.concatenate([part.measures for part in parts])
    _write_sheets(out / SHEETS, parts)
    _write_dropped(out / DROPPED, photographs, rules, measures)
    pictures = [
        Picture(photograph, own) for photograph, rule, own in zip(photographs, rules, measures, strict=True) if not rule
    ]
    unreadable = [
        {"file": photograph.file, "problem": problem}
        for photograph, problem in zip(photographs, problems, strict=True)
        if problem
    ]
    counted = Counter(rules)
    return pictures, unreadable, {rule: counted[rule] for rule in RULES}


def _write_images(path: Path, count: int, size: int, parts: Sequence[Part]) -> None:
    unfinished = path.with_suffix(".unfinished")
    images = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.uint8, shape=(count, size, size, 3))
    start = 0
    for part in parts:
        images[start : start + len(part.crops)] = part.crops
        start += len(part.crops)
    images.flush()
    del images
    unfinished.replace(path)


def _write_sheets(folder: Path, parts: Sequence[Part]) -> None:
    folder.mkdir(exist_ok=True)
    contact_sheet([crop for part in parts for crop in part.crops], folder / "kept.jpg")
    for rule in RULES:
        contact_sheet(list(_thumbnails(parts, rule)), folder / f"dropped-{rule}.jpg")


def _thumbnails(parts: Sequence[Part], rule: str) -> Iterator[Pixels]:
    for part in parts:
        for own, thumbnail in zip(part.thumbnail_rules, part.thumbnails, strict=True):
            if own == rule:
                yield thumbnail


def _write_dropped(
    path: Path, photographs: Sequence[Photograph], rules: Sequence[str], measures: npt.NDArray[np.float64]
) -> None:
    header = ["file", "rule", *measure_names()]
    rows = (
        [photograph.file, rule, *map("{:.4g}".format, own)]
        for photograph, rule, own in zip(photographs, rules, measures, strict=True)
        if rule
    )
    write_text(path, _csv_text(header, rows))


def labels_table(
    source: str,
    pictures: Sequence[Picture],
    groups: npt.NDArray[np.int32],
    held_out: npt.NDArray[np.bool_],
) -> str:
    """The text of labels.csv: the fixed columns, the source's extra ones, the measures."""
    extra = sorted({name for picture in pictures for name in picture.photograph.extra} - set(COLUMNS))
    header = [*COLUMNS, *extra, *measure_names()]
    rows = (
        [
            picture.photograph.file,
            f"{picture.photograph.sex:g}",
            f"{picture.photograph.age_low:g}",
            f"{picture.photograph.age_high:g}",
            int(held),
            int(group),
            source,
            *(picture.photograph.extra.get(name, "") for name in extra),
            *map("{:.4g}".format, picture.measures),
        ]
        for picture, group, held in zip(pictures, groups, held_out, strict=True)
    )
    return _csv_text(header, rows)


def strata(pictures: Sequence[Picture]) -> npt.NDArray[np.int64]:
    """A number for each picture's sex and age group, `[N]` int64."""
    return np.array(
        [
            2 * age_group(one.age_low, one.age_high) + (one.sex > 0)
            for one in (picture.photograph for picture in pictures)
        ],
        dtype=np.int64,
    )


def label_declarations(pictures: Sequence[Picture]) -> list[dict[str, Any]]:
    """What each label means and which values it takes, in the terms of the model's card."""
    return [
        {"name": "sex", "kind": "binary", "negative": "female", "positive": "male"},
        {
            "name": "age",
            "kind": "number",
            "unit": "years",
            "minimum": min(picture.photograph.age_low for picture in pictures),
            "maximum": max(picture.photograph.age_high for picture in pictures),
            "groups": [limit for limit in AGE_GROUP_LIMITS if not math.isinf(limit)],
        },
    ]


def pack(out: Path) -> Path:
    """Write the finished dataset in the folder `out` as one file beside its parts; returns the file's path."""
    path = out / PACK
    try:
        texts = {name: (out / name).read_text(encoding="utf-8") for name in (METADATA, LABELS)}
        write_pack(path, texts, np.load(out / IMAGES, mmap_mode="r", allow_pickle=False))
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error})") from None
    return path


def write_text(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _csv_text(header: Sequence[str], rows: "Iterator[list[Any]]") -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _group_summary(groups: npt.NDArray[np.int32], similarity: float) -> dict[str, Any]:
    sizes = np.bincount(groups)
    several = sizes[sizes > 1]
    return {
        "similarity": similarity,
        "groups": len(several),
        "pictures": int(several.sum()),
        "largest": int(sizes.max()),
    }
