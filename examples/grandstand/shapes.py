"""Low-poly shapes out of rings, tubes and boxes, put together into meshes. Metres; -Y is the front, Z is up."""

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

__all__ = ["Points", "Shape", "circle"]

Points = NDArray[np.float64]
"""Points of space: float64 [..., 3]."""


def circle(sides: int) -> Points:
    """The points of a unit circle in the XY plane, from -Y over +X: float64 [sides, 3]."""
    angles = np.arange(sides) * 2 * np.pi / sides
    return np.stack([np.sin(angles), -np.cos(angles), np.zeros(sides)], axis=1)


class Shape:
    """A mesh in the making. Every part is given the number of a material slot."""

    def __init__(self) -> None:
        self._points: list[Points] = []
        self._faces: list[tuple[int, ...]] = []
        self._slots: list[int] = []
        self._count = 0

    def grid(self, points: Points, slot: int = 0, *, closed: bool = True) -> None:
        """Joins rows of points [rows, columns, 3] into quads; closed: the last column to the first."""
        rows, columns = points.shape[:2]
        first = self._add(points.reshape(-1, 3))
        for row in range(rows - 1):
            for column in range(columns if closed else columns - 1):
                after = (column + 1) % columns
                here, above = first + row * columns, first + (row + 1) * columns
                self._face((here + column, here + after, above + after, above + column), slot)

    def lathe(self, rings: Points, slot: int = 0) -> None:
        """A grid whose ends are closed by caps."""
        first = self._count
        self.grid(rings, slot)
        rows, columns = rings.shape[:2]
        last = first + (rows - 1) * columns
        self._face(tuple(range(first + columns - 1, first - 1, -1)), slot)
        self._face(tuple(range(last, last + columns)), slot)

    def tube(
        self, joints: Sequence[Sequence[float] | Points], radii: Sequence[float], slot: int = 0, sides: int = 10
    ) -> None:
        """A limb through the joints, bent round at each, its ends closed."""
        path, thickness = _rounded(np.array(joints, float), np.array(radii, float))
        tangents = np.gradient(path, axis=0)
        tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
        along_x = np.abs(tangents[:, 0]).max() > 0.95
        side = np.array([0.0, 1.0, 0.0] if along_x else [1.0, 0.0, 0.0])
        rings = []
        for centre, tangent, radius in zip(path, tangents, thickness, strict=True):
            across = side - tangent * (side @ tangent)
            across = across / np.linalg.norm(across)
            other = np.cross(tangent, across)
            flat = circle(sides)
            rings.append(centre + radius * (flat[:, :1] * across + flat[:, 1:2] * other))
        self.lathe(np.array(rings), slot)

    def box(self, low: Sequence[float], high: Sequence[float], slot: int = 0) -> None:
        """A box between two corners."""
        (a, b, c), (x, y, z) = low, high
        first = self._add(np.array([(p, q, r) for r in (c, z) for p, q in ((a, b), (x, b), (x, y), (a, y))], float))
        for side in ((0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (3, 2, 1, 0), (4, 5, 6, 7)):
            self._face(tuple(first + corner for corner in side), slot)

    def mesh(self, name: str, materials: Sequence[Any], *, smooth: bool = True) -> bpy.types.Mesh:
        """The finished mesh."""
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(np.concatenate(self._points).tolist(), [], self._faces)
        for material in materials:
            mesh.materials.append(material)
        mesh.polygons.foreach_set("material_index", self._slots)
        mesh.polygons.foreach_set("use_smooth", [smooth] * len(self._faces))
        mesh.update()
        return mesh

    def _add(self, points: Points) -> int:
        first = self._count
        self._points.append(points)
        self._count += len(points)
        return first

    def _face(self, corners: tuple[int, ...], slot: int) -> None:
        self._faces.append(corners)
        self._slots.append(slot)


def _rounded(joints: Points, radii: NDArray[np.float64]) -> tuple[Points, NDArray[np.float64]]:
    """Three points for each segment, the corners cut (one step of Chaikin's algorithm)."""
    path, thickness = [joints[0]], [radii[0]]
    for start, stop, near, far in zip(joints, joints[1:], radii, radii[1:], strict=False):
        for share in (0.2, 0.8):
            path.append(start + share * (stop - start))
            thickness.append(near + share * (far - near))
    return np.array([*path, joints[-1]]), np.array([*thickness, radii[-1]])
