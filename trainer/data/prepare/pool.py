"""All photographs inspected on all cores, part by part, so that a killed run goes on where it stopped."""

import os
import signal
import threading
import warnings
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path

import cv2
from PIL import Image
from tqdm import tqdm

from trainer.data.faces.alignment import Geometry
from trainer.data.faces.detection import LANDMARK_MODEL, FaceDetector, shipped_model
from trainer.data.faces.embedding import FaceEmbedding, require_embedding
from trainer.data.faces.measures import Limits
from trainer.data.faces.occlusion import load_occluder_reader
from trainer.data.prepare.inspection import Inspection, Inspector
from trainer.data.prepare.parts import write_part
from trainer.errors import UserError

PART_LENGTH = 200
BAR_SECONDS = 0.2
"""How often the progress bar is moved on."""


@dataclass(frozen=True)
class Settings:
    """How photographs are inspected: as in `Inspector`.

    `embed` says whether kept faces are embedded and searched for occluders.
    """

    size: int
    geometry: Geometry
    limits: Limits
    embed: bool
    whole: bool = False
    middle: bool = False
    even_light: bool = False


@dataclass(frozen=True)
class Task:
    """A part of the work: where its result goes, its photographs, and which of them are of thin age groups.

    `photographs` are names below the folder `source`.
    """

    path: Path
    source: Path
    photographs: tuple[str, ...]
    thin: tuple[bool, ...]


def split_into_tasks(folder: Path, source: Path, photographs: Sequence[str], thin: Sequence[bool]) -> list[Task]:
    """The photographs of the folder `source` as parts of `PART_LENGTH`, whose results go to `folder`."""
    return [
        Task(
            folder / f"{start // PART_LENGTH:06d}.npz",
            source,
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
    if not settings.whole:
        shipped_model(*LANDMARK_MODEL)
    if settings.embed:
        require_embedding()
    open_tasks = [task for task in tasks if not task.path.exists()]
    total = sum(len(task.photographs) for task in tasks)
    done = total - sum(len(task.photographs) for task in open_tasks)
    context = get_context("spawn")
    stopping, inspected = context.Event(), context.Value("q", 0)
    with (
        tqdm(total=total, initial=done, unit="picture", desc="inspecting", smoothing=0.05) as progress,
        ProcessPoolExecutor(
            workers, mp_context=context, initializer=_start_worker, initargs=(settings, stopping, inspected)
        ) as pool,
    ):
        futures = {pool.submit(_inspect_part, task): task for task in open_tasks}
        try:
            waiting = set(futures)
            while waiting:
                finished, waiting = wait(waiting, BAR_SECONDS, FIRST_COMPLETED)
                for future in finished:
                    _finish(future, futures[future])
                progress.update(done + inspected.value - progress.n)
        except BaseException:
            stopping.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _finish(future: "Future[None]", task: Task) -> None:
    try:
        future.result()
    except BrokenProcessPool:
        raise UserError("a worker process died, perhaps for want of memory; run again, with fewer --workers") from None
    except OSError as error:
        raise UserError(f"{task.path.parent}: cannot be written ({error.strerror or error})") from None


@dataclass(frozen=True)
class Worker:
    """What a process needs for its tasks.

    It gives one up between two photographs when `stopping` is set, and adds each photograph to those `inspected`.
    """

    inspector: Inspector
    stopping: Event
    inspected: "Synchronized[int]"

    def carry_out(self, task: Task) -> None:
        """Inspect the photographs of the task and write its part."""
        inspections: list[Inspection] = []
        for photograph, thin in zip(task.photographs, task.thin, strict=True):
            if self.stopping.is_set():
                return
            inspections.append(self.inspector.inspect(task.source / photograph, thin))
            with self.inspected.get_lock():
                self.inspected.value += 1
        write_part(task.path, inspections, self.inspector.size)


_worker: Worker


def _start_worker(settings: Settings, stopping: Event, inspected: "Synchronized[int]") -> None:
    """Load the models once a process: they are the process's own and cannot travel with a task."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    embedding = FaceEmbedding() if settings.embed else None
    detector = None if settings.whole else FaceDetector()
    inspector = Inspector(
        detector,
        embedding,
        settings.geometry,
        settings.limits,
        settings.size,
        settings.whole,
        settings.middle,
        settings.even_light,
        occluders=load_occluder_reader() if settings.embed else None,
    )
    _worker = Worker(inspector, stopping, inspected)


def _end_with_parent() -> None:
    """Leave when the main process is gone: killed, it cannot tell, and idle workers would wait for ever."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _inspect_part(task: Task) -> None:
    _worker.carry_out(task)
