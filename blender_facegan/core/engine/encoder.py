"""Runs a model's encoder: from a face to the vector that stands in a seed's place."""

import numpy as np
from numpy.typing import NDArray

from ..model.encoder_file import EncoderFile
from .products import Floats, Gemm, fastest_gemm
from .program import Program

LARGEST_DIFFERENCE = 0.02
"""How far a number of a golden vector may be from what the engine makes: rounding on other machines."""


class Encoder:
    """One encoder, ready to run. It belongs to one thread at a time. gemm: as in `Engine`."""

    def __init__(self, encoder: EncoderFile, gemm: Gemm | None = None) -> None:
        self.card = encoder.card
        self._run = Program(encoder.graph, encoder.tensors, gemm or fastest_gemm()).bind()

    def vector(self, picture: NDArray[np.uint8], sex: float, age: float) -> Floats:
        """The vector of a face: float32 [V].

        picture: uint8 [H, W, 3], sRGB, of the card's size, its eyes where the card says, in even light where the card's
        is. sex: -1 female to 1 male. age: years.
        """
        values: dict[str, Floats | float] = {"picture": picture.astype(np.float32) / np.float32(127.5) - np.float32(1)}
        values |= {"sex": sex, "age": age}
        for name, place in self._run.inputs.items():
            place[..., 0, :] = values[name]
        # Weights of a strange model may overflow; whoever takes the vector tells.
        with np.errstate(all="ignore"):
            return self._run.vector()


def encoder_difference(encoder: EncoderFile) -> float:
    """The largest difference between a number of the golden vectors and what the engine makes; 0 without any."""
    runner = Encoder(encoder)
    off = [np.abs(runner.vector(one.picture, one.sex, one.age) - one.vector).max() for one in encoder.golden]
    return float(np.max(off)) if off else 0.0
