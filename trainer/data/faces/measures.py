"""What is measured on an aligned face, and the rules that drop a picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.faces.alignment import Geometry
from trainer.data.light.colour import decode
from trainer.data.light.evening import Light, measure
from trainer.errors import UserError
from trainer.pictures import Pixels

MEASURE_SIDE = 96
"""Side of the aligned copy on which light, colour and sharpness are measured, whatever the dataset's size."""

CONTRAST = 40.0
"""Standard deviation of luma to which sharpness refers: about that of FairFace's faces."""

SKIN_HUE = 45.0
COLOURED = 10.0
"""Chroma below which a hue means nothing, as of dark skin in daylight."""

DETAIL_SIDE = 128
"""Side of the aligned copy on which detail is measured."""

_FACE = (slice(18, 84), slice(20, 76))
"""The part of that copy that is face rather than hair and background."""

_ROWS, _COLUMNS = np.mgrid[:MEASURE_SIDE, :MEASURE_SIDE]
_OVAL = ((_ROWS - 52.5) / 33.0) ** 2 + ((_COLUMNS - 48) / 25.5) ** 2 < 1
_LEFT, _RIGHT = _OVAL & (_COLUMNS < 46), _OVAL & (_COLUMNS >= 50)
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_DISPLAY_GAMMA = 2.2
_BLACK = 1e-3
CHEEKS = ((0.27, 0.40), (0.60, 0.73))
"""Left and right ends of the cheeks as shares of the width, for eyes 0.36 of the width apart."""
BLOCK = 4096
CHEEK_TOP, CHEEK_BOTTOM = 0.50, 0.64


@dataclass(frozen=True)
class Measures:
    """Numbers on one picture by which rules judge it.

    - `second_face`: the second largest face's side over the largest's; 0 where there is none.
    - `eye_distance`: in pixels of the photograph.
    - `yaw`: as in `Landmarks.yaw`.
    - `overshoot`: how far the crop reaches beyond the photograph, in sides.
    - `padding`: share of the crop that is black padding.
    - `light`: luma (0-255) that one face pixel in twenty exceeds, so that dark skin alone is not dark.
    - `burnt`: share of face pixels at full white.
    - `side_light`: how much brighter one half of the face is than the other: the natural logarithm of their ratio.
    - `contrast`: the same for its bright parts (one pixel in ten exceeds them) and its dark ones (nine do).
    - `colour`: spread of a and b (CIE Lab) that lightness does not explain, so that a tinted monochrome has none.
    - `hue`, `chroma`: the face's median colour in CIE Lab, in degrees and units.
    - `sharpness`: variance of the Laplacian at 96 pixels, at a contrast of 40, so that dim light is no blur.
    - `off_skin`: how far the skin's colour lies off the colours of skin, in standard deviations.
    - `double_light`: how far the cheeks' colours lie apart, in the same.
    - `lost`: share of the face that is burnt out where light is to be taken away, so that nothing lies below; 0 where
      the picture is stored as it is.
    - `exposure`: what evening multiplies the skin's luminance by; 1 where the picture is stored as it is.
    - `stored_side_light`, `stored_contrast`, `stored_off_skin`: the same of the picture as it is stored, evened or not.
    - `detail`: energy that a side of 128 pixels holds and one of 64 cannot, over what 64 holds and 32 cannot.
    - `covered`, `sunglasses`, `painted`: as in `Occlusion`; 0 where no rule before them let the picture through.
    """

    second_face: float = 0.0
    eye_distance: float = 0.0
    yaw: float = 0.0
    overshoot: float = 0.0
    padding: float = 0.0
    light: float = 0.0
    burnt: float = 0.0
    side_light: float = 0.0
    contrast: float = 0.0
    colour: float = 0.0
    hue: float = 0.0
    chroma: float = 0.0
    sharpness: float = 0.0
    off_skin: float = 0.0
    double_light: float = 0.0
    lost: float = 0.0
    exposure: float = 1.0
    stored_side_light: float = 0.0
    stored_contrast: float = 0.0
    stored_off_skin: float = 0.0
    detail: float = 0.0
    covered: float = 0.0
    sunglasses: float = 0.0
    painted: float = 0.0


