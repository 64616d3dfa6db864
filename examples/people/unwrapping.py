"""The UV map of the skin: the head unrolled from behind, so that its face is whole, and the arms below it.

The head is seen from its middle (longitude and latitude), since chins hang over throats; the arms from their axes.
"""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

_ON_HEAD = 0.13
"""Metres from the middle that the head and the neck keep within; the arms are further out."""
_EDGE = 1.15
"""Room for the faces that cross the seam: they go on beyond what goes around once."""
_BELOW, _GAP = 0.3, 0.02
"""Share of the height that the arms have, and what stays free above them."""


def unwrapped(points: Points, faces: NDArray[np.int64]) -> Points:
    """A place on the map for each corner: float64 [F, 3, 2]. points: of the skin standing, arms out; faces: [F, 3]."""
    corners = points[faces]
    middle = corners.mean(axis=1)
    found = np.zeros((*faces.shape, 2))
    head = np.abs(middle[:, 0]) < _ON_HEAD
    found[head] = _head(corners[head]) * (1.0, 1.0 - _BELOW) + (0.0, _BELOW)
    for side, left in ((middle[:, 0] > 0, 0.0), (middle[:, 0] < 0, 0.5)):
        arm = ~head & side
        found[arm] = _arm(corners[arm]) * (0.5 - _GAP, _BELOW - _GAP) + (left, 0.0)
    return found


def _head(corners: Points) -> Points:
    """0 to 1 across and up. corners: [F, 3, 3]."""
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    centre = np.array([0.0, (low[1] + high[1]) / 2, high[2] - 0.45 * (high[1] - low[1])])
    away = corners - centre
    around = _around(np.arctan2(away[..., 0], -away[..., 1]))
    up = np.arctan2(away[..., 2], np.hypot(away[..., 0], away[..., 1])) / np.pi + 0.5
    return np.stack((around, up), axis=-1)


def _arm(corners: Points) -> Points:
    """0 to 1 along and around. corners: [F, 3, 3]."""
    centre = np.median(corners.reshape(-1, 3), axis=0)
    low, high = corners[..., 0].min(), corners[..., 0].max()
    along = (corners[..., 0] - low) / (high - low)
    return np.stack((along, _around(np.arctan2(corners[..., 1] - centre[1], corners[..., 2] - centre[2]))), axis=-1)


def _around(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angles of the corners of each face, [F, 3], as shares of the map; faces across the seam go on at its end."""
    share = angle / (2 * np.pi) + 0.5
    share += (np.ptp(share, axis=1, keepdims=True) > 0.5) & (share < 0.5)
    return share.clip(max=_EDGE) / _EDGE
