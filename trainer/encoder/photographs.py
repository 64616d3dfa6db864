"""Photographs of people who are to be encoded: the face found, aligned and evened as a model's own pictures are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.data.faces.alignment import Geometry, Pixels, align, overshoot
from trainer.data.faces.detection import Face, FaceDetector
from trainer.data.faces.embedding import FaceEmbedding
from trainer.data.faces.measures import RULES, Limits
from trainer.data.faces.occlusion import OccluderReader
from trainer.data.faces.skin import measure_face
from trainer.data.light.evening import EVEN, even
from trainer.data.prepare.inspection import UnreadableError, is_stored_in_colour, read_photograph
from trainer.errors import UserError
from trainer.labels.label import Label
from trainer.labels.number import Number
from trainer.networks.encoder import guessed_labels

MOST_TURNED = 0.25
"""Largest yaw, as in `Landmarks.yaw`: a turn of some 35 degrees. `prepare` is stricter, since it has a choice."""
MOST_OUTSIDE = 0.25
"""How far the crop may reach beyond the photograph, as a share of its side: what is missing there is mirrored."""
LEAST_EYE_DISTANCE = 12.0
"""Pixels between the eyes; below, there is no likeness to be seen."""
MOST_PAINTED = 0.9
"""Largest likelihood that a face is painted, drawn, printed, a statue or recoloured."""
SEARCH_SIDE = 480
"""Longer side, in pixels, of the copy in which the face is searched; it fills much of a photograph of one person."""
REMEDY = "give a frontal photograph of this person alone"


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

    def develop(self, photograph: Pixels, face: Face) -> Pixels:
        """The face as the model's own pictures are: uint8 [size, size, 3]."""
        crop = align(photograph, face.landmarks, self.geometry, self.size)
        if not self.evened:
            return crop
        return even(crop, self.geometry.eye_distance, self.geometry.eye_height).picture


def read_face(
    path: Path,
    detector: FaceDetector,
    studio: Studio,
    painted: tuple[FaceEmbedding, OccluderReader] | None = None,
) -> Pixels:
    """The one face in the photograph at `path`, uint8 [size, size, 3]. Raises `UserError` that names the file.

    `painted`: what tells a drawing from a photograph, where that is to be told.
    """
    try:
        photograph = read_photograph(path)
        if not is_stored_in_colour(path):
            raise UserError(f"{path}: is stored without colour; give a colour photograph")
    except UnreadableError as error:
        raise UserError(f"{path}: {error}; give a JPEG or PNG photograph") from None
    face = one_face(path, photograph, detector, studio.geometry)
    if painted is not None:
        _, regional = painted[0].look(photograph, face.landmarks)
        if painted[1].read(regional).painted > MOST_PAINTED:
            raise UserError(f"{path}: looks painted, drawn or recoloured; give a photograph")
    return studio.develop(photograph, face)


def one_face(path: Path, photograph: Pixels, detector: FaceDetector, geometry: Geometry) -> Face:
    """The one face that is large and frontal enough. Raises `UserError` that names the file."""
    faces = detector.find(photograph)
    if not faces:
        raise UserError(f"{path}: {RULES['no-face']}; {REMEDY}, not a profile")
    face = faces[0]
    if len(faces) > 1 and faces[1].side > Limits().second_face * face.side:
        raise UserError(f"{path}: {RULES['several-faces']} ({len(faces)} faces); {REMEDY}")
    if face.landmarks.eye_distance < LEAST_EYE_DISTANCE:
        raise UserError(f"{path}: the eyes are {face.landmarks.eye_distance:.0f} pixels apart; give a larger picture")
    if abs(face.landmarks.yaw) > MOST_TURNED:
        raise UserError(f"{path}: {RULES['turned']}; {REMEDY}")
    height, width = photograph.shape[:2]
    if overshoot(face.landmarks, geometry, width, height) > MOST_OUTSIDE:
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
