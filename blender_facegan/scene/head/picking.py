"""Points of a mesh under the mouse, in its rest shape."""

from typing import Any

import bpy
import numpy as np
from bpy_extras import view3d_utils
from mathutils import Vector
from mathutils.geometry import barycentric_transform
from numpy.typing import NDArray

from .reading import read_part, rest_points

_FIGURE = 1.6
"""What is taller than this times its breadth is more than a head."""
_GRAB = 24.0
"""Pixels within which a point is grabbed."""


class Picker:
    """One mesh object, as it is posed, and its rest shape."""

    def __init__(self, obj: bpy.types.Object) -> None:
        self.obj = obj
        self._rest = rest_points(obj).astype(np.float64)

    def start(self, context: bpy.types.Context) -> NDArray[np.float64]:
        """Four points in front of a head, or of a figure's upper part, to be dragged: [4, 3] in its own coordinates."""
        part = read_part(self.obj)
        world = part.world
        low, high = world.min(axis=0), world.max(axis=0)
        tall, broad = high[2] - low[2], high[0] - low[0]
        size = min(0.25 * tall if tall > _FIGURE * broad else tall, broad)
        middle = np.array([(low[0] + high[0]) / 2, low[1], high[2] - 0.5 * size])
        offsets = np.array([(-0.2, 0, 0.1), (0.2, 0, 0.1), (0, 0, -0.12), (0, 0, -0.28)]) * size
        inverse = np.linalg.inv(part.to_world)
        points: NDArray[np.float64] = (middle + offsets) @ inverse[:3, :3].T + inverse[:3, 3]
        return points

    def world(self, points: NDArray[np.float64]) -> list[Vector]:
        """Points of the rest shape where the posed mesh has them: with the vertex that each is nearest to."""
        graph = bpy.context.evaluated_depsgraph_get()
        posed: Any = self.obj.evaluated_get(graph)
        moved = posed.data.vertices if len(posed.data.vertices) == len(self._rest) else None
        places = []
        for point in points:
            nearest = int(np.argmin(((self._rest - point) ** 2).sum(axis=1)))
            shift = Vector(point - self._rest[nearest])
            base = moved[nearest].co if moved is not None else Vector(self._rest[nearest])
            places.append(self.obj.matrix_world @ (base + shift))
        return places

    def hit(self, context: bpy.types.Context, x: float, y: float) -> NDArray[np.float64] | None:
        """The point under the mouse, in the rest shape; None beside the mesh."""
        region, view = context.region, context.region_data
        if region is None or view is None:
            return None
        origin = view3d_utils.region_2d_to_origin_3d(region, view, (x, y))
        towards = view3d_utils.region_2d_to_vector_3d(region, view, (x, y))
        graph = context.evaluated_depsgraph_get()
        posed: Any = self.obj.evaluated_get(graph)
        back = self.obj.matrix_world.inverted()
        found, place, _, polygon = posed.ray_cast(back @ origin, (back.to_3x3() @ towards).normalized())
        if not found:
            return None
        if len(posed.data.vertices) != len(self._rest):
            return np.array(place)
        corners = list(posed.data.polygons[polygon].vertices)[:3]
        now = [posed.data.vertices[index].co for index in corners]
        rest = [Vector(self._rest[index]) for index in corners]
        return np.array(barycentric_transform(place, *now, *rest))

    def nearest(
        self, context: bpy.types.Context, points: NDArray[np.float64], x: float, y: float, within: float = _GRAB
    ) -> int | None:
        """Which of the points the mouse is on, or nearest to within so many pixels; None beside all of them."""
        region, view = context.region, context.region_data
        if region is None or view is None:
            return None
        best: tuple[float, int] | None = None
        for index, place in enumerate(self.world(points)):
            flat = view3d_utils.location_3d_to_region_2d(region, view, place)
            away = float((flat - Vector((x, y))).length) if flat is not None else float("inf")
            if away < within and (best is None or away < best[0]):
                best = away, index
        return best[1] if best is not None else None
