"""The training pictures on the training device, and the batches drawn from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor

from trainer.data.dataset import Dataset
from trainer.labels.label import Label
from trainer.training.step.processes import ALONE, Share

MOST_IN_MEMORY = 4 * 2**30
"""Bytes of pictures that every process holds on its device; of more, each reads those that it shows."""


@dataclass(frozen=True)
class StoredPictures:
    """The pictures at `where` [N] of a dataset's `images`, which stay in their file: each is read when it is shown.

    What processes of one machine read they share, as the system's cache.
    """

    images: npt.NDArray[np.uint8]
    where: npt.NDArray[np.int64]
    device: torch.device

    def __len__(self) -> int:
        return len(self.where)

    def index_select(self, _dimension: int, index: Tensor) -> Tensor:
        """Those at `index` [B], uint8 [B, H, W, 3] on the device."""
        chosen = np.ascontiguousarray(self.images[self.where[index.cpu().numpy()]])
        return torch.from_numpy(chosen).to(self.device, non_blocking=True)


@dataclass(frozen=True)
class Pictures:
    """Pictures uint8 [N, H, W, 3] and the range of each one's labels: `low`, `high` float32 [N, C], on one device."""

    images: Tensor | StoredPictures
    low: Tensor
    high: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, index: Tensor, generator: Generator, *, flip: bool, share: Share = ALONE) -> tuple[Tensor, Tensor]:
        """The pictures at `index` [B] as float32 [B, 3, H, W] (channels last), -1 ... 1, and raw labels [B, C].

        A label that is known to a range only is drawn evenly inside it; `flip` mirrors half of the pictures. Of the
        global batch at `index`, only this process's share is made.
        """
        uniform = share.of(torch.rand(len(index), 1 + self.low.shape[1], generator=generator, device=generator.device))
        index = share.of(index)
        chosen = self.images.index_select(0, index).permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)
        if flip:
            chosen = torch.where(uniform[:, :1, None, None] < 0.5, chosen.flip(3), chosen)
        low, high = self.low.index_select(0, index), self.high.index_select(0, index)
        return chosen.contiguous(memory_format=torch.channels_last), low + (high - low) * uniform[:, 1:]


def label_ranges(dataset: Dataset, labels: Sequence[Label]) -> tuple[np.ndarray, np.ndarray]:
    """`low`, `high` float32 [N, C] of the dataset's labels. Raises `UserError` for a label that it does not have."""
    empty = np.empty((len(dataset), 0), np.float32)
    low, high = [empty], [empty]
    for label in labels:
        ends = label.clipped(dataset.range_of(label))
        low.append(ends[0])
        high.append(ends[1])
    return np.concatenate(low, axis=1).astype(np.float32), np.concatenate(high, axis=1).astype(np.float32)


def load_pictures(
    dataset: Dataset, labels: Sequence[Label], device: torch.device, *, held_out: bool
) -> tuple[Pictures, np.ndarray]:
    """The training or the held-out pictures for `device`, and their positions in the dataset (int64 [N]).

    They lie there up to `MOST_IN_MEMORY`, else in their file.
    """
    where = np.flatnonzero(dataset.held_out == held_out)
    low, high = label_ranges(dataset, labels)
    stored = len(where) * int(np.prod(dataset.images.shape[1:])) > MOST_IN_MEMORY
    return (
        Pictures(
            StoredPictures(dataset.images, where, device)
            if stored
            else torch.from_numpy(np.ascontiguousarray(dataset.images[where])).to(device),
            torch.from_numpy(low[where]).to(device),
            torch.from_numpy(high[where]).to(device),
        ),
        where,
    )
