"""Where objects stand in the world, also those that the view layer hides, which Blender does not place."""

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class Places:
    """The matrices of objects, as Blender sees them now."""

    def __init__(self) -> None:
        """Evaluates the scene, so that what a script has just moved stands where it was moved to."""
        self._graph: Any = bpy.context.evaluated_depsgraph_get()
        evaluated: Any = self._graph.objects
        self._shown = {obj.original.session_uid for obj in evaluated}
        self._known: dict[int, Matrix | None] = {}

    def shows(self, obj: bpy.types.Object) -> bool:
        """Whether the view layer shows the object, so that Blender evaluates it."""
        return obj.session_uid in self._shown

    def of(self, obj: bpy.types.Object) -> Matrix | None:
        """The object's matrix to the world, float64 [4, 4]; None where only Blender could tell it, and does not.

        What is hidden in the viewport or excluded from the view layer is not evaluated: after a file is opened it would
        stand at the origin. Its place is reckoned from its own and its parents' numbers, which constraints, drivers and
        parents that are no plain objects do not enter.
        """
        if obj.session_uid not in self._known:
            self._known[obj.session_uid] = self._reckoned(obj)
        return self._known[obj.session_uid]

    def _reckoned(self, obj: Any) -> Matrix | None:
        if self.shows(obj):
            return np.array(obj.evaluated_get(self._graph).matrix_world, np.float64)
        driven = obj.animation_data is not None and len(obj.animation_data.drivers)
        if any(not constraint.mute for constraint in obj.constraints) or driven:
            return None
        basis = np.array(obj.matrix_basis, np.float64)
        if obj.parent is None:
            return basis
        above = self.of(obj.parent) if obj.parent_type == "OBJECT" else None
        return above @ np.array(obj.matrix_parent_inverse, np.float64) @ basis if above is not None else None
