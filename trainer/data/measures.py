"""What is measured on an aligned face, and the rules that drop a picture."""

from dataclasses import dataclass

import cv2
import numpy as np

from trainer.data.alignment import Pixels
from trainer.errors import UserError

MEASURE_SIDE = 96
"""Side of the aligned copy on which light, colour and sharpness are measured, whatever the dataset's size."""

_FACE = (slice(18, 84), slice(20, 76))
"""The part of that copy that is face rather than hair and background."""


@dataclass(frozen=True)
class Measures:
    """Numbers on one picture by which rules judge it.

    `second_face` is the second largest face's side over the largest's (0: there is none); `eye_distance` in
    pixels of the photograph; `yaw` as in `Landmarks.yaw`; `overshoot` the crop's reach beyond the photograph in
    sides; `light` a high quantile of the face's luma (0-255), so that dark skin alone is not dark; `burnt` the
    share of face pixels at full white; `colour` the spread of hues that brightness does not explain (CIE Lab units), so
    that a tinted monochrome has none; `sharpness` the variance of the Laplacian at 96 pixels.
    """

    second_face: float = 0.0
    eye_distance: float = 0.0
    yaw: float = 0.0
    overshoot: float = 0.0
    light: float = 0.0
    burnt: float = 0.0
    colour: float = 0.0
    sharpness: float = 0.0


def measure_light(aligned: Pixels) -> tuple[float, float]:
    """The face's `light` and `burnt` of an aligned `[96, 96, 3]` uint8 picture."""
    face = aligned[_FACE]
    luma = cv2.cvtColor(np.ascontiguousarray(face), cv2.COLOR_RGB2GRAY)
    return float(np.percentile(luma, 95)), float((face.min(axis=2) >= 250).mean())


def measure_colour(aligned: Pixels) -> float:
    """Root mean square distance of the pixels' a and b (CIE Lab) from their own quadratic fit in lightness."""
    lab = cv2.cvtColor(aligned.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float64)
    lightness = lab[:, 0] / 100
    basis = np.stack([np.ones_like(lightness), lightness, lightness**2], axis=1)
    fit = np.linalg.lstsq(basis, lab[:, 1:], rcond=None)[0]
    return float(np.sqrt(((lab[:, 1:] - basis @ fit) ** 2).sum(axis=1).mean()))


def measure_sharpness(aligned: Pixels) -> float:
    """Variance of the Laplacian of an aligned `[96, 96, 3]` uint8 picture's luma."""
    return float(cv2.Laplacian(cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


RULES: dict[str, str] = {
    "unreadable": "the file is missing or is no picture",
    "no-face": "no face was found",
    "several-faces": "another face of comparable size",
    "too-small": "the crop would have to be enlarged",
    "turned": "the head is turned away",
    "outside": "the crop reaches beyond the photograph",
    "dark": "the face's brightest parts are dark",
    "burnt-out": "much of the face is at full white",
    "grey": "a black-and-white or tinted picture",
    "blurred": "the picture is not sharp",
}
"""Why a picture is dropped, in the order in which the rules are tried: the first that applies is counted."""


@dataclass(frozen=True)
class Limits:
    """What a picture must meet. The `thin_` limits hold for age groups of which there are few pictures."""

    second_face: float = 0.6
    """largest side of another face, as a share of the largest face's"""
    max_enlargement: float = 1.0
    """how much a crop may be enlarged over the photograph's own pixels"""
    max_yaw: float = 0.15
    """largest turn of the head: the nose's offset from the eyes' midline over the eye distance"""
    thin_max_yaw: float = 0.2
    """the same for thin age groups"""
    max_overshoot: float = 0.1
    """how far the crop may reach beyond the photograph, as a share of its side"""
    min_light: float = 80.0
    """smallest brightness (0-255) that one face pixel in twenty exceeds"""
    max_burnt: float = 0.08
    """largest share of face pixels at full white"""
    min_colour: float = 2.5
    """smallest spread of hue (CIE Lab units) beyond what brightness explains"""
    min_sharpness: float = 50.0
    """smallest variance of the Laplacian at 96 pixels"""
    thin_min_sharpness: float = 30.0
    """the same for thin age groups"""
    thin_share: float = 0.05
    """an age group with a smaller share of the listed pictures is thin"""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value >= 0:
                raise UserError(f"limit {name.replace('_', '-')} {value}: give a number of 0 or more")


def broken_rule(measures: Measures, enlargement: float, limits: Limits, thin: bool) -> str | None:
    """The first rule of `RULES` that a picture with a face breaks, or None.

    `enlargement` is the crop's pixels over the photograph's; `thin` says that its age group is thin.
    """
    checks = {
        "several-faces": measures.second_face > limits.second_face,
        "too-small": enlargement > limits.max_enlargement,
        "turned": abs(measures.yaw) > (limits.thin_max_yaw if thin else limits.max_yaw),
        "outside": measures.overshoot > limits.max_overshoot,
        "dark": measures.light < limits.min_light,
        "burnt-out": measures.burnt > limits.max_burnt,
        "grey": measures.colour < limits.min_colour,
        "blurred": measures.sharpness < (limits.thin_min_sharpness if thin else limits.min_sharpness),
    }
    return next((rule for rule, broken in checks.items() if broken), None)