def measure_light(aligned: Pixels) -> tuple[float, float]:
    """The face's `light` and `burnt` of an aligned `[96, 96, 3]` uint8 picture."""
    face = aligned[_FACE]
    luma = cv2.cvtColor(np.ascontiguousarray(face), cv2.COLOR_RGB2GRAY)
    return float(np.percentile(luma, 95)), float((face.min(axis=2) >= 250).mean())


def measure_evenness(aligned: Pixels) -> tuple[float, float]:
    """The face's `side_light` and `contrast`: logarithms of ratios of linear light inside an oval."""
    light = np.log(np.maximum((aligned / 255.0) ** _DISPLAY_GAMMA @ _LUMINANCE, _BLACK))
    dark, bright = np.percentile(light[_OVAL], (10, 90))
    return float(abs(np.median(light[_LEFT]) - np.median(light[_RIGHT]))), float(bright - dark)


def measure_colour(aligned: Pixels) -> float:
    """Root mean square distance of the pixels' a and b (CIE Lab) from their own quadratic fit in lightness."""
    lab = cv2.cvtColor(aligned.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float64)
    lightness = lab[:, 0] / 100
    basis = np.stack([np.ones_like(lightness), lightness, lightness**2], axis=1)
    fit = np.linalg.lstsq(basis, lab[:, 1:], rcond=None)[0]
    return float(np.sqrt(((lab[:, 1:] - basis @ fit) ** 2).sum(axis=1).mean()))


def measure_hue(aligned: Pixels) -> tuple[float, float]:
    """The face's `hue`, in degrees (0 red, 90 yellow, -90 blue), and `chroma`: its median a and b in CIE Lab."""
    face = np.ascontiguousarray(aligned[_FACE]).astype(np.float32) / 255
    a, b = np.median(cv2.cvtColor(face, cv2.COLOR_RGB2LAB)[..., 1:].reshape(-1, 2), axis=0)
    return float(np.degrees(np.arctan2(b, a))), float(np.hypot(a, b))


def measure_sharpness(aligned: Pixels) -> float:
    """Variance of the Laplacian of the luma over its own variance, as if its standard deviation were 40."""
    luma = cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY).astype(np.float64)
    return float(cv2.Laplacian(luma, cv2.CV_64F).var() * CONTRAST**2 / max(luma.var(), 1.0))


