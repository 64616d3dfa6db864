"""The average head, and layers over its scalp between lines around it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from tools.makehuman import BaseMesh, Points

from .sheets import Faces, triangles

__all__ = ["CLOTH", "EARS", "HAIR", "MEN", "Cut", "Head", "Line", "band", "elevation", "grid", "shell"]

Line = tuple[tuple[float, float], ...]
"""A line around the head: pairs of azimuth (0 front, 180 back) and elevation, degrees, seen from the middle."""
EARS = ((72, 10), (82, -8), (92, -8), (100, 4), (114, 4))
"""How a hairline goes around an ear."""
MEN: Line = ((0, 41), (22, 40), (38, 35), (56, 26), *EARS, (128, -24), (180, -38))
HAIR, CLOTH = 0, 1
"""Materials."""


@dataclass
class Cut:
    """A haircut or a hat: points on the average head, triangles, their material (0 hair, 1 cloth), and coordinates.

    Coordinates: which lock, 0 to 1 at random, and how far along it.
    """

    points: list[Points] = field(default_factory=list)
    faces: list[Faces] = field(default_factory=list)
    slots: list[NDArray[np.int64]] = field(default_factory=list)
    coordinates: list[NDArray[np.float64]] = field(default_factory=list)
    count: int = 0

    def add(self, points: Points, faces: Faces, coordinates: NDArray[np.float64], slot: int = HAIR) -> None:
        """Joins a part."""
        self.points.append(points)
        self.faces.append(faces + self.count)
        self.slots.append(np.full(len(faces), slot))
        self.coordinates.append(coordinates)
        self.count += len(points)


class Head:
    """The average head, as what hair grows on and falls over."""

    def __init__(self, base: BaseMesh, body: Points) -> None:
        faces = triangles(base.faces_of("body"))
        self._skin = BVHTree.FromPolygons(body.tolist(), faces.tolist())
        # Ears would throw the hair aside that falls over them.
        faces = faces[~np.isin(faces, base.moved_by("ears/l-ear-scale-incr", "ears/r-ear-scale-incr")).any(1)]
        self._skull = BVHTree.FromPolygons(body.tolist(), faces.tolist())
        eye = body[base.groups["joint-l-eye"]].mean(0)
        skull = body[base.groups["body"]]
        skull = skull[(skull[:, 2] > eye[2] + 0.02)]
        self.middle = np.array([0.0, (skull[:, 1].min() + skull[:, 1].max()) / 2, eye[2] + 0.025])
        self.size = float(skull[:, 1].max() - skull[:, 1].min())

    def surface(self, azimuth: float, height: float) -> tuple[Points, Points]:
        """The outermost skin in a direction (degrees), and its normal."""
        a, e = np.radians(azimuth), np.radians(height)
        way = np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])
        # From outside, so that nothing inside the head is met.
        found, normal, _, _ = self._skin.ray_cast(Vector((self.middle + way * 0.5).tolist()), Vector((-way).tolist()))
        return np.array(found), np.array(normal)

    def above(self, point: Points) -> tuple[float, Points]:
        """Height over the nearest skin in metres, negative below it, and the skin's normal."""
        found, normal, _, _ = self._skull.find_nearest(Vector(point.tolist()))
        return float((point - np.array(found)) @ np.array(normal)), np.array(normal)


def shell(head: Head, cut: Cut, line: Line, thickness: Callable[[float], float], slot: int, rows: int = 7) -> None:
    """A layer from the line to the crown. thickness: metres, by the share of the way up."""
    columns = 36
    points = []
    for share in np.linspace(0, 1, rows):
        for azimuth in np.linspace(-180, 180, columns, endpoint=False):
            low = elevation(line, abs(azimuth))
            found, _ = head.surface(azimuth, min(low + (90 - low) * share, 89.0))
            out = found - head.middle
            points.append(found + out / np.linalg.norm(out) * thickness(share))
    made = np.array(points).reshape(rows, columns, 3)
    coordinates = np.stack(np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 0.5, rows)), axis=2)
    cut.add(made.reshape(-1, 3), grid(rows, columns, closed=True), coordinates.reshape(-1, 2), slot)


def band(head: Head, cut: Cut, line: Line, top: Line, thickness: float) -> None:
    """A layer between two lines, where the upper is above the lower."""
    azimuths = [
        a for a in np.linspace(66, 294, 30) if elevation(top, min(a, 360 - a)) > elevation(line, min(a, 360 - a))
    ]
    rows = []
    for share in np.linspace(0, 1, 5):
        for azimuth in azimuths:
            near = min(azimuth, 360 - azimuth)
            low, high = elevation(line, near), elevation(top, near)
            found, normal = head.surface(azimuth, low + (high - low) * share)
            rows.append(found + normal * thickness * (1 - abs(2 * share - 1)) + normal * 0.0005)
    coordinates = np.stack(np.meshgrid(np.linspace(0, 1, len(azimuths)), np.linspace(0, 0.5, 5)), axis=2)
    cut.add(np.array(rows), grid(5, len(azimuths), closed=False), coordinates.reshape(-1, 2))


def elevation(line: Line, azimuth: float) -> float:
    """A line's elevation at an azimuth of 0 to 180 degrees."""
    return float(np.interp(azimuth, [a for a, _ in line], [e for _, e in line]))


def grid(rows: int, columns: int, *, closed: bool) -> Faces:
    """Rows of points joined by triangles."""
    faces = []
    for row in range(rows - 1):
        for column in range(columns if closed else columns - 1):
            a, b = row * columns + column, row * columns + (column + 1) % columns
            faces += [(a, b, b + columns), (a, b + columns, a + columns)]
    return np.array(faces, np.int64)
