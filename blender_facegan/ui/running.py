"""The run of an operator: it works in steps while Blender stays free, shows how far it is, and ends on Esc."""

import time
from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..core.errors import CrowdError
from ..scene.populate import run_state
from ..scene.records import redraw, run
from .base import Answer, CrowdOperator, is_editing, windows

_TICK = 0.1
"""Seconds between two looks at the run."""


class Running(CrowdOperator):
    """An operator that has a step of its work done at each tick of a timer."""

    alone = True
    _runs: bool = False
    _timer: bpy.types.Timer
    _started: float

    def step(self, context: bpy.types.Context) -> Answer:
        """Works for a moment; PASS_THROUGH as long as there is more to do. Raises CrowdError."""
        raise NotImplementedError

    def halt(self) -> None:
        """Stops what the steps have begun, when the run is broken off."""

    def close(self) -> None:
        """Lets go of what the run held; more than once does no harm."""

    def waits(self, context: bpy.types.Context) -> bool:
        """Whether what is to be written waits, and says so, until the artist leaves Edit Mode: see `is_editing`."""
        if is_editing(context):
            run_state.show_waiting(context)
            redraw()
            return True
        return False

    def begin_run(self, context: bpy.types.Context, tick: float = _TICK) -> Answer:
        """Has `modal` go on from here. tick: seconds between two steps."""
        manager = windows(context)
        self._timer, self._started = manager.event_timer_add(tick, window=context.window), time.monotonic()
        self._runs = True
        run_state.begin(context)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Answer:
        """Does a step, stops on Esc, and ends once everything is done."""
        stop = event.type == "ESC" and event.value == "PRESS"
        if stop or run(context).stop:
            self.cancel(context)
            self.report({"INFO"}, rpt_("Stopped. Nothing was changed"))
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        answer: Answer = {"CANCELLED"}
        try:
            answer = self.step(context)
        except CrowdError as error:
            answer = self.refuse(error)
        finally:
            # Also where a fault of the program goes on to Blender: no run is left behind that nothing ends.
            if answer != {"PASS_THROUGH"}:
                self.end(context)
        return answer

    def show_menu(self, context: bpy.types.Context, draw: Callable[[Any, Any], None], title: str, icon: Any) -> None:
        """Opens a menu. The run is over by then: Blender draws a menu once, and what waits for a run stays grey."""
        if self._runs:
            self.end(context)
        windows(context).popup_menu(draw, title=title, icon=icon)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender calls this too, when a file is opened or the window closes during a run."""
        self.halt()
        self.end(context)

    def end(self, context: bpy.types.Context) -> None:
        """Takes the timer and the progress away; more than once does no harm."""
        self.close()
        if self._runs:
            self._runs = False
            windows(context).event_timer_remove(self._timer)
            run_state.end(context)
            redraw()


class PrintedProgress:
    """Prints a line a second, for whoever waits at a terminal. text: takes what is done and what there is."""

    def __init__(self, text: str) -> None:
        self._text, self._last = text, time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """So much is done of so much."""
        if total and time.monotonic() - self._last >= 1:
            self._last = time.monotonic()
            print(f"Crowd Faces: {self._text.format(done, total)}", flush=True)
