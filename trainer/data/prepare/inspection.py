"""One photograph: read, its face found, aligned, measured and judged."""

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from trainer.data.faces.alignment import Geometry, Landmarks, Pixels, align, overshoot
from trainer.data.faces.detection import Face, FaceDetector
from trainer.data.faces.embedding import FaceEmbedding
from trainer.data.faces.measures import (
    MEASURE_SIDE,
    Limits,
    Measures,
    broken_rule,
    measure_colour,
    measure_evenness,
    measure_hue,
    measure_light,
    measure_sharpness,
)
from trainer.data.faces.padding import padding_share

THUMBNAIL_SIDE = 64

_BROKEN_FILE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    IndexError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow raises for files that are no pictures or are cut short."""


LONGEST_PROBLEM = 200
_ODD_PICTURE = (*_BROKEN_FILE, cv2.error, RuntimeError, ArithmeticError, MemoryError, np.linalg.LinAlgError)
"""What detection, alignment and measuring raise for pictures of a shape that nobody has thought of."""


class UnreadableError(Exception):
    """The file is missing or is no picture; the message tells which."""


@dataclass(frozen=True)
class Inspection:
    """What became of one photograph.

    `rule` is the rule that it broke, None where it is kept; `crop` `[size, size, 3]` uint8 where it is kept,
    and its `embedding` `[128]` float32 where the inspector has a network for it;
    `thumbnail` `[64, 64, 3]` uint8 for the contact sheet where it is dropped and can be read; `problem` says
    why it cannot be.
    """

    rule: str | None
    measures: Measures = field(default_factory=Measures)
    crop: Pixels | None = None
    embedding: npt.NDArray[np.float32] | None = None
    thumbnail: Pixels | None = None
    problem: str = ""


def read_photograph(path: Path) -> Pixels:
    """The picture as `[H, W, 3]` uint8 RGB, turned as its EXIF says. Raises UnreadableError."""
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except FileNotFoundError:
        raise UnreadableError("missing") from None
    except _BROKEN_FILE as error:
        raise UnreadableError(f"{type(error).__name__}: {error}".replace(str(path), path.name)) from None


COLOURED_MODES = ("RGB", "RGBA", "RGBX", "RGBa", "P", "PA", "CMYK", "YCbCr", "LAB", "HSV")
"""The 2016 paper keeps "mode RGB" alone: of its photographs, hardly one has another of these."""


def is_stored_in_colour(path: Path) -> bool:
    """Whether the file at `path`, which can be read, holds red, green and blue."""
    with Image.open(path) as image:
        return image.mode in COLOURED_MODES


def middle_square(photograph: Pixels) -> Pixels:
    """The largest square in the middle of a picture `[H, W, 3]`."""
    height, width = photograph.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return photograph[top : top + side, left : left + side]


def squeezed(photograph: Pixels, size: int) -> Pixels:
    """The whole picture at `[size, size, 3]`, its aspect not kept, as the 2016 paper does it."""
    return np.asarray(Image.fromarray(photograph).resize((size, size), Image.Resampling.LANCZOS))


@dataclass(frozen=True)
class Inspector:
    """Inspects photographs for a dataset of one size, geometry and set of limits; `embedding` may be None.

    With `whole`, photographs are taken as they are instead: squeezed to the size, with `middle` their middle square
    alone, and dropped only where they cannot be read or are not stored in colour. No `detector` is needed then.
    """

    detector: FaceDetector | None
    embedding: FaceEmbedding | None
    geometry: Geometry
    limits: Limits
    size: int
    whole: bool = False
    middle: bool = False

    def inspect(self, path: Path, thin: bool) -> Inspection:
        """What becomes of the photograph at `path`; `thin` says that its age group is thin.

        One that a library cannot cope with (a row of pixels, a side of a million) counts as unreadable.
        """
        try:
            return self._inspected(path, thin)
        except _ODD_PICTURE as error:
            told = " ".join(str(error).split())[:LONGEST_PROBLEM]
            return Inspection("unreadable", problem=f"{type(error).__name__}: {told}")

    def _inspected(self, path: Path, thin: bool) -> Inspection:
        try:
            photograph = read_photograph(path)
        except UnreadableError as error:
            return Inspection("unreadable", problem=str(error))
        if self.whole or self.detector is None:
            if is_stored_in_colour(path):
                shown = middle_square(photograph) if self.middle else photograph
                return Inspection(None, crop=squeezed(shown, self.size))
            return Inspection("grey", thumbnail=_reduced(photograph))
        faces = self.detector.find(photograph)
        if not faces:
            return Inspection("no-face", thumbnail=_reduced(photograph))
        landmarks = faces[0].landmarks
        measures = self._measure(photograph, faces)
        enlargement = self.geometry.eye_distance * self.size / max(landmarks.eye_distance, 1e-9)
        rule = broken_rule(measures, enlargement, self.limits, thin)
        if rule is None:
            crop = align(photograph, landmarks, self.geometry, self.size)
            embedding = None if self.embedding is None else self.embedding.embed(photograph, landmarks)
            return Inspection(None, measures, crop, embedding)
        return Inspection(rule, measures, thumbnail=self._thumbnail(photograph, landmarks, rule))

    def _measure(self, photograph: Pixels, faces: list[Face]) -> Measures:
        landmarks = faces[0].landmarks
        height, width = photograph.shape[:2]
        aligned = align(photograph, landmarks, self.geometry, MEASURE_SIDE)
        light, burnt = measure_light(aligned)
        side_light, contrast = measure_evenness(aligned)
        hue, chroma = measure_hue(aligned)
        return Measures(
            second_face=faces[1].side / faces[0].side if len(faces) > 1 else 0.0,
            eye_distance=landmarks.eye_distance,
            yaw=landmarks.yaw,
            overshoot=overshoot(landmarks, self.geometry, width, height),
            padding=padding_share(photograph, landmarks, self.geometry),
            light=light,
            burnt=burnt,
            side_light=side_light,
            contrast=contrast,
            colour=measure_colour(aligned),
            hue=hue,
            chroma=chroma,
            sharpness=measure_sharpness(aligned),
        )

    def _thumbnail(self, photograph: Pixels, landmarks: Landmarks, rule: str) -> Pixels:
        if rule == "several-faces":
            return _reduced(photograph)
        return align(photograph, landmarks, self.geometry, THUMBNAIL_SIDE)


def _reduced(photograph: Pixels) -> Pixels:
    image = ImageOps.pad(Image.fromarray(photograph), (THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)
