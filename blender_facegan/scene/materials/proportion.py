"""How wide a plane is for its height, as it stands in the world."""

import math
from typing import Any

import bpy

_SIDES = {0: (1, 2), 1: (0, 2), 2: (0, 1)}
"""Across and up of a plane whose thinnest side is the first, second or third: as its material lays a face on it."""


def proportion(obj: bpy.types.Object) -> float:
    """Width over height of a flat mesh: the sides of its bounding box, as its object scales them; 1 without an area."""
    # Without numpy, which takes longer to read so few numbers than all else here.
    sizes = [max(along) - min(along) for along in zip(*(tuple(corner) for corner in obj.bound_box), strict=True)]
    matrix: Any = obj.matrix_world
    rows = [tuple(row)[:3] for row in matrix][:3]
    scales = [math.sqrt(sum(value * value for value in column)) for column in zip(*rows, strict=True)]
    across, up = _SIDES[sizes.index(min(sizes))]
    width, height = (sizes[side] * scales[side] for side in (across, up))
    return width / height if width > 0 and height > 0 else 1.0
