"""How large the pictures of faces stand in the scene's camera, in pixels of the render."""

from collections.abc import Iterable
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from .persons import Person

_BESIDE = 1.1
"""How far from the middle of the frame, in halves of it, a head still counts: hair reaches in before the eyes."""
_EMPTY = 1e-9


def largest_picture(scene: bpy.types.Scene, persons: Iterable[Person], eye_distance: float) -> float:
    """The side of the largest face's picture at the current frame, in pixels of the render; 0 where none is in sight.

    eye_distance: of a picture, as a share of its side. A billboard is its picture. Without a camera nothing is in
    sight.
    """
    if scene.camera is None:
        return 0.0
    view = _View(scene)
    return max((view.side(person, eye_distance) for person in persons), default=0.0)


class _View:
    """The scene's camera at the current frame."""

    def __init__(self, scene: bpy.types.Scene) -> None:
        camera: Any = scene.camera
        render = scene.render
        self._graph = bpy.context.evaluated_depsgraph_get()
        width, height = (
            max(round(size * render.resolution_percentage / 100), 1)
            for size in (render.resolution_x, render.resolution_y)
        )
        projection = camera.calc_matrix_camera(
            self._graph, x=width, y=height, scale_x=render.pixel_aspect_x, scale_y=render.pixel_aspect_y
        )
        seen_from = camera.evaluated_get(self._graph).matrix_world.normalized().inverted()
        self._matrix = np.array(projection @ seen_from, np.float64)
        self._pixels_a_unit = float(projection[1][1]) * height / 2
        self._rest: dict[int, NDArray[np.float64]] = {}

    def side(self, person: Person, eye_distance: float) -> float:
        """The side of a person's picture in pixels, 0 where it is out of sight."""
        obj = person.head
        evaluated: Any = obj.evaluated_get(self._graph)
        box = np.array(evaluated.bound_box, np.float64)
        low, high = box.min(axis=0), box.max(axis=0)
        matrix = np.array(evaluated.matrix_world, np.float64)
        marked = person.carriers[0].marked if person.carriers else None
        if marked is None:
            middle, side = (low + high) / 2, float(np.max(np.ptp(box @ matrix[:3, :3].T, axis=0)))
        else:
            rest_low, rest_high = self._rest_box(obj)
            eyes = marked.points[:2]
            # A pose moves the head within the mesh: it stays where it is in the box around it.
            share = (eyes.mean(axis=0) - rest_low) / np.maximum(rest_high - rest_low, _EMPTY)
            middle = low + share * (high - low)
            side = float(np.linalg.norm(matrix[:3, :3] @ (eyes[1] - eyes[0]))) / eye_distance
        x, y, _, w = self._matrix @ np.append(matrix[:3, :3] @ middle + matrix[:3, 3], 1.0)
        if w <= _EMPTY or max(abs(x), abs(y)) > _BESIDE * w:
            return 0.0
        return side * self._pixels_a_unit / float(w)

    def _rest_box(self, obj: bpy.types.Object) -> NDArray[np.float64]:
        """The corners [2, 3] of the box around the mesh as it was modelled."""
        mesh: Any = obj.data
        if mesh.session_uid not in self._rest:
            points = np.empty(len(mesh.vertices) * 3, np.float32)
            mesh.vertices.foreach_get("co", points)
            corners = points.reshape(-1, 3)
            self._rest[mesh.session_uid] = np.array([corners.min(axis=0), corners.max(axis=0)], np.float64)
        return self._rest[mesh.session_uid]
