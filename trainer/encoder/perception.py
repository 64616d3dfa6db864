"""What the encoder's pictures are compared by: three networks of this project's own, none of them a judge.

The discriminator of the run that trained the generator, and the likeness network (`trainer.networks.likeness`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from trainer.encoder.settings import EncoderSettings
from trainer.networks.crowd import CrowdDiscriminator
from trainer.networks.likeness import LikenessNetwork

QUARTER, HALF = 4, 2
TEMPERATURE = 0.1
SMALLEST = 1e-3


@dataclass(frozen=True)
class Sight:
    """What the networks see in pictures: feature maps of both, the discriminator's logit [N], embeddings [N, D]."""

    pictures: Tensor
    judged: Sequence[Tensor]
    logit: Tensor
    maps: Sequence[Tensor]
    embedding: Tensor


@dataclass(frozen=True)
class Perception:
    """The frozen networks, and what the difference of two sights costs."""

    discriminator: CrowdDiscriminator
    likeness: LikenessNetwork
    settings: EncoderSettings

    def see(self, pictures: Tensor, labels: Tensor) -> Sight:
        """Pictures [N, 3, S, S] of raw labels [N, C], N a multiple of the discriminator's group."""
        judged, logit = self.discriminator.looked_at(pictures, labels)
        maps, embedding, _ = self.likeness(pictures)
        return Sight(pictures, judged, logit.float(), maps, embedding)

    def difference(self, made: Sight, real: Sight) -> Tensor:
        """What it costs each picture `made` [N] not to look like the `real` one: [N]."""
        settings = self.settings
        cost = settings.low_pass * low_pass_difference(made.pictures, real.pictures)
        cost = cost + settings.discriminator_features * feature_difference(made.judged, real.judged)
        cost = cost + settings.likeness_features * feature_difference(made.maps, real.maps)
        return cost + settings.likeness * (1.0 - (made.embedding * real.embedding).sum(dim=1))

    def among_strangers(self, made: Sight, real: Sight) -> Tensor:
        """Cross-entropy of finding each made picture's own photograph among all of the batch, a scalar."""
        logits = made.embedding @ real.embedding.T / TEMPERATURE
        return functional.cross_entropy(logits, torch.arange(len(logits), device=logits.device))

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
