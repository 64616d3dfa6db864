"""Which stretch of its training a tail behind a generator is in, and what holds there."""

from enum import Enum

import torch
from torch import Tensor

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
    return config.together if stretch_at(images, config) is Stretch.TOGETHER else 1.0


def warm_up_loss(generator: DetailedGenerator, real: Tensor) -> Tensor:
    """How far the tail is from photographs [N, 3, S, S], -1 ... 1, that it enlarges from half of their side: a scalar.

    The mean absolute difference, which leaves edges sharper than the square does (Zhao et al. 2017, "Loss functions
    for image restoration with neural networks").
    """
    enlarged: Tensor = generator.detail(halved(real))
    return torch.nn.functional.l1_loss(enlarged, real)
