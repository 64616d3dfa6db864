"""How wide a plane is for its height, as it stands in the world."""

import bpy
import numpy as np

__all__ = ["proportion"]

_SIDES = {0: (1, 2), 1: (0, 2), 2: (0, 1)}
"""Across and up of a plane whose thinnest side is the first, second or third: as its material lays a face on it."""


def proportion(obj: bpy.types.Object) -> float:
    """Width over height of a flat mesh: the sides of its bounding box, as its object scales them; 1 without an area."""
    corners = np.array(obj.bound_box)
    sizes = np.ptp(corners, axis=0)
    scales = np.linalg.norm(np.array(obj.matrix_world)[:3, :3], axis=0)
    across, up = _SIDES[int(np.argmin(sizes))]
    width, height = (float(sizes[side] * scales[side]) for side in (across, up))
    return width / height if width > 0 and height > 0 else 1.0
