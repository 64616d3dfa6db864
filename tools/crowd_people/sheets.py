"""Parts of a person: sheets of triangles whose points follow the body that they are on."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from tools.makehuman import Points

__all__ = ["Faces", "Rim", "Sheet", "loops", "normals", "reduced", "ring_smoothed", "smoothed", "triangles"]

Faces = NDArray[np.int64]
"""Triangles: int64 [faces, 3]."""


@dataclass(frozen=True)
class Rim:
    """How an edge goes on: steps (out, along, up) in metres: against the sheet's normal, off its edge, and upwards."""

    steps: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Sheet:
    """A part that all builds have in common.

    place: the points of the finest sheet for a body. corners, shares: which three of these a point lies between, and
    how near to each: int64 and float64 [points, 3]. weights: float64 [points, bones]. coordinates: two values for
    patterns, float64 [points, 2]. edges: the edge loops, each with its rim.
    """

    faces: Faces
    place: Callable[[Points], Points]
    corners: NDArray[np.int64]
    shares: NDArray[np.float64]
    weights: NDArray[np.float64]
    coordinates: NDArray[np.float64]
    edges: tuple[tuple[tuple[int, ...], Rim], ...] = ()
    marked: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    def points(self, body: Points) -> Points:
        """The points for a body, rims and all: float64 [points + rim points, 3]."""
        found = (self.place(body)[self.corners] * self.shares[..., None]).sum(1)
        across = normals(found, self.faces)
        added = [found]
        for loop, rim in self.edges:
            at = list(loop)
            off = _off_the_edge(found, self.faces, at, across)
            base = found[at]
            for out, along, up in rim.steps:
                base = base - across[at] * out + off * along + np.array([0.0, 0.0, up])
                added.append(base)
        return np.concatenate(added)

    def finished(self) -> "Sheet":
        """The same with the faces, weights and coordinates of the rims; `points` is unchanged."""
        faces, weights, coordinates = [self.faces], [self.weights], [self.coordinates]
        count = len(self.corners)
        for loop, rim in self.edges:
            ring = np.array(loop)
            for _ in rim.steps:
                new = np.arange(count, count + len(loop))
                after, new_after = np.roll(ring, -1), np.roll(new, -1)
                faces += [np.stack([after, ring, new], 1), np.stack([after, new, new_after], 1)]
                weights.append(self.weights[list(loop)])
                coordinates.append(self.coordinates[list(loop)])
                ring, count = new, count + len(loop)
        return replace(
            self,
            faces=np.concatenate(faces),
            weights=np.concatenate(weights),
            coordinates=np.concatenate(coordinates),
        )


def triangles(faces: Sequence[tuple[int, ...]]) -> Faces:
    """Fans of triangles in place of polygons."""
    return np.array([(face[0], face[i], face[i + 1]) for face in faces for i in range(1, len(face) - 1)], np.int64)


def normals(points: Points, faces: Faces) -> Points:
    """Unit normals of the points, weighted by area."""
    a, b, c = (points[faces[:, i]] for i in range(3))
    of_faces = np.cross(b - a, c - a)
    found = np.zeros_like(points)
    for i in range(3):
        np.add.at(found, faces[:, i], of_faces)
    length: Points = np.linalg.norm(found, axis=1, keepdims=True)
    return found / np.maximum(length, 1e-12)


def smoothed(points: Points, faces: Faces, times: int) -> Points:
    """Small shapes evened out without shrinking (Taubin, 1995: steps of 0.5 and -0.53); points on an edge stay."""
    starts, ends = _links(faces)
    border = np.zeros(len(points), bool)
    border[[point for loop in loops(faces) for point in loop]] = True
    count = np.bincount(starts, minlength=len(points))[:, None]
    found = points.copy()
    for share in (0.5, -0.53) * times:
        middle = np.zeros_like(found)
        np.add.at(middle, starts, found[ends])
        moved = found + share * (middle / np.maximum(count, 1) - found)
        found = np.where(border[:, None], found, moved)
    return found


def ring_smoothed(points: Points, faces: Faces, times: int) -> Points:
    """The edge loops made even without shrinking, so that a hem does not follow the steps of the mesh."""
    found = points.copy()
    for loop in loops(faces):
        ring = found[list(loop)]
        for share in (0.5, -0.53) * times:
            ring = ring + share * ((np.roll(ring, 1, 0) + np.roll(ring, -1, 0)) / 2 - ring)
        found[list(loop)] = ring
    return found


