r"""Milliseconds for which a run of Populate keeps Blender from its user, step by step.

    python benchmarks/modal.py [--model faces.facegan] [--count 1000 10000]

Runs in an environment with Blender's Python module, without a window: it calls the operator as Blender does, ten times
a second. `start` is the button; `tick` the longest look at the run while faces are made, `late` how much later than
asked the main thread woke up at most, since the threads that make faces hold the interpreter or the cores; `end` is
the last tick, which writes everything down.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import bpy

import blender_facegan
from benchmarks.populate import billboard, objects, seats
from blender_facegan.scene.model.store import DEFAULT_MODEL
from blender_facegan.ui import searching
from blender_facegan.ui.instances import FACEGAN_OT_populate_instances
from blender_facegan.ui.populate import operators as populate_operator
from blender_facegan.ui.populate.operators import FACEGAN_OT_populate

TIMER = SimpleNamespace(type="TIMER", value="NOTHING")
NAP, NAPS = 0.005, 20


class Running:
    """Stands for the operator that Blender makes for one run in a window."""

    def __init__(self, operator: type, given: dict[str, Any]) -> None:
        self.__dict__ |= {"replace": True, "mix": "", "model": "", "report_file": "", **given}
        self.operator = operator
        self.properties = SimpleNamespace(is_property_set=given.__contains__)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.operator, name).__get__(self)

    def report(self, _kind: set[str], text: str) -> None:
        print(f"    {text}")


class Milliseconds:
    """Wall and processor time of this thread since it was made."""

    def __init__(self) -> None:
        self._wall, self._own = time.perf_counter(), time.thread_time()

    def __call__(self) -> tuple[float, float]:
        return (time.perf_counter() - self._wall) * 1e3, (time.thread_time() - self._own) * 1e3


def measure(what: str, running: Any) -> None:
    context: Any = bpy.context
    ticks, late = [(0.0, 0.0)], 0.0
    since = Milliseconds()
    running.start(context)
    start = since()
    while True:
        for _ in range(NAPS):
            since = Milliseconds()
            time.sleep(NAP)
            late = max(late, since()[0] - NAP * 1e3)
        since = Milliseconds()
        over = running.modal(context, TIMER) != {"PASS_THROUGH"}
        if over:
            end = since()
            break
        ticks.append(since())
    print(f"{what:20}{'wall':>10}{'own':>10}  ms")
    for name, (wall, own) in (("start", start), ("tick", max(ticks)), ("end", end)):
        print(f"  {name:18}{wall:10.1f}{own:10.1f}")
    print(f"  {'late':18}{late:10.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="default: the one that comes with the add-on")
    parser.add_argument("--count", type=int, nargs="+", default=[1000, 10_000])
    arguments = parser.parse_args()
    blender_facegan.register()
    manager = SimpleNamespace(
        event_timer_add=lambda *_, **__: None,
        event_timer_remove=lambda _: None,
        modal_handler_add=lambda _: None,
        windows=(),
    )
    windows: Any = lambda _context: manager  # noqa: E731
    asking: Any
    for asking in (searching, populate_operator):
        asking.windows = windows
    given: dict[str, Any] = {"scope": "SELECTED", "model": arguments.model or str(DEFAULT_MODEL)}
    print(f"Blender {bpy.app.version_string}, {os.cpu_count()} cores")
    for count in arguments.count:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        for obj in objects(count):
            obj.select_set(True)
        for when in ("", " again"):
            measure(f"{count:,} objects{when}", Running(FACEGAN_OT_populate, given))
        bpy.ops.wm.read_factory_settings(use_empty=True)
        bpy.data.collections.new("Cast").objects.link(bpy.data.objects.new("Billboard", billboard()))
        seats(count).select_set(True)
        for when in ("", " again"):
            chosen = {**given, "instanced": "Cast"}
            measure(f"{count:,} instances{when}", Running(FACEGAN_OT_populate_instances, chosen))


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
