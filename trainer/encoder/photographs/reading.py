"""Photographs of people who are to be encoded: the face found, aligned and evened as a model's own pictures are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.data.faces.alignment import Geometry, align, overshoot
from trainer.data.faces.detection import Face, FaceDetector
from trainer.data.faces.embedding import FaceEmbedding
from trainer.data.faces.measures import RULES, Limits, measure_colour, measure_face
from trainer.data.faces.occlusion import OccluderReader, load_occluder_reader
from trainer.data.light.evening import EVEN, even
from trainer.data.prepare.inspection import (
    LONGEST_PROBLEM,
    ODD_PICTURE,
    UnreadableError,
    is_stored_in_colour,
    read_photograph,
)
from trainer.encoder.photographs.people_table import Sitter
from trainer.errors import UserError
from trainer.labels.label import Label
from trainer.labels.matrix import label_matrix
from trainer.labels.number import Number
from trainer.networks.encoder import guessed_labels
from trainer.pictures import Pixels

NEAR_SIDE, FAR_SIDE = 480, 800
"""Longer side, in pixels, of the copy in which faces are searched: in a portrait, and in one of half a person."""
LEAST_SEEN = 80.0
"""Pixels of a face in that copy below which dlib's detector does not see it."""
MOST_PAINTED = 0.6
"""Largest likelihood that a face is painted, drawn, printed, a statue or recoloured."""
MOST_TURNED = 0.25
"""Largest yaw, as in `Landmarks.yaw`: a turn of some 35 degrees. `prepare` is stricter, since it has a choice."""
MOST_OUTSIDE = 0.25
"""How far the crop may reach beyond the photograph, as a share of its side: what is missing there is mirrored."""
LEAST_EYE_DISTANCE = 12.0
"""Pixels between the eyes; below, there is no likeness to be seen."""
REMEDY = "give a frontal photograph of this person alone"
READ_SIDE = 1200
"""Pixels that both sides of a photograph keep where it is read; a face fills more of them than any model draws."""


@dataclass(frozen=True)
class Studio:
    """How a model's pictures are aligned and lit."""

    geometry: Geometry
    size: int
    evened: bool

    @classmethod
    def of(cls, card: Mapping[str, Any]) -> "Studio":
        """That of a model's card. Raises `UserError` for a model whose pictures are not aligned faces."""
        face = card.get("face", {})
        if not face:
            raise UserError(f"the model {card.get('name', '')} draws no aligned faces, so no photograph can be encoded")
        geometry = Geometry(float(face["eye_distance"]), float(face["eye_height"]))
        return cls(geometry, int(card["resolution"]), card.get("light") == EVEN)

    @classmethod
    def of_dataset(cls, metadata: Mapping[str, Any], size: int) -> "Studio":
        """That of a model of `size` pixels that a dataset with this dataset.json has taught."""
        return cls.of({"face": metadata.get("geometry", {}), "resolution": size, "light": metadata.get("light")})

    def cropped(self, photograph: Pixels, face: Face) -> Pixels:
        """The face aligned as the model's own pictures are, in the light that it had: uint8 [size, size, 3]."""
        return align(photograph, face.landmarks, self.geometry, self.size)

    def lit(self, crop: Pixels) -> Pixels:
        """An aligned face in the light of the model's own pictures: uint8 [size, size, 3]."""
        if not self.evened:
            return crop
        return even(crop, self.geometry.eye_distance, self.geometry.eye_height).picture


