"""Which stretch of its training a tail behind a generator is in, and what holds there."""

from enum import Enum

import torch
from torch import Tensor
from torch.nn import functional

from trainer.config import DetailConfig
from trainer.networks.detail import DetailedGenerator, halved


class Stretch(Enum):
    """The stretches, in their order: see `DetailConfig`."""

    WARM_UP = "warm-up"
    ALONE = "alone"
    TOGETHER = "together"


def stretch_at(images: int, config: DetailConfig) -> Stretch:
    """The stretch of the step that begins after `images` images."""
    if images < config.warm_up:
        return Stretch.WARM_UP
    return Stretch.ALONE if images < config.warm_up + config.alone else Stretch.TOGETHER


def share_of_rate(images: int, config: DetailConfig) -> float:
    """What the learning rate is multiplied with after `images` images."""
    stretch = stretch_at(images, config)
    if stretch is Stretch.WARM_UP:
        return 1.0
    played = images - config.warm_up
    rising = min(1.0, (played + 1) / config.ramp) if config.ramp else 1.0
    return rising * (config.together if stretch is Stretch.TOGETHER else 1.0)


def warm_up_loss(generator: DetailedGenerator, real: Tensor) -> Tensor:
    """How far the tail is from photographs [N, 3, S, S], -1 ... 1, that it enlarges from half of their side: a scalar.

    The mean absolute difference, which leaves edges sharper than the square does (Zhao et al. 2017, "Loss functions
    for image restoration with neural networks").
    """
    enlarged: Tensor = generator.detail(halved(real))
    return functional.l1_loss(enlarged, real)


def paired_groups(count: int, group: int, share: float) -> Tensor:
    """Which of `count` pictures, in groups of `group`, are enlarged photographs: bool [count], evenly spread."""
    numbers = torch.arange(count) // group
    return torch.floor((numbers + 1) * share) > torch.floor(numbers * share)


def drawn_alone(
    generator: DetailedGenerator, latents: Tensor, labels: Tensor, real: Tensor, group: int, share: float
) -> tuple[Tensor, Tensor]:
    """Small [N, 3, S, S] and large [N, 3, 2 S, 2 S] fakes while the tail plays alone.

    Most are the generator's; of `share` of the groups of `group` pictures, which the discriminator compares with each
    other, the small ones are the photographs `real` [N, 3, 2 S, 2 S] themselves, halved.
    """
    paired = paired_groups(len(real), group, share)
    ours, theirs = torch.nonzero(~paired)[:, 0], torch.nonzero(paired)[:, 0]
    back = torch.argsort(torch.cat([ours, theirs])).to(real.device)
    ours, theirs = ours.to(real.device), theirs.to(real.device)
    photographs = halved(real[theirs])
    parts = [(photographs, generator.detail(photographs))] if len(theirs) else []
    parts = [generator.both(latents[ours], labels[ours]), *parts] if len(ours) else parts
    small, large = (torch.cat([pair[side].float() for pair in parts])[back] for side in (0, 1))
    return small, large


def faithful_loss(small: Tensor, large: Tensor) -> Tensor:
    """How far large pictures, halved, are from the small ones, which they are to add to and not to change: a scalar."""
    return functional.l1_loss(halved(large), small.detach())
