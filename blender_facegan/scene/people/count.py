"""How many characters the button will act on, where that takes a look at every object of the scene.

`draw` must not compute. So it shows the number of a moment ago and asks for a new one, which a timer counts.
"""

import time

import bpy

from ..records import crowd_of, run
from .scope import scene_characters

_PAUSE = 0.5
"""Seconds between two counts at the least."""
_SHARE = 0.05
"""Share of the time that counting may take, however large the scene."""


def characters_in_scope(context: bpy.types.Context) -> int | None:
    """The number that was counted last; None where it was not for this scene and scope, or nothing was counted yet."""
    scene = context.scene
    return run(context).counted if scene is not None and run(context).counted_for == _key(scene) else None


def ask_for_count() -> None:
    """Has the characters counted soon. For `draw`."""
    if not bpy.app.background and not bpy.app.timers.is_registered(count):
        bpy.app.timers.register(count, first_interval=max(_PAUSE, run(bpy.context).counting / _SHARE))


def count() -> None:
    """Counts the characters of the scene in the first window; a timer."""
    manager = bpy.context.window_manager
    scene = manager.windows[0].scene if manager is not None and len(manager.windows) else bpy.context.scene
    if scene is None:
        return
    state, began = run(bpy.context), time.perf_counter()
    before = state.counted_for, state.counted
    state.counted = len(scene_characters(scene, crowd_of(scene).scope == "FACELESS"))
    state.counted_for, state.counting = _key(scene), time.perf_counter() - began
    if (state.counted_for, state.counted) != before and manager is not None:
        for window in manager.windows:
            for area in window.screen.areas:
                if area.type == "VIEW_3D":
                    area.tag_redraw()


def stop_counting() -> None:
    """Forgets what was asked for."""
    if bpy.app.timers.is_registered(count):
        bpy.app.timers.unregister(count)


def _key(scene: bpy.types.Scene) -> str:
    return f"{scene.session_uid}:{crowd_of(scene).scope}"
