"""Work on many pictures spread over all cores, with a progress bar."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from types import TracebackType
from typing import Any, TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.workers.cluster import Cluster

Extractor = Callable[[NDArray[np.uint8]], NDArray[Any]]
"""uint8 [N, H, W, 3] to an array whose first axis is N; a module's function, so that another process can import it."""

CHUNK = 128
T = TypeVar("T")


def _use_threads(count: int) -> None:
    """How many threads the libraries of this process may use beside the other processes."""
    cv2.setNumThreads(count)
    torch.set_num_threads(count)


class Pool:
    """`workers` processes that run an extractor over chunks of pictures; with one worker, this process alone.

    Where there is an `elsewhere` of `trainer.workers.cluster`, its machines look at the pictures instead.
    """

    def __init__(self, workers: int, elsewhere: Executor | None = None) -> None:
        self.workers = workers
        self.elsewhere = elsewhere
        self._pool: Executor | None = None

    def __enter__(self) -> "Pool":
        if self.elsewhere:
            self._pool = self.elsewhere
        elif self.workers > 1:
            # A forked child would inherit locks that torch's threads hold.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, context, initializer=_use_threads, initargs=(1,))
        _use_threads(max(1, self.workers // 2))  # this process generates while the others look at what it made
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool and not self.elsewhere:
            self._pool.shutdown(cancel_futures=True)
        self._pool = None

    def extract(
        self, extractor: Extractor, chunks: Iterable[NDArray[np.uint8]], total: int, title: str
    ) -> NDArray[Any]:
        """The extractor's rows for all pictures, in order. `chunks` holds `total` pictures in all, at least one."""
        rows = []
        with tqdm(total=total, desc=title, unit="picture", smoothing=0.05) as progress:
            for result in self._in_order(extractor, chunks):
                rows.append(result)
                progress.update(len(result))
        return np.concatenate(rows)

    def _most_waiting(self) -> int:
        """Tasks that are begun before the first one's answer is waited for: two for each that works on them."""
        return 2 * (self.elsewhere.processes if isinstance(self.elsewhere, Cluster) else self.workers)

    def _in_order(self, function: Callable[[Any], T], chunks: Iterable[Any]) -> Iterator[T]:
        if self._pool is None:
            yield from map(function, chunks)
            return
        waiting: deque[Future[T]] = deque()
        for chunk in chunks:
            waiting.append(self._pool.submit(function, chunk))
            if len(waiting) > self._most_waiting():  # bounds the pictures in memory
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def in_chunks(pictures: NDArray[np.uint8], size: int = CHUNK) -> Iterator[NDArray[np.uint8]]:
    """Slices of at most `size` pictures, read from a memory-mapped file one at a time."""
    for start in range(0, len(pictures), size):
        yield np.ascontiguousarray(pictures[start : start + size])
