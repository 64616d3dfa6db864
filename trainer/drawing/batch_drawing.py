"""Drawing with the statistics of a batch instead of running averages, as the 2016 system did: it kept no others.

A face then depends on who else is in its batch. The paper's ageing strips were drawn as 10 rows in a batch of 64 whose
other 54 rows were zeros, labels and noise alike.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from trainer.drawing.inference import TrainedGenerator, latents_of
from trainer.drawing.sheets import pictures_of
from trainer.errors import UserError
from trainer.labels.label import Label
from trainer.labels.matrix import drawn_evenly, label_matrix
from trainer.networks.label_code import PlainCode

BATCH = 64
COMPANIONS_SEED = 2**31


@torch.no_grad()
def drawn_in_batches(
    trained: TrainedGenerator, latents: np.ndarray, matrix: np.ndarray, row: int, *, padded: bool
) -> np.ndarray:
    """Pictures uint8 [N, H, W, 3] of latents [N, L] and raw labels [N, C], each `row` of them in a batch of 64.

    The batch is filled up with rows of zeros where `padded`, else with people drawn at random, the same for each row.
    `row` is at most 64. Raises `UserError` where the networks cannot read zeros.
    """
    if not 1 <= row <= BATCH:
        raise ValueError(f"rows of {row} do not fit into a batch of {BATCH}")
    network = trained.network.train()
    others = zero_rows(trained, BATCH - row) if padded else companions(trained, BATCH - row)
    pictures = []
    for start in range(0, len(latents), row):
        own = torch.from_numpy(latents[start : start + row]), torch.from_numpy(matrix[start : start + row])
        filled = [torch.cat([mine, theirs]) for mine, theirs in zip(own, others, strict=True)]
        pictures.append(pictures_of(network(*filled)[: len(own[0])]))
    network.eval()
    return np.concatenate(pictures)


def companions(trained: TrainedGenerator, count: int) -> tuple[Tensor, Tensor]:
    """`count` people with labels drawn evenly: latents [count, L] and raw labels [count, C], always the same."""
    generator = trained.config.generator
    seeds = np.arange(COMPANIONS_SEED, COMPANIONS_SEED + count)
    latents = latents_of(seeds, generator.latent_size, generator.latent_distribution)
    values = drawn_evenly(trained.labels, count, np.random.default_rng(COMPANIONS_SEED))
    return torch.from_numpy(latents), torch.from_numpy(label_matrix(trained.labels, values, seeds))


def zero_rows(trained: TrainedGenerator, count: int) -> tuple[Tensor, Tensor]:
    """`count` rows that reach the first layer as zeros: latents [count, L], and the raw labels [count, C] for it."""
    if not isinstance(trained.network.label_code, PlainCode):
        raise UserError(
            f"the networks {trained.config.generator.kind!r} have no rows of zeros: take --statistics batch"
        )
    row = torch.tensor([value for label in trained.labels for value in coded_zero(label)])
    return torch.zeros(count, trained.config.generator.latent_size), row.repeat(count, 1)


def coded_zero(label: Label) -> Sequence[float]:
    """The raw columns that `PlainCode` codes as zeros."""
    return [sum(label.plain_range or (0.0, 0.0)) / 2] * label.columns
