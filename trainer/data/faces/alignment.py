"""Where a face stands in the prepared picture, and the resampling that puts it there."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from trainer.errors import UserError
from trainer.pictures import Pixels

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Geometry:
    """The crop: a square with the eyes level, in the middle, and always in the same place."""

    eye_distance: float = 0.36
    """distance between the eyes' centres, as a share of the side"""
    eye_height: float = 0.38
    """height of the eyes below the top edge, as a share of the side"""

    def __post_init__(self) -> None:
        if not 0.05 <= self.eye_distance <= 0.9:
            raise UserError(f"eye distance {self.eye_distance} of the crop's side: give 0.05 to 0.9")
        if not 0.05 <= self.eye_height <= 0.95:
            raise UserError(f"eye height {self.eye_height} of the crop's side: give 0.05 to 0.95")


@dataclass(frozen=True)
class Landmarks:
    """Five points of a face in pixels of its photograph, `[5, 2]` float64 as (x, y).

    The order is dlib's: outer and inner corner of the eye on the picture's right, outer and inner corner of
    the eye on its left, base of the nose.
    """

    points: Points

    @property
    def left_eye(self) -> Points:
        """Centre of the eye on the picture's left, `[2]`."""
        return np.asarray((self.points[2] + self.points[3]) / 2)

    @property
    def right_eye(self) -> Points:
        """Centre of the eye on the picture's right, `[2]`."""
        return np.asarray((self.points[0] + self.points[1]) / 2)

    @property
    def eye_distance(self) -> float:
        """Distance between the eyes' centres, in pixels."""
        return float(np.linalg.norm(self.right_eye - self.left_eye))

    @property
    def yaw(self) -> float:
        """How far the head is turned: the nose's offset from the eyes' midline over the eye distance.

        0 is frontal, positive towards the picture's right; 0.15 is a turn of about 20 degrees. Measured along
        the line through the eyes, so that a tilted head counts as frontal.
        """
        line = self.right_eye - self.left_eye
        nose = self.points[4] - (self.left_eye + self.right_eye) / 2
        return float(nose @ line / max(float(line @ line), 1e-9))


def crop_transform(landmarks: Landmarks, geometry: Geometry, size: int) -> Points:
    """The similarity `[2, 3]` that takes photograph pixels to pixels of a crop of `size` x `size`.

    It follows the eyes alone: they fix scale, turn and place, and the nose would pull turned heads aside.
    Pixel centres lie at whole numbers, as in OpenCV.
    """
    line = landmarks.right_eye - landmarks.left_eye
    scale = geometry.eye_distance * size / max(landmarks.eye_distance, 1e-9)
    angle = -math.atan2(line[1], line[0])
    linear = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    middle = (landmarks.left_eye + landmarks.right_eye) / 2
    target = np.array([size / 2 - 0.5, geometry.eye_height * size - 0.5])
    return np.column_stack([linear, target - linear @ middle])


def overshoot(landmarks: Landmarks, geometry: Geometry, width: int, height: int) -> float:
    """How far the crop reaches beyond the photograph, as a share of the crop's side; 0 where it is inside."""
    transform = crop_transform(landmarks, geometry, 1)
    inverse = np.linalg.inv(transform[:, :2])
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]])
    x, y = (inverse @ (corners - transform[:, 2]).T) + 0.5
    beyond = max(-x.min(), x.max() - width, -y.min(), y.max() - height, 0.0)
    side = landmarks.eye_distance / geometry.eye_distance
    return float(beyond / side)


def align(photograph: Pixels, landmarks: Landmarks, geometry: Geometry, size: int) -> Pixels:
    """The face as `[size, size, 3]` uint8, resampled without aliasing.

    The photograph, `[H, W, 3]` uint8, is turned at about its own resolution and then reduced with a Lanczos
    filter as wide as the reduction. Beyond its edges the picture is mirrored, which shows less than a repeated border.
    """
    reduction = landmarks.eye_distance / (geometry.eye_distance * size)
    factor = min(max(math.ceil(reduction), 1), 16)
    if reduction > factor:
        shrink = factor / reduction
        photograph = np.asarray(cv2.resize(photograph, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA))
        landmarks = Landmarks((landmarks.points + 0.5) * shrink - 0.5)
    turned = cv2.warpAffine(
        photograph,
        crop_transform(landmarks, geometry, size * factor),
        (size * factor, size * factor),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    if factor == 1:
        return np.asarray(turned, dtype=np.uint8)
    return np.asarray(Image.fromarray(turned).resize((size, size), Image.Resampling.LANCZOS))