def measure_detail(aligned: Pixels) -> float:
    """The `detail` of an aligned `[128, 128, 3]` uint8 picture, by the cosine transform of its luma."""
    spectrum = cv2.dct(cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY).astype(np.float32)) ** 2
    below = [float(spectrum[: DETAIL_SIDE // part, : DETAIL_SIDE // part].sum()) for part in (1, 2, 4)]
    return (below[0] - below[1]) / max(below[1] - below[2], 1e-6)


RULES: dict[str, str] = {
    "unreadable": "the file is missing or is no picture",
    "no-face": "no face was found",
    "several-faces": "another face of comparable size",
    "too-small": "the crop would have to be enlarged",
    "turned": "the head is turned away",
    "outside": "the crop reaches beyond the photograph, or into black padding",
    "dark": "the face's brightest parts are dark",
    "burnt-out": "much of the face is at full white",
    "harsh": "lit from one side, or with glare beside deep shadow",
    "two-lamps": "lit by lamps of two colours, which cannot be evened",
    "misexposed": "so dark or so bright that evening its exposure spoils it",
    "lost-light": "burnt out where light would have to be taken away",
    "grey": "a black-and-white or tinted picture",
    "tinted": "the face is lit or tinted in a colour that skin has not",
    "blurred": "the picture is not sharp",
    "coarse": "the photograph has no detail for so large a picture",
    "covered": "a hand, a microphone, food or another head before the face",
    "sunglasses": "the eyes are behind dark glass",
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
    thin_max_overshoot: float = 0.12
    """the same for thin age groups"""
    max_padding: float = 0.02
    """largest share of the crop that is black padding left by an earlier crop"""
    min_light: float = 80.0
    """smallest brightness (0-255) that one face pixel in twenty exceeds"""
    max_burnt: float = 0.08
    """largest share of face pixels at full white"""
    max_side_light: float = 0.9
    """largest natural logarithm of the light on one half of the face over that on the other"""
    max_contrast: float = 3.6
    """largest natural logarithm of the light on the face's bright parts over that on its dark ones"""
    min_colour: float = 2.5
    """smallest spread of hue (CIE Lab units) beyond what brightness explains"""
    max_hue: float = 55.0
    """largest distance of the face's hue, in degrees, from that of skin (45)"""
    max_chroma: float = 44.0
    """strongest colour of the face (CIE Lab units), beyond which it is coloured light"""
    max_off_skin: float = 5.0
    """of evened pictures: furthest that the skin may have been off the colours of skin (standard deviations)"""
    max_double_light: float = 4.5
    """of evened pictures: furthest that the two cheeks' colours may lie apart (standard deviations)"""
    max_lost: float = 0.1
    """of evened pictures: largest share of the face that is burnt out where light is to be taken away"""
    min_exposure: float = 0.7
    """of evened pictures: least that the skin's luminance may be multiplied by, below which it is washed out"""
    max_exposure: float = 1.5
    """of evened pictures: most that the skin's luminance may be multiplied by, above which it is noise"""
    even_max_side_light: float = 0.6
    """of evened pictures: largest side light that may be left"""
    min_sharpness: float = 40.0
    """smallest variance of the Laplacian at 96 pixels and a contrast of 40"""
    thin_min_sharpness: float = 25.0
    """the same for thin age groups"""
    min_detail: float = 0.0
    """smallest detail of a side of 128 pixels beside that of 64; 0.2 for pictures of 128 pixels"""
    max_covered: float = 0.5
    """largest likelihood that something stands before the face; 1 keeps all"""
    max_sunglasses: float = 0.5
    """largest likelihood that the eyes are behind dark glass; 1 keeps all"""
    thin_share: float = 0.05
    """an age group with a smaller share of the listed pictures is thin"""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value >= 0:
                raise UserError(f"limit {name.replace('_', '-')} {value}: give a number of 0 or more")


def broken_rule(measures: Measures, enlargement: float, limits: Limits, thin: bool, evened: bool = False) -> str | None:
    """The first rule of `RULES` that a picture with a face breaks, or None.

    `enlargement` is the crop's pixels over the photograph's; `thin` says that its age group is thin; `evened` that it
    is stored in even light: its light and colour are then judged by what is left and by whether they can be evened.
    """
    off_hue = abs((measures.hue - SKIN_HUE + 180) % 360 - 180)
    tinted = measures.chroma > limits.max_chroma or (measures.chroma > COLOURED and off_hue > limits.max_hue)
    side_light, contrast, max_side_light = measures.side_light, measures.contrast, limits.max_side_light
    if evened:
        side_light, contrast = measures.stored_side_light, measures.stored_contrast
        max_side_light = limits.even_max_side_light
    checks = {
        "several-faces": measures.second_face > limits.second_face,
        "too-small": enlargement > limits.max_enlargement,
        "turned": abs(measures.yaw) > (limits.thin_max_yaw if thin else limits.max_yaw),
        "outside": measures.padding > limits.max_padding
        or measures.overshoot > (limits.thin_max_overshoot if thin else limits.max_overshoot),
        "dark": measures.light < limits.min_light,
        "burnt-out": measures.burnt > limits.max_burnt,
        "harsh": side_light > max_side_light or contrast > limits.max_contrast,
        "two-lamps": evened and measures.double_light > limits.max_double_light,
        "misexposed": evened and not limits.min_exposure <= measures.exposure <= limits.max_exposure,
        "lost-light": evened and measures.lost > limits.max_lost,
        "grey": measures.colour < limits.min_colour,
        "tinted": measures.off_skin > limits.max_off_skin if evened else tinted,
        "blurred": measures.sharpness < (limits.thin_min_sharpness if thin else limits.min_sharpness),
        "coarse": measures.detail < limits.min_detail,
        "covered": measures.covered > limits.max_covered,
        "sunglasses": measures.sunglasses > limits.max_sunglasses,
    }
    return next((rule for rule, broken in checks.items() if broken), None)


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
