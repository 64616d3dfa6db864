"""All photographs inspected on all cores, part by part, so that a killed run goes on where it stopped."""

import json
import os
import signal
import threading
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from trainer.data.alignment import Geometry, Pixels
from trainer.data.detection import LANDMARK_MODEL, FaceDetector, shipped_model
from trainer.data.embedding import FaceEmbedding, require_embedding
from trainer.data.inspection import THUMBNAIL_SIDE, Inspection, Inspector
from trainer.data.measures import Limits, Measures
from trainer.errors import UserError

PART_LENGTH = 200
THUMBNAILS_PER_RULE = 12
"""Of each part and rule, so that a dropped million does not fill the disk with thumbnails."""


@dataclass(frozen=True)
class Settings:
    """How photographs are inspected: as in `Inspector`, `embed` saying whether kept faces are embedded."""

    size: int
    geometry: Geometry
    limits: Limits
    embed: bool


@dataclass(frozen=True)
class Task:
    """A part of the work: where its result goes, its photographs, and which of them are of thin age groups."""

    path: Path
    photographs: tuple[Path, ...]
    thin: tuple[bool, ...]


@dataclass(frozen=True)
class Part:
    """The result for a run of photographs.

    `rules` and `problems` as in `Inspection`, one a photograph ('' where kept). `measures` `[n, m]` float64, in
    the order of the fields of `Measures`. `crops` `[k, size, size, 3]` uint8 of those kept, in order, and
    their `embeddings` `[k, 128]` float32, or `[k, 0]` where none were asked for.
    `thumbnails` `[t, 64, 64, 3]` uint8 of dropped ones, whose rules are `thumbnail_rules`.
    """

    rules: list[str]
    problems: list[str]
    measures: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    crops: Pixels
    embeddings: npt.NDArray[np.float32]
    thumbnails: Pixels
    thumbnail_rules: list[str]


def split_into_tasks(folder: Path, photographs: Sequence[Path], thin: Sequence[bool]) -> list[Task]:
    """The photographs as parts of `PART_LENGTH`, whose results go to `folder`."""
    return [
        Task(
            folder / f"{start // PART_LENGTH:06d}.npz",
            tuple(photographs[start : start + PART_LENGTH]),
            tuple(thin[start : start + PART_LENGTH]),
        )
        for start in range(0, len(photographs), PART_LENGTH)
    ]


def inspect_all(tasks: Sequence[Task], settings: Settings, workers: int) -> None:
    """Write the part of every task that has none yet, on `workers` processes, with a progress bar.

    Raises UserError where a model is not installed, a part cannot be written or a worker dies; parts
    that are written stay.
    """
    shipped_model(*LANDMARK_MODEL)
    if settings.embed:
        require_embedding()
    open_tasks = [task for task in tasks if not task.path.exists()]
    total = sum(len(task.photographs) for task in tasks)
    done = total - sum(len(task.photographs) for task in open_tasks)
    with (
        tqdm(total=total, initial=done, unit="picture", desc="inspecting", smoothing=0.05) as progress,
        ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(settings,)
        ) as pool,
    ):
        futures = {pool.submit(_inspect_part, task): task for task in open_tasks}
        try:
            for future in as_completed(futures):
                _finish(future, futures[future])
                progress.update(len(futures[future].photographs))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _finish(future: "Future[None]", task: Task) -> None:
    try:
        future.result()
    except BrokenProcessPool:
        raise UserError("a worker process died, perhaps for want of memory; run again, with fewer --workers") from None
    except OSError as error:
        raise UserError(f"{task.path.parent}: cannot be written ({error.strerror or error})") from None


_inspector: Inspector


def _start_worker(settings: Settings) -> None:
    """Load the models once a process: they are the process's own and cannot travel with a task."""
    global _inspector
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    embedding = FaceEmbedding() if settings.embed else None
    _inspector = Inspector(FaceDetector(), embedding, settings.geometry, settings.limits, settings.size)


def _end_with_parent() -> None:
    """Leave when the main process is gone: killed, it cannot tell, and idle workers would wait for ever."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _inspect_part(task: Task) -> None:
    inspections = [
        _inspector.inspect(photograph, thin) for photograph, thin in zip(task.photographs, task.thin, strict=True)
    ]
    write_part(task.path, inspections, _inspector.size)


def write_part(path: Path, inspections: Sequence[Inspection], size: int) -> None:
    """Write a part so that it is there whole or not at all."""
    crops = [inspection.crop for inspection in inspections if inspection.crop is not None]
    embeddings = [inspection.embedding for inspection in inspections if inspection.embedding is not None]
    thumbnails = list(_few_thumbnails(inspections))
    header = {
        "rules": [inspection.rule or "" for inspection in inspections],
        "problems": [inspection.problem for inspection in inspections],
        "thumbnail_rules": [rule for rule, _ in thumbnails],
    }
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        np.savez(
            file,
            header=np.array(json.dumps(header)),
            measures=np.array([astuple(inspection.measures) for inspection in inspections], dtype=np.float64),
            crops=np.array(crops, dtype=np.uint8).reshape(-1, size, size, 3),
            embeddings=np.array(embeddings, dtype=np.float32).reshape(len(crops), -1 if embeddings else 0),
            thumbnails=np.array([picture for _, picture in thumbnails], dtype=np.uint8).reshape(
                -1, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3
            ),
        )
    unfinished.replace(path)


def _few_thumbnails(inspections: Sequence[Inspection]) -> Iterator[tuple[str, Pixels]]:
    count: dict[str, int] = {}
    for inspection in inspections:
        if inspection.rule is not None and inspection.thumbnail is not None:
            count[inspection.rule] = count.get(inspection.rule, 0) + 1
            if count[inspection.rule] <= THUMBNAILS_PER_RULE:
                yield inspection.rule, inspection.thumbnail


def read_part(path: Path) -> Part:
    """Read a part. Raises UserError where it is damaged."""
    with _opened(path) as arrays:
        header = json.loads(str(arrays["header"]))
        return Part(
            header["rules"],
            header["problems"],
            arrays["measures"],
            arrays["crops"],
            arrays["embeddings"],
            arrays["thumbnails"],
            header["thumbnail_rules"],
        )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            yield arrays
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: damaged ({error}); delete it and run again") from None


def kept_in_part(path: Path) -> int:
    """How many of a part's photographs were kept, without reading their pictures. Raises UserError as `read_part`."""
    with _opened(path) as arrays:
        return int(json.loads(str(arrays["header"]))["rules"].count(""))


def measure_names() -> list[str]:
    """The columns of `Part.measures`."""
    return [field.name for field in fields(Measures)]
