"""A face laid flat on a picture: upright as the head is, in proportion, and as large as its face."""

import numpy as np
from numpy.typing import NDArray

from ..head.landmarks import MOUTH, Landmarks

_TEMPLATE = np.array((-0.5 + 0.0j, 0.5 + 0.0j, 1j * MOUTH))
"""Eyes and mouth of a drawn face: across and up in eye distances, as complex numbers."""


def laid_flat(points: NDArray[np.float64], landmarks: Landmarks) -> NDArray[np.float64]:
    """Face coordinates of points on the plane of a picture: [N, 2], across and up in eye distances from between eyes.

    points: [N, 2] or [N, 3] in the frame of the landmarks. Eyes and mouth come as near to those of a drawn face as
    turning, moving and scaling can bring them: least squares (Umeyama 1991, in the plane).
    """
    marks = landmarks.points[:3]
    seen = marks[:, 0] + 1j * marks[:, 1]
    centre, middle = seen.mean(), _TEMPLATE.mean()
    away = seen - centre
    factor = ((_TEMPLATE - middle) * away.conj()).sum() / max(float((np.abs(away) ** 2).sum()), 1e-24)
    laid = (points[:, 0] + 1j * points[:, 1] - centre) * factor + middle
    return np.stack((laid.real, laid.imag), axis=1)
