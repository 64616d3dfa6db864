"""What operators do that must know where faces lie: they look for them first, while Blender stays free."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..core.errors import CrowdError
from ..scene.head.finder import FaceFinder
from ..scene.head.persons import Person, persons_of
from ..scene.head.search import FaceSearch
from ..scene.people.characters import Skipped, Surveyor
from ..scene.people.scope import remembered
from ..scene.populate import run_state
from ..scene.records import run
from .preference_values import preferences

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

Looking = Callable[[FaceSearch], Any]
"""Looks at what the operator was to look at when it was started, and changes nothing. Raises CrowdError."""


class Looked(NamedTuple):
    """The persons of some objects, and who is none and why; the objects that are still there, and what was found."""

    persons: Sequence[Person]
    skipped: Sequence[Skipped]
    objects: Sequence[bpy.types.Object]
    search: FaceSearch


_TICK = 0.1
"""Seconds between two looks at the run."""
_READING = 0.03
"""Seconds of a tick in which meshes are read."""


class Searching(bpy.types.Operator):
    """An operator that knows where faces lie before it acts.

    What a search lacks is looked for between Blender's own work, with progress, until Esc; then it is looked again.
    From scripts and in background mode the same goes on without a stop.
    """

    _search: FaceSearch
    _looking: Looking
    _is_looking: bool
    _runs: bool
    _timer: bpy.types.Timer
    _started: float

    def look(self, context: bpy.types.Context) -> Looking:
        """What to look at. It is fixed now: selection and settings may change while faces are looked for."""
        raise NotImplementedError

    def act(self, context: bpy.types.Context, looked: Any) -> "set[OperatorReturnItems]":
        """Does everything at once. looked: what `look` has led to. Raises CrowdError."""
        raise NotImplementedError

    def asks_first(self, _context: bpy.types.Context, _looked: Any) -> bool:
        """Whether the artist is asked to confirm, and the run begins only then."""
        return False

    def begin(self, context: bpy.types.Context, looked: Any) -> "set[OperatorReturnItems]":
        """Goes on in the window when everything is found; RUNNING_MODAL has `carry_on` called. Raises CrowdError."""
        return self.act(context, looked)

    def carry_on(self, _context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """One look at what `begin` has begun; PASS_THROUGH as long as it goes on. Raises CrowdError."""
        raise NotImplementedError

    def halt(self) -> None:
        """Stops what `begin` has begun."""

    def execute(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Does everything before it returns, for scripts and farms."""
        search = FaceSearch(_threads(context))
        try:
            looking = self.look(context)
            return self.act(context, search.through(lambda: looking(search), PrintedProgress("{:,} of {:,} persons")))
        except CrowdError as error:
            return self.refuse(error)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> "set[OperatorReturnItems]":
        """Works while Blender stays free; everything is written at the end."""
        return self.execute(context) if bpy.app.background else self.start(context)

    def start(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
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
        if answer == {"RUNNING_MODAL"}:
            manager = windows(context)
            self._timer, self._started = manager.event_timer_add(_TICK, window=context.window), time.monotonic()
            self._runs = True
            run_state.begin(context)
            manager.modal_handler_add(self)
        return answer

    def looked(self) -> Any:
        """What was looked at; it is whole only where the search is complete. None where so far nothing came of it."""
        try:
            return self._looking(self._search)
        except CrowdError:
            if self._search.is_complete:
                raise
            return None

    def go_on(self, context: bpy.types.Context, looked: Any) -> "set[OperatorReturnItems]":
        """Begins if everything is found."""
        if not self._search.is_complete:
            return {"RUNNING_MODAL"}
        self._is_looking = False
        return self.begin(context, looked)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> "set[OperatorReturnItems]":
        """Shows how far it is, stops on Esc, and ends once everything is done."""
        stop = event.type == "ESC" and event.value == "PRESS"
        if stop or run(context).stop:
            self.cancel(context)
            self.report({"INFO"}, rpt_("Stopped. Nothing was changed"))
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        answer: set[OperatorReturnItems] = {"CANCELLED"}
        try:
            answer = self.search_on(context) if self._is_looking else self.carry_on(context)
        except CrowdError as error:
            answer = self.refuse(error)
        finally:
            # Also where a fault of the program goes on to Blender: no run is left behind that nothing ends.
            if answer != {"PASS_THROUGH"}:
                self.end(context)
        return answer

    def search_on(self, context: bpy.types.Context) -> "set[OperatorReturnItems]":
        """Looks for faces for a moment; when all are found, looks again at what was to be looked at."""
        if not self._search.step(_READING):
            seconds = time.monotonic() - self._started
            run_state.show_search(context, self._search.found, self._search.total, seconds)
            redraw(context)
            return {"PASS_THROUGH"}
        looked = self.looked()
        if self._search.is_complete and self.asks_first(context, looked):
            return {"CANCELLED"}
        answer = self.go_on(context, looked)
        self._started = time.monotonic()
        return {"PASS_THROUGH"} if answer == {"RUNNING_MODAL"} else answer

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender calls this too, when a file is opened or the window closes during a run."""
        self.halt()
        self.end(context)

    def end(self, context: bpy.types.Context) -> None:
        """Takes the timer and the progress away; more than once does no harm."""
        self._search.close()
        if self._runs:
            self._runs = False
            windows(context).event_timer_remove(self._timer)
            run_state.end(context)
            redraw(context)

    def refuse(self, error: CrowdError) -> "set[OperatorReturnItems]":
        """Tells of a mistake that the artist can mend."""
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}


def looking_at_persons(chosen: Iterable[bpy.types.Object], by_coordinates: bool = True) -> Looking:
    """Looks for the persons that these objects are parts of: see `Looked` and `FaceFinder`."""
    objects = remembered(chosen)

    def looking(search: FaceSearch) -> Looked:
        there = objects()
        meshes = [obj for obj in there if obj.type == "MESH"]
        persons, skipped = persons_of(meshes, Surveyor(), FaceFinder(by_coordinates, search))
        return Looked(persons, skipped, there, search)

    return looking


def windows(context: bpy.types.Context) -> bpy.types.WindowManager:
    """Blender's windows."""
    if context.window_manager is None:
        raise RuntimeError("Blender has no window manager")
    return context.window_manager


def redraw(context: bpy.types.Context) -> None:
    """Has what shows the run's progress drawn again."""
    for window in windows(context).windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PROPERTIES"}:
                area.tag_redraw()


class PrintedProgress:
    """Prints a line a second, for whoever waits at a terminal. text: takes what is done and what there is."""

    def __init__(self, text: str) -> None:
        self._text, self._last = text, time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """So much is done of so much."""
        if total and time.monotonic() - self._last >= 1:
            self._last = time.monotonic()
            print(f"Crowd Faces: {self._text.format(done, total)}", flush=True)


def _threads(context: bpy.types.Context) -> int | None:
    chosen = preferences(context)
    return chosen.threads or None if chosen is not None else None
