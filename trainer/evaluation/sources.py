"""From a prepared dataset to the photographs that an evaluation compares with."""

import numpy as np

from trainer.data.alignment import Geometry
from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.evaluation.people import RealFaces

FEWEST = 20
"""Held-out or training pictures below which no comparison makes sense."""


def real_faces(dataset: Dataset, *, held_out: bool) -> RealFaces:
    """The dataset's held-out photographs, or its training ones. Raises `UserError` where there are too few."""
    rows = np.flatnonzero(dataset.held_out == held_out)
    if len(rows) < FEWEST:
        kind = "held-out" if held_out else "training"
        raise UserError(f"the dataset has {len(rows)} {kind} pictures; an evaluation needs at least {FEWEST}")
    return RealFaces(
        dataset.images[rows],
        dataset.sex[rows],
        dataset.age_low[rows],
        dataset.age_high[rows],
        dataset.group[rows],
    )


def geometry_of(dataset: Dataset) -> Geometry:
    """Where the eyes stand in the dataset's pictures, as its dataset.json says."""
    crop = dataset.metadata.get("geometry", {})
    return Geometry(**{name: float(crop[name]) for name in ("eye_distance", "eye_height") if name in crop})
