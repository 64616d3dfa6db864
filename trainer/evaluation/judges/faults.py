"""Which drawn faces the eye would not take: smeared, melted, half a face, a colour that skin has not.

A logistic regression on what dlib's face recognition network sees early on (`FaceNetwork.look_early`), fitted by
benchmarks/faults.py to what the eye said of faces of three models (data/*-faults.csv).
"""

import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from trainer.data.faces.alignment import Geometry
from trainer.errors import UserError
from trainer.evaluation.judges.identity import chips_of, face_network

WEIGHTS = Path(__file__).with_name("faults.safetensors")


def faultiness(pictures: NDArray[np.uint8], geometry: Geometry, weights: Path = WEIGHTS) -> NDArray[np.float32]:
    """The logarithm of the odds that the eye would not take each face of uint8 RGB [N, H, H, 3]: float32 [N].

    Raises `UserError` where the network is not installed or the weights are damaged.
    """
    try:
        fitted = load_file(weights)
        weight, bias = fitted["weight"], fitted["bias"]
    except (OSError, KeyError, SafetensorError) as error:
        raise UserError(f"{weights}: cannot be read ({error}); install the trainer anew") from None
    return np.asarray(early_looks(pictures, geometry) @ weight + bias, np.float32)


def version() -> str:
    """What tells these weights from others."""
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:16]


def early_looks(pictures: NDArray[np.uint8], geometry: Geometry) -> NDArray[np.float32]:
    """What the network sees early on in each face of uint8 RGB [N, H, H, 3]: float32 [N, 1024]."""
    network = face_network()
    looks = []
    for _, chips in chips_of(pictures, geometry):
        with torch.inference_mode():
            looks.append(network.look_early(chips).numpy())
    return np.concatenate(looks)
