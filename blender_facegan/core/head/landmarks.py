"""The points of a head by which its face is placed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOUTH = -1.066
"""Height of the mouth in a drawn face, above the eyes, in eye distances. Median of 600 faces of the default model,
people of 2 to 80, as dlib's shape predictor of 68 points (King 2009; Kazemi and Sullivan, CVPR 2014) finds it: eyes at
0.374 of the picture's side, 0.364 apart, the mouth at 0.764."""
CHIN = -1.752
"""The same of the chin: at 1.012 of the side, just below the picture."""
EYE_DISTANCES = (0.3, 1.4)
"""Eye distance over eyes to chin on any head that is taken for one: 0.53 on adults, 0.9 on drawn children."""


@dataclass(frozen=True)
class Landmarks:
    """Points in a head's frame: x to the viewer's right, y up, z forward; float64 [3] each.

    left_eye, right_eye: as the viewer sees them. confidence: 0 to 1 for the eyes, the mouth and the chin. sources: how
    each was found, in the same order.
    """

    left_eye: NDArray[np.float64]
    right_eye: NDArray[np.float64]
    mouth: NDArray[np.float64]
    chin: NDArray[np.float64]
    confidence: tuple[float, float, float] = (1.0, 1.0, 1.0)
    sources: tuple[str, str, str] = ("hand", "hand", "hand")

    @property
    def eyes(self) -> NDArray[np.float64]:
        """The middle between the eyes."""
        middle: NDArray[np.float64] = (self.left_eye + self.right_eye) / 2
        return middle

    @property
    def eye_distance(self) -> float:
        """Between the eyes, as seen from the front."""
        return float(np.hypot(*(self.right_eye - self.left_eye)[:2]))

    @property
    def points(self) -> NDArray[np.float64]:
        """Left eye, right eye, mouth, chin: [4, 3]."""
        return np.stack((self.left_eye, self.right_eye, self.mouth, self.chin))


def implausible(found: Landmarks) -> str:
    """What no head has, in a few words; empty where the landmarks can be those of one."""
    distance, eyes = found.eye_distance, found.eyes
    if not np.isfinite(found.points).all():
        return "landmarks without a place"
    if distance <= 0 or found.right_eye[0] <= found.left_eye[0]:
        return "eyes in one place"
    to_mouth, to_chin = eyes[1] - found.mouth[1], eyes[1] - found.chin[1]
    if to_mouth <= 0.15 * distance or to_chin <= to_mouth * 1.1:
        return "a mouth that is not between eyes and chin"
    if not EYE_DISTANCES[0] <= distance / to_chin <= EYE_DISTANCES[1]:
        return "eyes too near to each other or too far apart"
    return ""
