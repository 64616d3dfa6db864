"""What can be measured of the skin in stored faces, as a label."""

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.faces.alignment import Geometry
from trainer.data.light.colour import decode
from trainer.data.light.evening import Light, measure

CHEEKS = ((0.27, 0.40), (0.60, 0.73))
"""Left and right ends of the cheeks as shares of the width, for eyes 0.36 of the width apart."""
BLOCK = 4096
CHEEK_TOP, CHEEK_BOTTOM = 0.50, 0.64


def measured_values(name: str, pictures: NDArray[np.uint8], geometry: Geometry) -> NDArray[np.float64]:
    """The measure `name` (of `declaration.MEASURES`) of every stored face, [N], of uint8 RGB [N, H, W, 3]."""
    if name == "skin_lightness":
        blocks = [skin_lightness(pictures[start : start + BLOCK]) for start in range(0, len(pictures), BLOCK)]
        return np.concatenate(blocks)
    lights = (measure_face(picture, geometry) for picture in pictures)
    values = (light.skin_tone if name == "skin_tone" else light.undertone for light in lights)
    return np.fromiter(values, np.float64, len(pictures))


def measure_face(picture: NDArray[np.uint8], geometry: Geometry) -> Light:
    """The light on a stored face uint8 RGB [H, W, 3], and its skin."""
    return measure(decode(picture), geometry.eye_distance, geometry.eye_height)


def skin_lightness(pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """CIE L* of the median colour of both cheeks, 0 (black) ... 100 (white), [N], of pictures uint8 RGB [N, H, W, 3].

    It follows the light of the picture as well as the skin, on photographs and generated pictures alike. (Measures that
    use the hue too, such as the individual typology angle, go astray in the coloured light of snapshots.)
    """
    height, width = pictures.shape[1:3]
    rows = slice(round(CHEEK_TOP * height), round(CHEEK_BOTTOM * height))
    cheeks = [pictures[:, rows, round(left * width) : round(right * width)] for left, right in CHEEKS]
    pixels = np.concatenate([cheek.reshape(len(pictures), -1, 3) for cheek in cheeks], axis=1)
    colour = np.median(pixels, axis=1).astype(np.float32)[None] / 255
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2LAB), np.float64)[0, :, 0]
