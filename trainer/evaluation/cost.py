"""Section cost: what every artist pays for every face."""

import numpy as np
from torch.utils.flop_counter import FlopCounterMode

from trainer.evaluation.evidence import Evidence
from trainer.evaluation.figures import Figure, Section, at_most
from trainer.evaluation.people import GenerateFaces

MOST_MULTIPLY_ADDS = 80e6
MOST_BYTES = 8e6


def multiply_adds(generate: GenerateFaces) -> int:
    """Multiply-adds of the matrix products and convolutions that PyTorch runs for one face."""
    with FlopCounterMode(display=False) as counter:
        generate(np.zeros(1, np.int64), np.ones(1, np.float32), np.full(1, 30, np.float32))
    return int(counter.get_total_flops()) // 2


def measure(evidence: Evidence) -> Section:
    """Multiply-adds a face, and the model file's size where the model is a file."""
    operations = multiply_adds(evidence.generate)
    figures = [
        Figure(
            "cost.multiply_adds",
            "multiply-adds a face",
            operations,
            style="count",
            bar=at_most(operations, MOST_MULTIPLY_ADDS),
        )
    ]
    if evidence.model_bytes is not None:
        size = evidence.model_bytes
        figures.append(Figure("cost.bytes", "bytes on disk", size, style="count", bar=at_most(size, MOST_BYTES)))
    return Section("Cost", figures)
