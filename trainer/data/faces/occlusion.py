"""What stands before a face: hands, microphones, food, other heads, sunglasses, paint.

Three logistic regressions on what dlib's face recognition network sees half way (`FaceNetwork.look`), which runs for
every kept face anyway. Their weights are this project's own, fitted by benchmarks/occluders.py to what the eye saw in
FairFace's photographs (data/fairface-occluders.csv; Karkkainen and Joo, WACV 2021, CC BY 4.0).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file

from trainer.errors import UserError

WEIGHTS = Path(__file__).with_name("occluders.safetensors")
STEEPEST = 30.0
"""Odds beyond exp(30) say no more, and would overflow float32."""


@dataclass(frozen=True)
class Occlusion:
    """How likely it is, 0 to 1, that something covers part of a face.

    - `covered`: a hand, microphone, cup, food, dummy, flag or another head stands before it.
    - `sunglasses`: the eyes are behind dark glass; ordinary glasses do not count.
    - `painted`: it is painted, drawn, printed, a statue or recoloured.
    """

    covered: float = 0.0
    sunglasses: float = 0.0
    painted: float = 0.0


KINDS = tuple(Occlusion.__dataclass_fields__)


@dataclass(frozen=True)
class OccluderReader:
    """Reads occlusion from regional activity [2048]: `weight` [3, 2048] and `bias` [3] float32, in order of `KINDS`."""

    weight: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def read(self, regional: npt.NDArray[np.float32]) -> Occlusion:
        """What stands before the face whose regional activity [2048] is given."""
        odds = np.clip(self.weight @ regional + self.bias, -STEEPEST, STEEPEST)
        return Occlusion(*(float(value) for value in 1 / (1 + np.exp(-odds))))


def load_occluder_reader(path: Path = WEIGHTS) -> OccluderReader:
    """The fitted reader. Raises UserError where the file is missing or damaged."""
    try:
        tensors = load_file(path)
        return OccluderReader(tensors["weight"], tensors["bias"])
    except (OSError, KeyError, SafetensorError) as error:
        raise UserError(f"{path}: cannot be read ({error}); install the trainer anew") from None
