"""The landmarks of a face, drawn over the 3D view."""

from collections.abc import Sequence
from typing import Any

import bpy
import gpu
from gpu_extras.batch import batch_for_shader
from mathutils import Vector

_COLORS = ((0.2, 0.7, 1.0, 1.0), (0.2, 0.7, 1.0, 1.0), (1.0, 0.4, 0.4, 1.0), (1.0, 0.8, 0.2, 1.0))
"""Of the eyes, the mouth and the chin."""
_SIZE = 12.0


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
