"""Marking a face by hand: eyes, mouth and chin are dragged on the head, or given by a script."""

from collections.abc import Sequence
from typing import Any

import bpy
import gpu
import numpy as np
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import FloatVectorProperty
from gpu_extras.batch import batch_for_shader
from mathutils import Vector
from numpy.typing import NDArray

from ...core.errors import CrowdError
from ...scene.head.marking import mark_face, suggested, unmark_face
from ...scene.head.picking import Picker
from ..base import Answer, CrowdOperator

NAMES = ("left_eye", "right_eye", "mouth", "chin")
_PASSING = ("MOUSE", "INBETWEEN", "MIDDLEMOUSE", "WHEEL", "TRACKPAD", "NDOF", "NUMPAD", "TIMER", "WINDOW")
"""Beginnings of the events that Blender may have while a face is marked: those that move the view. Another object made
active, an undo or a run of another operator would mark something else than what is shown."""
_COLORS = ((0.2, 0.7, 1.0, 1.0), (0.2, 0.7, 1.0, 1.0), (1.0, 0.4, 0.4, 1.0), (1.0, 0.8, 0.2, 1.0))
"""Of the eyes, the mouth and the chin."""
_SIZE = 12.0


def _place(name: str, description: str) -> Any:
    return FloatVectorProperty(name=name, description=description, size=3, subtype="XYZ")


class FACEGAN_OT_mark_face(CrowdOperator):
    """Show where the face of the active object lies, and drag its eyes, mouth and chin where they belong."""

    bl_label = "Mark Face"
    alone = True

    left_eye: _place("Left Eye", "The eye on the viewer's left, in the mesh's coordinates")
    right_eye: _place("Right Eye", "The eye on the viewer's right, in the mesh's coordinates")
    mouth: _place("Mouth", "Where the lips meet, in the mesh's coordinates")
    chin: _place("Chin", "The lowest point of the chin, in the mesh's coordinates")

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs an active mesh object in Object Mode."""
        if context.object is None or context.object.type != "MESH":
            return rpt_("Make a mesh object active")
        return "" if context.mode == "OBJECT" else rpt_("Switch to Object Mode")

    def perform(self, context: bpy.types.Context) -> None:
        """Marks the face where the properties say."""
        self._mark(context.object, np.array([getattr(self, name) for name in NAMES], np.float64))

    def _mark(self, obj: Any, points: NDArray[np.float64]) -> None:
        mark_face(obj, points)
        self.report({"INFO"}, rpt_("Marked the face of {}").format(obj.name))

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> Answer:
        """Shows what is found, and lets it be dragged; without a 3D view it marks what is found."""
        obj: Any = context.object
        self._picker = Picker(obj)
        found = suggested(obj)
        self._points: NDArray[np.float64] = found if found is not None else self._picker.start(context)
        if context.area is None or context.area.type != "VIEW_3D" or context.window_manager is None:
            return self._finish()
        self._dragged: int | None = None
        self._before: list[NDArray[np.float64]] = []
        self._overlay = LandmarkOverlay(self._picker.world(self._points))
        context.window_manager.modal_handler_add(self)
        self._tell(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Answer:
        """Drags a point, or the nearest one comes where is clicked; Enter marks, Backspace takes back, Esc ends it."""
        if event.type in {"ESC", "RIGHTMOUSE"}:
            self._close(context)
            return {"CANCELLED"}
        if event.type in {"RET", "NUMPAD_ENTER", "SPACE"} and event.value == "PRESS":
            self._close(context)
            return self._finish()
        if event.type == "LEFTMOUSE":
            self._dragged = self._grab(context, event) if event.value == "PRESS" else None
            return {"RUNNING_MODAL"}
        if event.type == "MOUSEMOVE" and self._dragged is not None:
            self._move(context, self._picker.hit(context, event.mouse_region_x, event.mouse_region_y), self._dragged)
            return {"RUNNING_MODAL"}
        if event.type == "BACK_SPACE" and event.value == "PRESS" and self._before:
            self._points = self._before.pop()
            self._show(context)
        return {"PASS_THROUGH"} if event.type.startswith(_PASSING) else {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Takes the overlay away."""
        self._close(context)

    def _grab(self, context: bpy.types.Context, event: bpy.types.Event) -> int | None:
        """The point under the mouse; on the mesh beside all of them the nearest one, which comes there."""
        x, y = event.mouse_region_x, event.mouse_region_y
        on = self._picker.nearest(context, self._points, x, y)
        hit = None if on is not None else self._picker.hit(context, x, y)
        grabbed = self._picker.nearest(context, self._points, x, y, float("inf")) if hit is not None else on
        if grabbed is not None:
            self._before.append(self._points.copy())
            self._move(context, hit, grabbed)
        return grabbed

    def _move(self, context: bpy.types.Context, place: NDArray[np.float64] | None, index: int) -> None:
        if place is not None:
            self._points[index] = place
            self._show(context)

    def _show(self, context: bpy.types.Context) -> None:
        self._overlay.move(self._picker.world(self._points))
        if context.area is not None:
            context.area.tag_redraw()

    def _finish(self) -> Answer:
        """Marks the object whose points are shown. The properties are what the operator does when it is repeated."""
        for name, point in zip(NAMES, self._points, strict=True):
            setattr(self, name, tuple(float(value) for value in point))
        try:
            self._mark(self._picker.obj, self._points)
        except CrowdError as error:
            return self.refuse(error)
        return {"FINISHED"}

    def _tell(self, context: bpy.types.Context) -> None:
        if context.area is not None:
            context.area.header_text_set(
                rpt_("Click on or drag eyes, mouth and chin. Enter: mark. Backspace: take back. Esc: cancel")
            )
            context.area.tag_redraw()

    def _close(self, context: bpy.types.Context) -> None:
        self._overlay.close()
        if context.area is not None:
            context.area.header_text_set(None)
            context.area.tag_redraw()


