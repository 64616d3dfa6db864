"""Pictures encoded and people drawn, by networks in training or from a model file alike."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trainer.networks.encoder import FaceEncoder
from trainer.networks.offsets import OffsetGenerator
from trainer.pictures import Pixels, to_bytes

CHUNK = 64
Encode = Callable[[Tensor, Tensor], Tensor]
"""Pictures [N, 3, S, S] and raw labels [N, C] -> vectors [N, L + K]."""
Draw = Callable[[Tensor, Tensor], Tensor]
"""Vectors [N, L + K] and raw labels [N, C] -> pictures [N, 3, S, S]."""


@dataclass(frozen=True)
class Likenesses:
    """From pictures to vectors, and from vectors to pictures."""

    encode: Encode
    draw: Draw
    device: torch.device

    @classmethod
    def of(cls, encoder: FaceEncoder, generator: OffsetGenerator, device: torch.device) -> "Likenesses":
        """Those of trained networks."""
        return cls(
            lambda pictures, matrix: encoder(pictures, encoder.known(matrix), generator).vector, generator.draw, device
        )

    @torch.no_grad()
    def vectors(self, pictures: Pixels, matrix: np.ndarray) -> np.ndarray:
        """The vectors float32 [N, L + K] of uint8 [N, S, S, 3] with raw labels [N, C]."""
        made = [
            self.encode(as_tensor(pictures[start : start + CHUNK], self.device), self._labels(matrix, start))
            for start in range(0, len(pictures), CHUNK)
        ]
        return torch.cat(made).float().cpu().numpy()

    @torch.no_grad()
    def pictures(self, vectors: np.ndarray, matrix: np.ndarray) -> Pixels:
        """The pictures uint8 [N, S, S, 3] of vectors [N, L + K] with raw labels [N, C]."""
        given = torch.from_numpy(np.ascontiguousarray(vectors, np.float32)).to(self.device)
        made = [
            self.draw(given[start : start + CHUNK], self._labels(matrix, start)).float().permute(0, 2, 3, 1).cpu()
            for start in range(0, len(given), CHUNK)
        ]
        return to_bytes(torch.cat(made).numpy())

    def _labels(self, matrix: np.ndarray, start: int) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(matrix[start : start + CHUNK], np.float32)).to(self.device)


def with_column(matrix: np.ndarray, column: int, values: np.ndarray | float) -> np.ndarray:
    """Raw labels [N, C] with other `values` [N] in a column."""
    changed = matrix.copy()
    changed[:, column] = values
    return changed


def as_tensor(pictures: Pixels, device: torch.device) -> Tensor:
    """uint8 [N, S, S, 3] -> float [N, 3, S, S], -1 ... 1, channels last."""
    values = torch.from_numpy(np.ascontiguousarray(pictures)).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1.0
    return values.contiguous(memory_format=torch.channels_last)
