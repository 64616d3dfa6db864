"""Watching a run for the ways in which it dies: no numbers, a runaway discriminator, one face for everybody."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from trainer.config import CollapseConfig

SPREAD_STRIDE = 4


def relative_spread(real: Tensor, fake: Tensor) -> Tensor:
    """How much the fakes of a batch differ from each other, beside the real pictures: a scalar, about 1 when alike.

    The mean over every fourth pixel, across and down, of the deviation over the batch, fake over real: all pixels would
    cost a thirtieth of the step and tell the same.
    """
    fake, real = (pictures.detach()[:, :, ::SPREAD_STRIDE, ::SPREAD_STRIDE] for pictures in (fake, real))
    return fake.std(dim=0).mean() / real.std(dim=0).mean().clamp_min(1e-6)


def all_finite(*networks: nn.Module) -> bool:
    """Whether every weight is a finite number. Waits for the device."""
    sums = [parameter.detach().sum() for network in networks for parameter in network.parameters()]
    return bool(torch.isfinite(torch.stack(sums)).all())


def trouble_in(means: Mapping[str, float], images: int, config: CollapseConfig) -> str | None:
    """What is wrong with a run whose recent `means` these are, after `images`; None if nothing is."""
    broken = [name for name, value in means.items() if not math.isfinite(value)]
    if broken:
        return f"{', '.join(broken)} stopped being a number"
    loss = means.get("d_loss", 0.0)
    if loss > config.loss:
        return f"the discriminator's loss is {loss:.1f}: its weights have run away"
    spread = means.get("spread", 1.0)
    if images >= config.after and spread < config.spread:
        return f"the pictures of a batch differ only {spread:.2f} as much as real ones do: collapse"
    return None