def loops(faces: Faces) -> list[tuple[int, ...]]:
    """The open edges as closed loops of points, each running as its triangles do."""
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    known = {(int(a), int(b)) for a, b in sides}
    onward = {a: b for a, b in known if (b, a) not in known}
    found = []
    while onward:
        start = next(iter(onward))
        loop = [start]
        while (step := onward.pop(loop[-1], start)) != start:
            loop.append(step)
        if len(loop) > 2:
            found.append(tuple(loop))
    return found


def _links(faces: Faces) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    both = np.unique(np.concatenate([sides, sides[:, ::-1]]), axis=0)
    return both[:, 0], both[:, 1]


def _off_the_edge(points: Points, faces: Faces, loop: list[int], across: Points) -> Points:
    """Unit vectors off the edge, in the sheet, for the points of a loop."""
    neighbours: defaultdict[int, list[int]] = defaultdict(list)
    for a, b, c in faces:
        for one, others in ((a, (b, c)), (b, (a, c)), (c, (a, b))):
            neighbours[int(one)].extend(others)
    inner = np.array([points[neighbours[point]].mean(0) for point in loop])
    off = points[loop] - inner
    off -= (off * across[loop]).sum(1, keepdims=True) * across[loop]
    off = off + np.roll(off, 1, 0) + np.roll(off, -1, 0)
    return np.asarray(off / np.maximum(np.linalg.norm(off, axis=1, keepdims=True), 1e-12))


def reduced(points: Points, faces: Faces, count: int, keep: NDArray[np.float64] | None = None) -> Sheet:
    """About `count` triangles in place of the faces, each point laid between three of the finest points.

    keep: how much finer each point's surroundings stay, 0 to 1. The sheet's weights, coordinates and place are empty.
    """
    mesh = bpy.data.meshes.new("Reduced")
    mesh.from_pydata(points.tolist(), [], faces.tolist())
    obj = bpy.data.objects.new("Reduced", mesh)
    bpy.context.scene.collection.objects.link(obj)  # type: ignore[union-attr]  # there is a scene
    modifier = obj.modifiers.new("Decimate", "DECIMATE")
    modifier.ratio = min(count / len(faces), 1.0)  # type: ignore[attr-defined]
    modifier.use_collapse_triangulate = True  # type: ignore[attr-defined]
    if keep is not None:
        group = obj.vertex_groups.new(name="Keep")
        for index, value in enumerate(keep):
            group.add([index], float(1 - value), "REPLACE")
        modifier.vertex_group = "Keep"  # type: ignore[attr-defined]
        modifier.vertex_group_factor = 1.0  # type: ignore[attr-defined]
    made = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    coarse = np.array([vertex.co for vertex in made.vertices])
    made.calc_loop_triangles()
    coarse_faces = np.array([triangle.vertices for triangle in made.loop_triangles], np.int64)
    bpy.data.objects.remove(obj)
    corners, shares = _between(coarse, points, faces)
    return Sheet(coarse_faces, lambda body: body, corners, shares, np.zeros((0, 0)), np.zeros((0, 2)))


def _between(coarse: Points, points: Points, faces: Faces) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    tree = BVHTree.FromPolygons(points.tolist(), faces.tolist())
    corners, shares = [], []
    for point in coarse:
        found, _, index, _ = tree.find_nearest(Vector(point.tolist()))
        corner = faces[index]
        corners.append(corner)
        shares.append(_barycentric(np.array(found), points[corner]))
    return np.array(corners, np.int64), np.array(shares)


def _barycentric(point: Points, corner: Points) -> Points:
    """Shares of three corners that give the point, which lies between them."""
    one, two, to = corner[1] - corner[0], corner[2] - corner[0], point - corner[0]
    a, b, c, d, e = one @ one, one @ two, two @ two, to @ one, to @ two
    below = a * c - b * b
    if below < 1e-18:
        return np.array([1.0, 0.0, 0.0])
    v, w = (c * d - b * e) / below, (a * e - b * d) / below
    return np.array([1 - v - w, v, w]).clip(0, 1)
