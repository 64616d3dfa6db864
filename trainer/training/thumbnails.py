"""The gauge of a run whose pictures are not of faces, and which no umpire reads: how alike its thumbnails are."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.config import LatentDistribution
from trainer.evaluation.distances import frechet_distance
from trainer.training.gauge import CHUNK, Reading, held_out_like
from trainer.training.pictures import Pictures

SIDE = 8


@torch.no_grad()
def read_thumbnails(
    generator: nn.Module,
    distribution: LatentDistribution,
    latent_size: int,
    held_out: Pictures,
    samples: int,
    seed: int,
) -> Reading:
    """The Frechet distance of `samples` generated and held-out pictures, each reduced to 8 x 8 pixels.

    The generated ones have the held-out ones' labels. The same seed asks for the same ones.
    """
    real, labels, latents = held_out_like(held_out, distribution, latent_size, samples, seed)
    pairs = zip(latents.split(CHUNK), labels.split(CHUNK), strict=True)
    fake = np.concatenate([reduced(generator(*pair)) for pair in pairs])
    return Reading("fd_thumbnails", frechet_distance(reduced(real), fake), smaller_is_better=True)


def reduced(pictures: Tensor) -> np.ndarray:
    """Pictures [N, 3, S, S] as thumbnails, float64 [N, 3 * 8 * 8]."""
    return functional.adaptive_avg_pool2d(pictures.float(), SIDE).flatten(1).double().cpu().numpy()
