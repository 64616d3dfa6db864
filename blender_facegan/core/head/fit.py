"""Where a face's picture lies on a head, from the proportions of people."""

import numpy as np

from ..model.card import Card

_EYE_DISTANCE_ON_HEAD = 0.42
"""Distance of the pupils over the breadth of the head: 62 mm to 148 mm, means of adults in ANSUR II (2012)."""
_EYE_DEPTH_ON_HEAD = 0.77
"""Height of the crown above the pupils over the breadth of the head: 114 mm to 148 mm, ANSUR II (2012)."""


def head_fit(size: tuple[float, float, float], facing: float, card: Card) -> tuple[float, float, float, float]:
    """Where the picture lies on a head whose bounding box has these sides: see `records.FIT`.

    Measured from the crown, as shares of the breadth of the head, so that a neck below does not matter.
    """
    breadth = abs(size[0] * np.cos(facing)) + abs(size[1] * np.sin(facing))
    height = max(size[2], 1e-6)
    side = _EYE_DISTANCE_ON_HEAD * breadth / card.eye_distance
    eyes = 1.0 - _EYE_DEPTH_ON_HEAD * breadth / height
    return float(eyes), float(side / max(breadth, 1e-6)), float(side / height), 1.0 - card.eye_height
