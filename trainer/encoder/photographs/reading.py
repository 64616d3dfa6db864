"""Photographs of people who are to be encoded: the face found, aligned and evened as a model's own pictures are."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trainer.data.faces.alignment import Geometry, overshoot
from trainer.data.faces.detection import Face
from trainer.data.faces.measures import RULES, Limits, measure_colour, measure_face
from trainer.data.prepare.inspection import (
    LONGEST_PROBLEM,
    ODD_PICTURE,
    UnreadableError,
    is_stored_in_colour,
    read_photograph,
)
from trainer.encoder.photographs.beholder import Beholder
from trainer.encoder.photographs.face_search import LEAST_SEEN, FaceSearch
from trainer.encoder.photographs.studio import Studio
from trainer.errors import UserError
from trainer.labels.label import Label
from trainer.labels.number import Number
from trainer.networks.encoder import guessed_labels
from trainer.pictures import Pixels

MOST_TURNED = 0.25
"""Largest yaw, as in `Landmarks.yaw`: a turn of some 35 degrees. `prepare` is stricter, since it has a choice."""
MOST_OUTSIDE = 0.25
"""How far the crop may reach beyond the photograph, as a share of its side: what is missing there is mirrored."""
LEAST_EYE_DISTANCE = 12.0
"""Pixels between the eyes; below, there is no likeness to be seen."""
REMEDY = "give a frontal photograph of this person alone"
READ_SIDE = 1200
"""Pixels that both sides of a photograph keep where it is read; a face fills more of them than any model draws."""


def read_face(path: Path, search: FaceSearch, studio: Studio, beholder: Beholder | None = None) -> Pixels:
    """The one face in the photograph at `path`, uint8 [size, size, 3]. Raises `UserError` that names the file.

    `beholder`: what tells a drawing, sunglasses or a hand, where those are to be refused.
    """
    try:
        photograph = read_photograph(path, least_side=READ_SIDE)
        if not is_stored_in_colour(path):
            raise UserError(f"{path}: is stored without colour; give a colour photograph")
        return found_face(path, photograph, search, studio, beholder)
    except UnreadableError as error:
        raise UserError(f"{path}: {error}; give a JPEG or PNG photograph") from None
    except ODD_PICTURE as error:
        told = " ".join(str(error).split())[:LONGEST_PROBLEM]
        raise UserError(f"{path}: cannot be used ({type(error).__name__}: {told}); give another photograph") from None


def found_face(path: Path, photograph: Pixels, search: FaceSearch, studio: Studio, beholder: Beholder | None) -> Pixels:
    """The one face in a photograph [H, W, 3], as `read_face` gives it."""
    height, width = photograph.shape[:2]
    if min(height, width) < LEAST_SEEN:
        raise UserError(f"{path}: has {width} x {height} pixels; give a photograph of {LEAST_SEEN:.0f} at least")
    face = one_face(path, search.find(photograph), photograph.shape, studio.geometry)
    if beholder is not None:
        beholder.check(path, photograph, face)
    crop = studio.cropped(photograph, face)
    if measure_colour(crop) < Limits().min_colour:
        raise UserError(f"{path}: {RULES['grey']}; give a colour photograph")
    return studio.lit(crop)


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
