"""What operators do that must know where faces lie: they look for them first, while Blender stays free."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import bpy

from ..core.errors import CrowdError
from ..scene.head.finder import FaceFinder
from ..scene.head.persons import Person, persons_of
from ..scene.head.search import FaceSearch
from ..scene.people.characters import Skipped, Surveyor
from ..scene.people.scope import remembered
from ..scene.populate import run_state
from ..scene.records import redraw
from .base import Answer
from .preference_values import preferences
from .running import PrintedProgress, Running

Looking = Callable[[FaceSearch], Any]
"""Looks at what the operator was to look at when it was started, and changes nothing. Raises CrowdError."""


class Looked(NamedTuple):
    """The persons of some objects, and who is none and why; the objects that are still there, and what was found."""

    persons: Sequence[Person]
    skipped: Sequence[Skipped]
    objects: Sequence[bpy.types.Object]
    search: FaceSearch


_READING = 0.03
"""Seconds of a tick in which meshes are read."""


class Searching(Running):
    """An operator that knows where faces lie before it acts.

    What a search lacks is looked for between Blender's own work, with progress, until Esc; then it is looked again.
    From scripts and in background mode the same goes on without a stop.
    """

    _search: FaceSearch
    _looking: Looking
    _is_looking: bool

    def look(self, context: bpy.types.Context) -> Looking:
        """What to look at. It is fixed now: selection and settings may change while faces are looked for."""
        raise NotImplementedError

    def act(self, context: bpy.types.Context, looked: Any) -> None:
        """Does everything at once, and tells of it. looked: what `look` has led to. Raises CrowdError."""
        raise NotImplementedError

    def asks_first(self, _context: bpy.types.Context, _looked: Any) -> bool:
        """Whether the artist is asked to confirm, and the run begins only then."""
        return False

    def begin(self, context: bpy.types.Context, looked: Any) -> Answer:
        """Goes on in the window when everything is found; RUNNING_MODAL has `carry_on` called. Raises CrowdError."""
        self.act(context, looked)
        return {"FINISHED"}

    def carry_on(self, _context: bpy.types.Context) -> Answer:
        """One look at what `begin` has begun; PASS_THROUGH as long as it goes on. Raises CrowdError."""
        raise NotImplementedError

    def perform(self, context: bpy.types.Context) -> None:
        """Does everything before it returns, for scripts and farms."""
        search, looking = FaceSearch(_threads(context)), self.look(context)
        self.act(context, search.through(lambda: looking(search), PrintedProgress("{:,} of {:,} persons")))

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> Answer:
        """Works while Blender stays free; everything is written at the end."""
        return self.execute(context) if bpy.app.background else self.start(context)

    def start(self, context: bpy.types.Context) -> Answer:
        """Begins a run that `modal` goes on with, if it is not over at once."""
        self._search, self._runs, self._is_looking = FaceSearch(_threads(context)), False, True
        try:
            self._looking = self.look(context)
            looked = self.looked()
            if looked is not None and self.asks_first(context, looked):
                return {"CANCELLED"}
            answer = self.go_on(context, looked)
        except CrowdError as error:
            return self.refuse(error)
        return self.begin_run(context) if answer == {"RUNNING_MODAL"} else answer

    def looked(self) -> Any:
        """What was looked at; it is whole only where the search is complete. None where so far nothing came of it."""
        try:
            return self._looking(self._search)
        except CrowdError:
            if self._search.is_complete:
                raise
            return None

    def go_on(self, context: bpy.types.Context, looked: Any) -> Answer:
        """Begins if everything is found."""
        if not self._search.is_complete:
            return {"RUNNING_MODAL"}
        self._is_looking = False
        return self.begin(context, looked)

    def step(self, context: bpy.types.Context) -> Answer:
        """Looks for faces, and then goes on with what was begun."""
        return self.search_on(context) if self._is_looking else self.carry_on(context)

    def search_on(self, context: bpy.types.Context) -> Answer:
        """Looks for faces for a moment; when all are found, looks again at what was to be looked at."""
        if not self._search.step(_READING):
            seconds = time.monotonic() - self._started
            run_state.show_search(context, self._search.found, self._search.total, seconds)
            redraw()
            return {"PASS_THROUGH"}
        if self.waits(context):
            return {"PASS_THROUGH"}
        looked = self.looked()
        if self._search.is_complete and self.asks_first(context, looked):
            return {"CANCELLED"}
        answer = self.go_on(context, looked)
        self._started = time.monotonic()
        return {"PASS_THROUGH"} if answer == {"RUNNING_MODAL"} else answer

    def close(self) -> None:
        """Lets go of the search."""
        self._search.close()


def looking_at_persons(chosen: Iterable[bpy.types.Object], by_coordinates: bool = True) -> Looking:
    """Looks for the persons that these objects are parts of: see `Looked` and `FaceFinder`."""
    objects = remembered(chosen)

    def looking(search: FaceSearch) -> Looked:
        there = objects()
        meshes = [obj for obj in there if obj.type == "MESH"]
        persons, skipped = persons_of(meshes, Surveyor(), FaceFinder(by_coordinates, search))
        return Looked(persons, skipped, there, search)

    return looking


def _threads(context: bpy.types.Context) -> int | None:
    chosen = preferences(context)
    return chosen.threads or None if chosen is not None else None