class FACEGAN_OT_unmark_face(CrowdOperator):
    """Forget where the face of the active object was marked. The next run looks for it."""

    bl_label = "Unmark Face"

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """Needs an active mesh object of this file."""
        obj: Any = context.object
        is_there = obj is not None and obj.type == "MESH" and obj.data.is_editable
        return "" if is_there else rpt_("Make a mesh object of this file active")

    def perform(self, context: bpy.types.Context) -> None:
        """Forgets it."""
        obj: Any = context.object
        unmark_face(obj)


class LandmarkOverlay:
    """Draws points until it is closed. points: left eye, right eye, mouth, chin in the world."""

    def __init__(self, points: Sequence[Vector]) -> None:
        self._points = points
        self._handle: Any = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_VIEW")

    def move(self, points: Sequence[Vector]) -> None:
        """Shows them elsewhere from now on."""
        self._points = points

    def close(self) -> None:
        """Draws nothing any more."""
        if self._handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handle, "WINDOW")
            self._handle = None

    def _draw(self) -> None:
        shader: Any = gpu.shader.from_builtin("UNIFORM_COLOR")
        gpu.state.depth_test_set("NONE")
        gpu.state.point_size_set(_SIZE)
        left, right, mouth, chin = self._points
        lines = batch_for_shader(
            shader, "LINES", {"pos": [one.to_tuple() for one in (left, right, (left + right) / 2, mouth, mouth, chin)]}
        )
        shader.uniform_float("color", (1.0, 1.0, 1.0, 0.6))
        lines.draw(shader)
        for point, color in zip(self._points, _COLORS, strict=True):
            shader.uniform_float("color", color)
            batch_for_shader(shader, "POINTS", {"pos": [point.to_tuple()]}).draw(shader)
        gpu.state.point_size_set(1.0)
