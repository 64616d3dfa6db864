"""One photograph: read, its face found, aligned, measured and judged."""

import stat
import struct
import zlib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from trainer.data.faces.alignment import Geometry, Landmarks, align, overshoot
from trainer.data.faces.detection import Face, FaceDetector
from trainer.data.faces.embedding import FaceEmbedding
from trainer.data.faces.measures import (
    DETAIL_SIDE,
    MEASURE_SIDE,
    Limits,
    Measures,
    broken_rule,
    measure_colour,
    measure_detail,
    measure_evenness,
    measure_hue,
    measure_light,
    measure_sharpness,
)
from trainer.data.faces.occlusion import OccluderReader, load_occluder_reader
from trainer.data.faces.padding import padding_share
from trainer.data.light.colour import decode
from trainer.data.light.evening import even, measure
from trainer.pictures import Pixels

THUMBNAIL_SIDE = 64
Background = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

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
ODD_PICTURE = (*_BROKEN_FILE, cv2.error, RuntimeError, ArithmeticError, MemoryError, np.linalg.LinAlgError)
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


def read_photograph(path: Path, background: Background | None = None, least_side: int = 0) -> Pixels:
    """The picture as `[H, W, 3]` uint8 RGB, turned as its EXIF says. Raises UnreadableError.

    Where it is clear, it shows the `background`, if there is one, else what its pixels hold there. With a `least_side`
    above 0, a JPEG may be decoded at a half, a quarter or an eighth of its size, several times faster, as long as both
    of its sides keep so many pixels.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for without end
            raise UnreadableError("is no file")
        with Image.open(path) as image:
            if least_side:
                image.draft(None, (least_side, least_side))
            turned = in_eight_bits(ImageOps.exif_transpose(image))
            return np.asarray((turned if background is None else laid_on(turned, background)).convert("RGB"))
    except FileNotFoundError:
        raise UnreadableError("missing") from None
    except _BROKEN_FILE as error:
        raise UnreadableError(f"{type(error).__name__}: {error}".replace(str(path), path.name)) from None


def in_eight_bits(image: Image.Image) -> Image.Image:
    """The image with 0 to 255 for 0 to 65535, where it is grey in 16 bits: Pillow would cut off what exceeds 255.

    Raises ValueError for numbers of which nothing tells what white is.
    """
    if image.mode in ("I", "F"):
        raise ValueError(f"mode {image.mode}, of which nothing tells what white is; save it with 8 or 16 bits")
    if not image.mode.startswith("I;16"):
        return image
    return Image.fromarray((np.asarray(image, np.uint32) // 257).astype(np.uint8))


def laid_on(image: Image.Image, background: Background) -> Image.Image:
    """The image before a background of one colour."""
    clear = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, (*background, 255)), clear)


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
class Settings:
    """How photographs are inspected, for a dataset of one size, geometry and set of limits.

    `embed` says whether kept faces are embedded and searched for occluders.
    With `whole`, photographs are taken as they are instead: squeezed to the size, with `middle` their middle square
    alone, and dropped only where they cannot be read or are not stored in colour. What is clear in them shows the
    `background`.
    With `even_light`, faces are stored in even light.
    """

    size: int
    geometry: Geometry
    limits: Limits
    embed: bool = False
    whole: bool = False
    middle: bool = False
    even_light: bool = False
    background: Background | None = None


@dataclass(frozen=True)
class Inspector:
    """Inspects photographs. Whole ones need no `detector`; occluders are read from what the `embedding` sees."""

    settings: Settings
    detector: FaceDetector | None = None
    embedding: FaceEmbedding | None = None
    occluders: OccluderReader | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Inspector":
        """With the models loaded that these settings need."""
        detector = None if settings.whole else FaceDetector()
        return cls(settings, detector, *((FaceEmbedding(), load_occluder_reader()) if settings.embed else ()))

    def inspect(self, path: Path, thin: bool) -> Inspection:
        """What becomes of the photograph at `path`; `thin` says that its age group is thin.

        One that a library cannot cope with (a row of pixels, a side of a million) counts as unreadable.
        """
        try:
            return self._inspected(path, thin)
        except ODD_PICTURE as error:
            told = " ".join(str(error).split())[:LONGEST_PROBLEM]
            return Inspection("unreadable", problem=f"{type(error).__name__}: {told}")

    def _inspected(self, path: Path, thin: bool) -> Inspection:
        settings = self.settings
        try:
            photograph = read_photograph(path, settings.background)
        except UnreadableError as error:
            return Inspection("unreadable", problem=str(error))
        if self.detector is None:
            if is_stored_in_colour(path):
                shown = middle_square(photograph) if settings.middle else photograph
                return Inspection(None, crop=squeezed(shown, settings.size))
            return Inspection("grey", thumbnail=_reduced(photograph))
        faces = self.detector.find(photograph)
        if not faces:
            return Inspection("no-face", thumbnail=_reduced(photograph))
        landmarks = faces[0].landmarks
        measures = self._measure(photograph, faces)
        enlargement = settings.geometry.eye_distance * settings.size / max(landmarks.eye_distance, 1e-9)
        rule = broken_rule(measures, enlargement, settings.limits, thin, settings.even_light)
        embedding = None
        if rule is None and self.embedding is not None:
            embedding, regional = self.embedding.look(photograph, landmarks)
            if self.occluders is not None:
                measures = replace(measures, **asdict(self.occluders.read(regional)))
                rule = broken_rule(measures, enlargement, settings.limits, thin, settings.even_light)
        if rule is None:
            return Inspection(None, measures, self._stored(photograph, landmarks, settings.size), embedding)
        return Inspection(rule, measures, thumbnail=self._thumbnail(photograph, landmarks, rule))

    def _measure(self, photograph: Pixels, faces: list[Face]) -> Measures:
        landmarks, geometry = faces[0].landmarks, self.settings.geometry
        height, width = photograph.shape[:2]
        aligned = align(photograph, landmarks, geometry, MEASURE_SIDE)
        light, burnt = measure_light(aligned)
        side_light, contrast = measure_evenness(aligned)
        eyes = (geometry.eye_distance, geometry.eye_height)
        stored, lost, exposure = aligned, 0.0, 1.0
        if self.settings.even_light:
            evened = even(aligned, *eyes)
            stored, lost, exposure = evened.picture, evened.lost, evened.exposure
        skin, stored_skin = measure(decode(aligned), *eyes), measure(decode(stored), *eyes)
        stored_side_light, stored_contrast = measure_evenness(stored)
        hue, chroma = measure_hue(aligned)
        return Measures(
            second_face=faces[1].side / faces[0].side if len(faces) > 1 else 0.0,
            eye_distance=landmarks.eye_distance,
            yaw=landmarks.yaw,
            overshoot=overshoot(landmarks, geometry, width, height),
            padding=padding_share(photograph, landmarks, geometry),
            light=light,
            burnt=burnt,
            side_light=side_light,
            contrast=contrast,
            colour=measure_colour(aligned),
            hue=hue,
            chroma=chroma,
            sharpness=measure_sharpness(aligned),
            off_skin=skin.off_skin,
            double_light=skin.double_light,
            lost=lost,
            exposure=exposure,
            stored_side_light=stored_side_light,
            stored_contrast=stored_contrast,
            stored_off_skin=stored_skin.off_skin,
            detail=measure_detail(align(photograph, landmarks, geometry, DETAIL_SIDE)),
        )

    def _stored(self, photograph: Pixels, landmarks: Landmarks, size: int) -> Pixels:
        """The face as it is stored."""
        geometry = self.settings.geometry
        crop = align(photograph, landmarks, geometry, size)
        return even(crop, geometry.eye_distance, geometry.eye_height).picture if self.settings.even_light else crop

    def _thumbnail(self, photograph: Pixels, landmarks: Landmarks, rule: str) -> Pixels:
        if rule == "several-faces":
            return _reduced(photograph)
        return self._stored(photograph, landmarks, THUMBNAIL_SIDE)


def _reduced(photograph: Pixels) -> Pixels:
    longest = THUMBNAIL_SIDE * min(photograph.shape[:2])  # of a longer picture no pixel would be left across
    image = ImageOps.pad(
        Image.fromarray(photograph[:longest, :longest]), (THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS
    )
    return np.asarray(image)
