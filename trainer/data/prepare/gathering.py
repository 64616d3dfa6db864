"""The inspected parts joined, one in memory at a time: pictures, measures and embeddings go to files as they come."""

import io
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from trainer.data.dataset import IMAGES
from trainer.data.faces.measures import RULES
from trainer.data.prepare.parts import Part, kept_in_part, measure_names, read_part
from trainer.data.prepare.pool import Task
from trainer.data.prepare.records import written_measures
from trainer.data.prepare.workspace import DROPPED, PARTS, SHEETS
from trainer.data.sources.source import Photograph
from trainer.files import appended_array, mapped, write_bytes, written_table
from trainer.pictures import Pixels, tiled

COLUMNS = 20
ROWS = 12
GREY = 128
MEASURES = "measures.npy"
DESCRIPTIONS = "embeddings.npy"


def spread(count: int, wanted: int) -> npt.NDArray[np.int64]:
    """Up to `wanted` indices spread evenly over `count`."""
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, wanted)).round().astype(np.int64))


class EvenSample:
    """At most 480 pictures, spread evenly over a stream of unknown length."""

    def __init__(self) -> None:
        self.items: list[Pixels] = []
        self._step = 1
        self._seen = 0

    def add(self, item: Pixels) -> None:
        """Take the picture in if it is one of every so many."""
        if self._seen % self._step == 0:
            self.items.append(item)
        self._seen += 1
        if len(self.items) > 2 * COLUMNS * ROWS:
            del self.items[1::2]
            self._step *= 2


def contact_sheet(pictures: Sequence[Pixels] | Pixels, path: Path) -> None:
    """Write up to 240 pictures `[S, S, 3]` uint8 of one size, spread evenly over all, as one JPEG; nothing for none."""
    if len(pictures) == 0:
        return
    chosen = [pictures[index] for index in spread(len(pictures), COLUMNS * ROWS)]
    encoded = io.BytesIO()
    Image.fromarray(tiled(chosen, COLUMNS, gap=0, ground=GREY)).save(encoded, "JPEG", quality=92, subsampling=0)
    write_bytes(path, encoded.getvalue())


@dataclass(frozen=True)
class Gathered:
    """What was kept, index n meaning the same picture everywhere, and what became of the others.

    `images` uint8 `[N, size, size, 3]`, `measures` float64 `[N, m]` and `embeddings` float32 `[N, 128]`, or `[N, 0]`
    where none were asked for, are mapped from files. `dropped` counts by rule; `unreadable` are the files and why.
    """

    photographs: list[Photograph]
    images: Pixels
    measures: npt.NDArray[np.float64]
    embeddings: npt.NDArray[np.float32]
    dropped: dict[str, int]
    unreadable: list[dict[str, str]]


def gather(photographs: Sequence[Photograph], out: Path, size: int, tasks: Sequence[Task]) -> Gathered:
    """Join the parts; writes the pictures, the dropped ones' table and the contact sheets into `out`."""
    counts = [kept_in_part(task.path) for task in tasks]
    total, width = sum(count for count, _ in counts), max((width for _, width in counts), default=0)
    kept: list[Photograph] = []
    unreadable: list[dict[str, str]] = []
    counted = Counter[str]()
    samples: dict[str, EvenSample] = {rule: EvenSample() for rule in RULES}
    parts = out / PARTS
    with ExitStack() as files:
        images = files.enter_context(appended_array(out / IMAGES, (total, size, size, 3), np.uint8))
        measures = files.enter_context(appended_array(parts / MEASURES, (total, len(measure_names())), np.float64))
        embeddings = files.enter_context(appended_array(parts / DESCRIPTIONS, (total, width), np.float32))
        dropped = files.enter_context(written_table(out / DROPPED, ["file", "rule", *measure_names()]))
        start = 0
        for task in tasks:
            part = read_part(task.path)
            own = photographs[start : start + len(part.rules)]
            start += len(part.rules)
            stays = np.array([not rule for rule in part.rules], np.bool_)
            images(part.crops)
            measures(part.measures[stays])
            embeddings(part.embeddings.reshape(len(part.crops), -1) if len(part.crops) else np.empty((0, width)))
            kept += [photograph for photograph, stay in zip(own, stays, strict=True) if stay]
            counted.update(map(sys.intern, part.rules))
            unreadable += _unreadable(own, part)
            dropped.writerows(
                [photograph.file, rule, *written_measures(row)]
                for photograph, rule, row in zip(own, part.rules, part.measures, strict=True)
                if rule
            )
            for rule, thumbnail in zip(part.thumbnail_rules, part.thumbnails, strict=True):
                samples[rule].add(thumbnail)
    pictures = mapped(out / IMAGES)
    _write_sheets(out, pictures, samples)
    return Gathered(
        kept,
        pictures,
        mapped(parts / MEASURES),
        mapped(parts / DESCRIPTIONS),
        {rule: counted[rule] for rule in RULES},
        unreadable,
    )


def _unreadable(photographs: Sequence[Photograph], part: Part) -> Iterator[dict[str, str]]:
    for photograph, problem in zip(photographs, part.problems, strict=True):
        if problem:
            yield {"file": photograph.file, "problem": problem}


def _write_sheets(out: Path, pictures: Pixels, samples: dict[str, EvenSample]) -> None:
    (out / SHEETS).mkdir(exist_ok=True)
    contact_sheet(pictures, out / SHEETS / "kept.jpg")
    for rule, sample in samples.items():
        contact_sheet(sample.items, out / SHEETS / f"dropped-{rule}.jpg")
