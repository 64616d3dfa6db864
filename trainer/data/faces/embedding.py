"""Who is on a photograph, as numbers, to find the same person in the same pose under another name."""

import importlib.util
from typing import Any

import dlib
import numpy as np
import numpy.typing as npt

from trainer.data.faces.alignment import Landmarks
from trainer.data.faces.detection import EMBEDDING_MODEL, shipped_model
from trainer.errors import UserError
from trainer.pictures import Pixels

LENGTH = 128
CHIP_SIDE = 150
CHIP_PADDING = 0.25


def require_embedding() -> None:
    """Raises UserError, with the remedy, where what `FaceEmbedding` needs is not installed."""
    try:
        shipped_model(*EMBEDDING_MODEL)
        if importlib.util.find_spec("torch") is None:
            raise UserError("the package torch is needed; install it")
    except UserError as error:
        raise UserError(f"to find the same person twice, {error}; or group by looks alone: --same-person 0") from None


class FaceEmbedding:
    """dlib's face recognition network. It serves to group near-duplicates, and half way through it sees occluders.

    PyTorch runs it, several times faster than dlib; both are loaded when one is made, not with this module.
    """

    def __init__(self) -> None:
        import torch

        from trainer.data.faces.face_network import load

        torch.set_num_threads(1)
        self._torch = torch
        self._network = load(shipped_model(*EMBEDDING_MODEL))

    def look(self, photograph: Pixels, landmarks: Landmarks) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """The embedding `[128]`, and the regional activity `[2048]` that tells occluders (`FaceNetwork.look`), float32.

        Distances of embeddings are under 0.6 between pictures of one person, under about 0.25 of one burst.
        """
        chip = np.ascontiguousarray(_chip(photograph, landmarks).transpose(2, 0, 1))
        with self._torch.inference_mode():
            embedding, regional = self._network.look(self._torch.from_numpy(chip)[None].float())
        return np.asarray(embedding[0].numpy(), np.float32), np.asarray(regional[0].numpy(), np.float32)


def _chip(photograph: Pixels, landmarks: Landmarks) -> Pixels:
    """The face as the network was trained on it, `[150, 150, 3]` uint8."""
    points: Any = dlib.points([dlib.point(round(x), round(y)) for x, y in landmarks.points])
    left, top = landmarks.points.min(axis=0)
    right, bottom = landmarks.points.max(axis=0)
    box = dlib.rectangle(int(left), int(top), int(right), int(bottom))
    found = dlib.full_object_detection(box, points)
    return np.asarray(dlib.get_face_chip(photograph, found, size=CHIP_SIDE, padding=CHIP_PADDING), dtype=np.uint8)
