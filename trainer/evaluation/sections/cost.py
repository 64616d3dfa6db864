"""Section cost: what every artist pays for every face."""

from collections.abc import Callable

import numpy as np
from torch.utils.flop_counter import FlopCounterMode

from trainer.evaluation.evidence import Evidence
from trainer.evaluation.figures import Figure, Section, at_most

MOST_MULTIPLY_ADDS = 80e6
MOST_AT_128 = 200e6
"""What a face of 128 px may cost, which a crowd has few of: those near the camera."""
LARGE_SIDE = 128
MOST_BYTES = 8e6


def multiply_adds(draw_one: Callable[[], object]) -> int:
    """Multiply-adds of the matrix products and convolutions that PyTorch runs for one face.

    A map is doubled and convolved at once (trainer/model_file/network.py).
    """
    with FlopCounterMode(display=False) as counter:
        draw_one()
    return int(counter.get_total_flops()) // 2


def graph_cost(draw_one: Callable[[], object], side: int) -> Figure:
    """The multiply-adds of a face of `side` pixels."""
    operations = multiply_adds(draw_one)
    bar = at_most(operations, MOST_AT_128 if side >= LARGE_SIDE else MOST_MULTIPLY_ADDS)
    return Figure("cost.multiply_adds", "multiply-adds a face", operations, style="count", bar=bar)


def file_size(size: int | None) -> list[Figure]:
    """The model file's size, where the model is a file."""
    if size is None:
        return []
    return [Figure("cost.bytes", "bytes on disk", size, style="count", bar=at_most(size, MOST_BYTES))]


def measure(evidence: Evidence) -> Section:
    """Multiply-adds a face, and the model file's size where the model is a file."""
    one = np.zeros(1, np.int64), np.ones(1, np.float32), np.full(1, 30, np.float32)
    cost = graph_cost(lambda: evidence.generate(*one), evidence.resolution)
    return Section("Cost", [cost, *file_size(evidence.model_bytes)])
