"""What the encoder's pictures are compared by: the discriminator of the run that trained the generator.

It has seen every photograph, and is no judge.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from trainer.encoder.settings import EncoderSettings
from trainer.networks.crowd import CrowdDiscriminator

QUARTER, HALF = 4, 2
SMALLEST = 1e-3


@dataclass(frozen=True)
class Sight:
    """What the discriminator sees in pictures: its feature maps from fine to coarse, and its logit [N]."""

    pictures: Tensor
    maps: Sequence[Tensor]
    logit: Tensor


@dataclass(frozen=True)
class Perception:
    """The frozen network, and what the difference of two sights costs."""

    discriminator: CrowdDiscriminator
    settings: EncoderSettings

    def see(self, pictures: Tensor, labels: Tensor) -> Sight:
        """Pictures [N, 3, S, S] of raw labels [N, C], N a multiple of the discriminator's group."""
        maps, logit = self.discriminator.looked_at(pictures, labels)
        return Sight(pictures, maps, logit.float())

    def difference(self, made: Sight, real: Sight) -> Tensor:
        """What it costs the pictures `made` not to look like the `real` ones, a scalar."""
        cost = self.settings.low_pass * low_pass_difference(made.pictures, real.pictures)
        return (cost + self.settings.features * feature_difference(made.maps, real.maps)).mean()

    def word(self, made: Sight, real: Sight) -> Tensor:
        """How much less real than the photographs the discriminator takes the made pictures for, a scalar."""
        return functional.softplus(real.logit - made.logit).mean()


def low_pass_difference(made: Tensor, real: Tensor) -> Tensor:
    """Mean square difference of pictures [N, 3, S, S], [N]: at a quarter of the side, and less of the finer ones."""
    change = made - real
    total = change.square().mean(dim=(1, 2, 3)) / 8.0
    for factor, weight in ((QUARTER, 1.0), (HALF, 0.25)):
        total = total + weight * functional.avg_pool2d(change, factor).square().mean(dim=(1, 2, 3))
    return total


def feature_difference(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean square difference of feature maps beside the mean square of the real ones, summed over the maps: [N]."""
    total = torch.zeros((), device=made[0].device)
    for own, other in zip(made, real, strict=True):
        apart = (own.float() - other.float()).square().mean(dim=(1, 2, 3))
        total = total + apart / other.float().square().mean(dim=(1, 2, 3)).clamp_min(SMALLEST)
    return total
