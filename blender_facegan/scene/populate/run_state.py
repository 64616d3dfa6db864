"""What is shown of a run while it lasts. No file keeps it."""

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..records import run


def begin(context: bpy.types.Context) -> None:
    """A run has started."""
    state = run(context)
    state.running, state.stop, state.factor, state.message = True, False, 0.0, "Reading the model"


def show(context: bpy.types.Context, made: int, total: int, seconds: float) -> None:
    """A run has made some of its faces in the given time."""
    state = run(context)
    state.factor = made / total if total else 1.0
    if not total:
        state.message = iface_("No new faces to make")
        return
    left = iface_(", {:.0f} s left").format(seconds / made * (total - made)) if made else ""
    state.message = iface_("{:,} of {:,} faces{}").format(made, total, left)


def show_reading(context: bpy.types.Context, share: float, rows: int) -> None:
    """So many rows of a table, that share of it, have been read."""
    state = run(context)
    state.factor, state.message = share, iface_("{:,} rows read").format(rows)


def show_search(context: bpy.types.Context, found: int, total: int, seconds: float) -> None:
    """A run looks for faces, and has looked at some of the persons in the given time."""
    state = run(context)
    state.factor = found / total if total else 0.0
    left = iface_(", {:.0f} s left").format(seconds / found * (total - found)) if found else ""
    state.message = iface_("Finding faces: {:,} of {:,}{}").format(found, total, left)


def show_waiting(context: bpy.types.Context) -> None:
    """A run waits before it writes, or looks on."""
    state = run(context)
    state.factor, state.message = 1.0, iface_("Waiting until you leave Edit Mode")


def ask_to_stop(context: bpy.types.Context) -> None:
    """The artist wants the run to end without a change."""
    run(context).stop = True


def end(context: bpy.types.Context) -> None:
    """The run is over."""
    state = run(context)
    state.running, state.stop, state.factor, state.message = False, False, 0.0, ""
