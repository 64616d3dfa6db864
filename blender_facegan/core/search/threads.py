"""Threads that locate the faces of persons, one person after another. No Blender in here."""

from collections.abc import Hashable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

from ..head.finding import Why
from .locating import Located, Subject, locate

_AHEAD = 8
"""Persons for each thread that wait for it: enough until the next look at it, and few enough for the memory."""

Key = TypeVar("Key", bound=Hashable)


class LocatingThreads(Generic[Key]):
    """Give it persons while it is not full, and take what they have found."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="crowd-faces-search")
        self._most = threads * _AHEAD
        self._under_way: dict[Future[Located | Why | str], Key] = {}

    @property
    def is_full(self) -> bool:
        """Whether no more persons are taken for now."""
        return len(self._under_way) >= self._most

    @property
    def is_idle(self) -> bool:
        """Whether nobody is looked at."""
        return not self._under_way

    def put(self, key: Key, subject: Subject) -> None:
        """Has a person looked at. key: what it is told by when it is found."""
        self._under_way[self._pool.submit(locate, subject)] = key

    def take(self, seconds: float = 0.0) -> dict[Key, Located | Why | str]:
        """What has been found since the last time; waits so long for the first if there is nothing yet."""
        done, _ = wait(self._under_way, seconds, FIRST_COMPLETED)
        return {self._under_way.pop(future): future.result() for future in done}

    def close(self) -> None:
        """Ends the threads after the persons that they are at; nobody else is looked at."""
        self._pool.shutdown(wait=False, cancel_futures=True)
