"""From the dataset's crop to the crop that another network expects, without looking for the face again."""

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.faces.alignment import Geometry


def crop_for(geometry: Geometry, eye_distance: float, eye_height: float) -> tuple[float, float]:
    """(side, top) of the square, as shares of the picture's side, in which the eyes stand as a network expects them.

    `eye_distance` and `eye_height` are what it expects, as shares of its own crop's side.
    """
    side = geometry.eye_distance / eye_distance
    return side, geometry.eye_height - side * eye_height


def cut(picture: NDArray[np.uint8], side: float, top: float, size: int) -> NDArray[np.uint8]:
    """The centred square of `side`, whose top edge lies `top` below the picture's, at `size` pixels.

    `picture` is uint8 [H, H, 3]; `side` and `top` are shares of H. What lies outside repeats the picture's edge.
    """
    height = picture.shape[0]
    scale = side * height / size
    if scale > 1:  # area averaging, for what bilinear sampling alone would alias
        height = max(1, round(size / side))
        picture = np.asarray(cv2.resize(picture, (height, height), interpolation=cv2.INTER_AREA), np.uint8)
        scale = side * height / size
    offset_x = height * (1 - side) / 2 + (scale - 1) / 2
    offset_y = height * top + (scale - 1) / 2
    matrix = np.array([[scale, 0, offset_x], [0, scale, offset_y]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(picture, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
