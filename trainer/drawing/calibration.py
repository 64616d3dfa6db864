"""Batch statistics that go with a generator's weights, and what is drawn to measure them."""

import copy
from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from trainer.config import LatentDistribution
from trainer.labels.label import Label
from trainer.networks.batch_norm import BatchNorm

CALIBRATION_BATCH = 64


def draw_latents(count: int, size: int, distribution: LatentDistribution, generator: Generator) -> Tensor:
    """[count, size] float32 on the generator's device: standard normal, or uniform -1 ... 1."""
    if distribution == "normal":
        return torch.randn(count, size, generator=generator, device=generator.device)
    return torch.rand(count, size, generator=generator, device=generator.device) * 2.0 - 1.0


def draw_labels(count: int, labels: Sequence[Label], generator: Generator) -> Tensor:
    """Raw labels [count, C], each label drawn evenly over what it can be."""
    empty = torch.empty(count, 0, device=generator.device)
    uniform = (torch.rand(count, 1, generator=generator, device=generator.device) for _ in labels)
    return torch.cat([empty, *(label.from_uniform(own) for label, own in zip(labels, uniform, strict=True))], dim=1)


@torch.no_grad()
def calibrated(
    network: nn.Module,
    labels: Sequence[Label],
    distribution: LatentDistribution,
    batches: int,
    seed: int = 0,
) -> nn.Module:
    """A copy of `network` in evaluation mode, its batch norms' statistics measured anew over `batches` batches.

    The raw network's running averages belong to other weights than the EMA's: copying them gives colour casts.
    With `batches` 0 the copy keeps the statistics it has.
    """
    copied = copy.deepcopy(network)
    device = next(copied.parameters()).device
    norms = [layer for layer in copied.modules() if isinstance(layer, _BatchNorm)]
    if batches and norms:
        generator = torch.Generator(device).manual_seed(seed)
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
            if isinstance(norm, BatchNorm):
                norm.across_processes = False
        copied.train()
        for _ in range(batches):
            size = copied.latent_size
            assert isinstance(size, int)
            latents = draw_latents(CALIBRATION_BATCH, size, distribution, generator)
            copied(latents, draw_labels(CALIBRATION_BATCH, labels, generator))
    return copied.eval().requires_grad_(False)
