"""All photographs inspected on all cores, part by part, so that a killed run goes on where it stopped."""

import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import get_context, parent_process
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Lock
from typing import NoReturn, TypeVar

import cv2
from PIL import Image
from tqdm import tqdm

from trainer.data.faces.detection import LANDMARK_MODEL, shipped_model
from trainer.data.faces.embedding import require_embedding
from trainer.data.prepare.inspection import Inspection, Inspector, Settings
from trainer.data.prepare.parts import write_part
from trainer.errors import UserError

PART_LENGTH = 200
BAR_SECONDS = 0.2
"""How often the progress bar is moved on."""
SEEN_WITHIN = 90.0
"""Seconds in which a file of another machine must be seen here: NFS may deny it for 60 (nfs(5), acdirmax)."""

T = TypeVar("T")


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


def inspect_all(tasks: Sequence[Task], settings: Settings, workers: int, elsewhere: Executor | None = None) -> None:
    """Write the part of every task that has none yet, on `workers` processes, with a progress bar.

    Where there is an `elsewhere`, its processes do it instead (`trainer.workers.cluster`). Raises UserError where a
    model is not installed, a part cannot be written or a worker dies; parts that are written stay.
    """
    if not settings.whole:
        shipped_model(*LANDMARK_MODEL)
    if settings.embed:
        require_embedding()
    open_tasks = [task for task in tasks if not task.path.exists()]
    total = sum(len(task.photographs) for task in tasks)
    done = total - sum(len(task.photographs) for task in open_tasks)
    if elsewhere is not None:
        _inspect_elsewhere(open_tasks, settings, elsewhere, done, total)
        return
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


def _inspect_elsewhere(tasks: Sequence[Task], settings: Settings, elsewhere: Executor, done: int, total: int) -> None:
    """Have the tasks done by processes that may stand on other machines; the bar moves by whole parts."""
    with tqdm(total=total, initial=done, unit="picture", desc="inspecting", smoothing=0.05) as progress:
        left: dict[Task, frozenset[str]] = dict.fromkeys(tasks, frozenset())
        while left:
            left = _one_round(left, settings, elsewhere, progress)


def _one_round(
    tasks: Mapping[Task, frozenset[str]], settings: Settings, elsewhere: Executor, progress: "tqdm[NoReturn]"
) -> dict[Task, frozenset[str]]:
    """Have tasks done, of each of which the photographs named are known to be missing.

    Returns those that were not, since more are missing, here too. Raises UserError where a machine does not see what
    is seen here.
    """
    again: dict[Task, frozenset[str]] = {}
    futures = {elsewhere.submit(inspect_here, _placed(task), settings, known): task for task, known in tasks.items()}
    try:
        for future in as_completed(futures):
            # Nothing may hold on to what is done: a cluster would do it again when the machine that did it is lost.
            task = futures.pop(future)
            if unseen := _finish(future, task):
                _refuse_blind(unseen, task)
                again[task] = tasks[task] | unseen.photographs
                continue
            if not _appears(task.path):
                raise UserError(
                    f"{task.path}: was written on another machine and is not seen here; put --out and"
                    " the photographs on a disk that all machines see, under one path"
                )
            progress.update(len(task.photographs))
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return again


def _refuse_blind(unseen: "Unseen", task: Task) -> None:
    """Raises UserError where a photograph that a machine does not see is here: its disk is not the one meant."""
    if here := next((name for name in sorted(unseen.photographs) if (task.source / name).exists()), None):
        raise UserError(
            f"{task.source / here}: is seen here, and not on {unseen.machine}; all machines must see the photographs,"
            " under one path: mount their disk there"
        )


def _appears(path: Path) -> bool:
    """Whether a file is seen here; what another machine has written, a network's disk may show some seconds later."""
    until = time.monotonic() + SEEN_WITHIN
    while not path.exists():
        if time.monotonic() > until:
            return False
        time.sleep(BAR_SECONDS)
    return True


def _placed(task: Task) -> Task:
    """The task with paths that do not depend on where a process was started."""
    return replace(task, path=task.path.absolute(), source=task.source.absolute())


_TURN = Lock()


@dataclass(frozen=True)
class Unseen:
    """Photographs of a task that a machine does not see."""

    machine: str
    photographs: frozenset[str]


def inspect_here(task: Task, settings: Settings, missing: frozenset[str] = frozenset()) -> Unseen | None:
    """Write the task's part, in any process that sees its paths; the models are loaded once a process.

    Where photographs are not seen beside those known to be `missing`, nothing is written and they come back: whoever
    asked sees them, or they are missing. Raises UserError where the photographs' folder is not to be seen.
    """
    if not task.source.is_dir() or not task.path.parent.is_dir():
        folder = task.path.parent if task.source.is_dir() else task.source
        raise UserError(f"{folder}: no such folder on {socket.gethostname()}; all machines must see it under one path")
    if unseen := {name for name in task.photographs if not (task.source / name).exists()} - missing:
        return Unseen(socket.gethostname(), frozenset(unseen))
    # A task of a machine that was taken for lost may be done twice at once: each writes a file of its own.
    own = task.path.with_name(f"{task.path.stem}-{socket.gethostname()}-{os.getpid()}.npz")
    with _TURN:  # the models are not made for several threads
        Worker(_inspector(settings)).carry_out(replace(task, path=own))
    own.replace(task.path)
    return None


@lru_cache(maxsize=1)
def _inspector(settings: Settings) -> Inspector:
    """The models, loaded once a process: they are the process's own and cannot travel with a task."""
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    cv2.setNumThreads(1)
    return Inspector.of(settings)


def _finish(future: "Future[T]", task: Task) -> T:
    try:
        return future.result()
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
    stopping: Event | None = None
    inspected: "Synchronized[int] | None" = None

    def carry_out(self, task: Task) -> None:
        """Inspect the photographs of the task and write its part."""
        inspections: list[Inspection] = []
        for photograph, thin in zip(task.photographs, task.thin, strict=True):
            if self.stopping is not None and self.stopping.is_set():
                return
            inspections.append(self.inspector.inspect(task.source / photograph, thin))
            if self.inspected is not None:
                with self.inspected.get_lock():
                    self.inspected.value += 1
        write_part(task.path, inspections, self.inspector.settings.size)


_worker: Worker


def _start_worker(settings: Settings, stopping: Event, inspected: "Synchronized[int]") -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = Worker(_inspector(settings), stopping, inspected)


def _end_with_parent() -> None:
    """Leave when the main process is gone: killed, it cannot tell, and idle workers would wait for ever."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _inspect_part(task: Task) -> None:
    _worker.carry_out(task)