@dataclass(frozen=True)
class FaceReader:
    """Reads faces as `studio` has them: found near first, as most are, and from afar where need be.

    With an `embedding` and what reads `occluders` from it, drawings, sunglasses and hands are refused.
    """

    studio: Studio
    near: FaceDetector
    far: FaceDetector
    embedding: FaceEmbedding | None = None
    occluders: OccluderReader | None = None

    @classmethod
    def of(cls, studio: Studio, *, bare: bool) -> "FaceReader":
        """With its models loaded, those too that tell a `bare` face if such a one is wanted."""
        detectors = FaceDetector(NEAR_SIDE), FaceDetector(FAR_SIDE)
        return cls(studio, *detectors, *((FaceEmbedding(), load_occluder_reader()) if bare else ()))

    def read(self, path: Path) -> Pixels:
        """The one face in the photograph at `path`, uint8 [size, size, 3]. Raises `UserError` that names the file."""
        try:
            photograph = read_photograph(path, least_side=READ_SIDE)
            if not is_stored_in_colour(path):
                raise UserError(f"{path}: is stored without colour; give a colour photograph")
            return self.found(path, photograph)
        except UnreadableError as error:
            raise UserError(f"{path}: {error}; give a JPEG or PNG photograph") from None
        except ODD_PICTURE as error:
            told = " ".join(str(error).split())[:LONGEST_PROBLEM]
            raise UserError(
                f"{path}: cannot be used ({type(error).__name__}: {told}); give another photograph"
            ) from None

    def found(self, path: Path, photograph: Pixels) -> Pixels:
        """The one face in a photograph [H, W, 3], as `read` gives it. Raises `UserError` where there is none to use."""
        height, width = photograph.shape[:2]
        if min(height, width) < LEAST_SEEN:
            raise UserError(f"{path}: has {width} x {height} pixels; give a photograph of {LEAST_SEEN:.0f} at least")
        face = one_face(path, self.find(photograph), photograph.shape, self.studio.geometry)
        self.refuse_covered(path, photograph, face)
        crop = self.studio.cropped(photograph, face)
        if measure_colour(crop) < Limits().min_colour:
            raise UserError(f"{path}: {RULES['grey']}; give a colour photograph")
        return self.studio.lit(crop)

    def find(self, photograph: Pixels) -> list[Face]:
        """The faces in [H, W, 3] uint8 RGB, largest first: all that are not much smaller than the largest."""
        faces, longer = self.near.find(photograph), max(photograph.shape[:2])
        smallest = LEAST_SEEN * longer / NEAR_SIDE
        if longer <= NEAR_SIDE or (faces and Limits().second_face * faces[0].side >= smallest):
            return faces
        return self.far.find(photograph)

    def refuse_covered(self, path: Path, photograph: Pixels, face: Face) -> None:
        """Raises `UserError` that names the file where the face cannot be taken for what it is."""
        if self.embedding is None or self.occluders is None:
            return
        _, regional = self.embedding.look(photograph, face.landmarks)
        seen, limits = self.occluders.read(regional), Limits()
        if seen.painted > MOST_PAINTED:
            raise UserError(f"{path}: looks painted, drawn or recoloured; give a photograph")
        if seen.sunglasses > limits.max_sunglasses:
            raise UserError(f"{path}: {RULES['sunglasses']}; give a photograph without")
        if seen.covered > limits.max_covered:
            raise UserError(f"{path}: {RULES['covered']}; give a photograph of the bare face")


def one_face(path: Path, faces: Sequence[Face], shape: tuple[int, ...], geometry: Geometry) -> Face:
    """The one that is large and frontal enough, of the faces in a photograph of `shape` [H, W, 3], largest first.

    Raises `UserError` that names the file.
    """
    if not faces:
        raise UserError(f"{path}: {RULES['no-face']}; {REMEDY}, not a profile, and not from afar")
    face = faces[0]
    if len(faces) > 1 and faces[1].side > Limits().second_face * face.side:
        raise UserError(f"{path}: {RULES['several-faces']} ({len(faces)} faces); {REMEDY}")
    if face.landmarks.eye_distance < LEAST_EYE_DISTANCE:
        raise UserError(f"{path}: the eyes are {face.landmarks.eye_distance:.0f} pixels apart; give a larger picture")
    if abs(face.landmarks.yaw) > MOST_TURNED:
        raise UserError(f"{path}: {RULES['turned']}; {REMEDY}")
    if overshoot(face.landmarks, geometry, shape[1], shape[0]) > MOST_OUTSIDE:
        raise UserError(f"{path}: the face reaches beyond the photograph; give one with more around the head")
    return face


def measured_labels(labels: tuple[Label, ...], pictures: Pixels, geometry: Geometry) -> dict[str, np.ndarray]:
    """What can be measured of a model's further labels on pictures [N, H, W, 3]: by name, float32 [N, 1]."""
    values = {}
    measured = [label for label in guessed_labels(labels) if isinstance(label, Number) and label.measured]
    lights = [measure_face(picture, geometry) for picture in pictures] if measured else []
    for label in measured:
        own = np.array([[getattr(light, label.name)] for light in lights], np.float32)
        values[label.name] = own.clip(label.minimum, label.maximum)
    return values


def sitter_labels(
    sitters: Sequence[Sitter], labels: tuple[Label, ...], pictures: Pixels, geometry: Geometry
) -> np.ndarray:
    """Raw labels [N, C] of people on pictures: as told, as measured, the others as nobody asked for them."""
    values: dict[str, np.ndarray] = {
        "sex": np.array([sitter.sex for sitter in sitters], np.float32),
        "age": np.array([sitter.age for sitter in sitters], np.float32),
        **measured_labels(labels, pictures, geometry),
    }
    return label_matrix(labels, values, np.arange(len(sitters)))
