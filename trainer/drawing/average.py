"""The exponential moving average of the generator, and the batch statistics that go with its weights."""

import copy
from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import AveragedModel

from trainer.config import LatentDistribution
from trainer.labels.label import LabelSpec
from trainer.networks.batch_norm import BatchNorm

CALIBRATION_BATCH = 64


def decay_at(images: int, half_life: float, batch: int) -> float:
    """What the past weighs in a step after `images` images: half of it is gone after `half_life` more; 0: all at once.

    A young run forgets faster, by half in half of what it has seen, or its average would show the untrained weights for
    long (a gentler ramp than that of Karras et al. 2020, "Training GANs with limited data", whose code has it).
    """
    effective = min(half_life, images / 2.0)
    return float(0.5 ** (batch / effective)) if effective > 0 else 0.0


def averaged(network: nn.Module) -> AveragedModel:
    """An average of `network`, for now a plain copy of it. `follow` makes it an EMA."""
    return AveragedModel(network)


@torch.no_grad()
def follow(average: AveragedModel, network: nn.Module, decay: float) -> None:
    """Let the past weigh `decay` in the average, what `network` is now the rest; buffers are copied.

    `AveragedModel.update_parameters` does the same, but asks the device at every call how often it was called before.
    """
    past, now = list(average.module.parameters()), list(network.parameters())
    torch._foreach_lerp_(past, now, 1.0 - decay)
    for kept, new in zip(average.module.buffers(), network.buffers(), strict=True):
        kept.copy_(new)
    average.n_averaged += 1


def draw_latents(count: int, size: int, distribution: LatentDistribution, generator: Generator) -> Tensor:
    """[count, size] float32 on the generator's device: standard normal, or uniform -1 ... 1."""
    if distribution == "normal":
        return torch.randn(count, size, generator=generator, device=generator.device)
    return torch.rand(count, size, generator=generator, device=generator.device) * 2.0 - 1.0


def draw_labels(count: int, labels: Sequence[LabelSpec], generator: Generator) -> Tensor:
    """Raw labels [count, C], each label drawn evenly over what it can be."""
    columns = [torch.empty(count, 0, device=generator.device)]
    for label in labels:
        dice = torch.rand(count, 1, generator=generator, device=generator.device)
        if label.kind == "binary":
            columns.append((dice < 0.5).float() * 2.0 - 1.0)
        elif label.kind == "number":
            columns.append(label.minimum + (label.maximum - label.minimum) * dice)
        else:
            chosen = (dice[:, 0] * label.columns).long().clamp_(max=label.columns - 1)
            columns.append(nn.functional.one_hot(chosen, label.columns).float())
    return torch.cat(columns, dim=1)


@torch.no_grad()
def calibrated(
    network: nn.Module,
    labels: Sequence[LabelSpec],
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
