"""How wide a plane is for its height, as it stands in the world."""

from typing import Any

import bpy

__all__ = ["proportion"]

_SIDES = {0: (1, 2), 1: (0, 2), 2: (0, 1)}
"""Across and up of a plane whose thinnest side is the first, second or third: as its material lays a face on it."""


def proportion(obj: bpy.types.Object) -> float:
    """Width over height of a flat mesh: the sides of its bounding box, as its object scales them; 1 without an area."""
    # Of the eight corners the first is the least and the seventh the most along every axis.
    corners: Any = obj.bound_box
    sizes = [most - least for least, most in zip(corners[0], corners[6], strict=True)]
    matrix: Any = obj.matrix_world
    scales = [column.length for column in matrix.to_3x3().col]
    across, up = _SIDES[sizes.index(min(sizes))]
    width, height = (sizes[side] * scales[side] for side in (across, up))
    return width / height if width > 0 and height > 0 else 1.0
