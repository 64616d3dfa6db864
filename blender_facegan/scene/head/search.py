"""The search for faces: meshes are read here, bit by bit, and looked at in threads. Nothing is written."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import bpy

from ...core.engine.engine import usable_cores
from ...core.errors import CrowdError
from ...core.head.finding import Why
from ...core.search.locating import Located, LocatingThreads, Subject, locate
from .coordinates import landmarks_of, placed_on
from .picture_search import PictureSearch
from .reading import read_person, shape_mark

Found = Located | Why | str
Key = tuple[int, ...]
"""The meshes of a person, by `session_uid`, in their order."""
Result = TypeVar("Result")

_WAIT = 0.1
"""Seconds that a script waits for the threads between two lines of progress."""


class _Asked(NamedTuple):
    """Whom to look at: how the person is told, and its mesh objects by `session_uid`."""

    name: str
    objects: tuple[int, ...]


class _Kept(NamedTuple):
    """What was found, and the meshes' shapes then."""

    shapes: tuple[str, ...]
    found: Found


class FaceSearch:
    """What is found on the meshes of persons, each set of meshes once.

    A survey asks it (`look_up`). What it does not know yet it notes down; when the survey is over, `step` finds it, a
    little at a time, or `through` all of it, and then the survey is made again. In between nothing of Blender's is held
    but `session_uid`s: what was deleted in the meantime is no longer asked for, what was edited is looked at again.
    threads: None for every core.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or usable_cores()
        self._kept: dict[Key, _Kept] = {}
        self._asked: dict[Key, _Asked] = {}
        self._shapes: dict[Key, tuple[str, ...]] = {}
        self._workers: LocatingThreads[Key] | None = None
        self.pictures = PictureSearch()
        self.found, self.total = 0, 0
        """Persons of the search: those whose meshes were looked at, and all."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to be found."""
        return not self._asked and not self._shapes and not self.pictures.waiting

    def look_up(self, key: Key, name: str, objects: Sequence[bpy.types.Object]) -> Found | None:
        """What was found on these objects; None where that is yet to be done. name: how the person is told."""
        shapes = _shapes(objects)
        if key in self._kept and self._kept[key].shapes == shapes:
            return self._kept[key].found
        self._asked.setdefault(key, _Asked(name, tuple(obj.session_uid for obj in objects)))
        return None

    def at_once(self, key: Key, name: str, objects: Sequence[bpy.types.Object]) -> Found:
        """What is found on these objects, looked at now if need be."""
        found = self.look_up(key, name, objects)
        if found is None:
            del self._asked[key]
            found = locate(_subject(name, objects))
            self._kept[key] = _Kept(_shapes(objects), found)
        return found

    def step(self, seconds: float, wait: float = 0.0) -> bool:
        """Goes on with the search for about so long; returns whether it is over.

        wait: for so many seconds more where there is nothing to do but to wait for the threads.
        """
        if self._workers is None:
            self._workers, self.found, self.total = LocatingThreads(self._threads), 0, len(self._asked)
            self.total += self.pictures.waiting
        self._read(self._workers, seconds)
        self.found += self.pictures.step(seconds)
        for key, found in self._workers.take(wait).items():
            self._kept[key] = _Kept(self._shapes.pop(key), found)
            self.found += 1
        if self.is_complete:
            self.close()
        return self.is_complete

    def through(self, look: Callable[[], Result], progress: Callable[[int, int], None] | None = None) -> Result:
        """What `look` returns in the end: it is called again when everything is found that it has asked for.

        What it raises counts only when it lacked nothing.
        """
        while True:
            try:
                result = look()
            except CrowdError:
                if self.is_complete:
                    raise
            else:
                if self.is_complete:
                    return result
            while not self.step(_WAIT, _WAIT):
                if progress is not None:
                    progress(self.found, self.total)

    def close(self) -> None:
        """Ends the search where it is."""
        if self._workers is not None:
            self._workers.close()
        self._workers = None
        self._asked.clear()
        self._shapes.clear()
        self.pictures.close()

    def _read(self, workers: LocatingThreads[Key], seconds: float) -> None:
        """Has as many persons looked at as can be read in the time, and as the threads take."""
        if not self._asked:
            return
        until = time.perf_counter() + seconds
        there = {obj.session_uid: obj for obj in bpy.data.objects}
        while self._asked and not workers.is_full and time.perf_counter() < until:
            key = next(iter(self._asked))
            asked = self._asked.pop(key)
            objects = [there[uid] for uid in asked.objects if uid in there and there[uid].type == "MESH"]
            if tuple(_mesh(obj).session_uid for obj in objects) != key:
                self.total -= 1
                continue
            self._shapes[key] = _shapes(objects)
            workers.put(key, _subject(asked.name, objects))


def _subject(name: str, objects: Sequence[bpy.types.Object]) -> Subject:
    return Subject(
        person=read_person(name, objects),
        corners=tuple(len(_mesh(obj).loops) for obj in objects),
        carried={index: marked for index, obj in enumerate(objects) if (marked := landmarks_of(obj)) is not None},
        placed={index: placed for index, obj in enumerate(objects) if (placed := placed_on(_mesh(obj)))},
    )


def _shapes(objects: Iterable[bpy.types.Object]) -> tuple[str, ...]:
    return tuple(shape_mark(obj) for obj in objects)


def _mesh(obj: bpy.types.Object) -> Any:
    return obj.data
