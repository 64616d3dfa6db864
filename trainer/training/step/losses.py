"""The two players' losses, the gradient penalty, and the gate that pauses a player."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

LossKind = Literal["bce", "relativistic"]


def discriminator_loss(kind: LossKind, real: Tensor, fake: Tensor) -> Tensor:
    """Mean loss of D from logits [N] of real and fake pictures with the same labels.

    `bce`: BCE(real, 1) + BCE(fake, 0). `relativistic`: the real one of each pair should score higher
    (Jolicoeur-Martineau 2018, "The relativistic discriminator", RpGAN).
    """
    if kind == "bce":
        return softplus(-real).mean() + softplus(fake).mean()
    return softplus(fake - real).mean()


def generator_loss(kind: LossKind, real: Tensor, fake: Tensor) -> Tensor:
    """Mean loss of G from logits [N]; `real` is used by `relativistic` alone."""
    if kind == "bce":
        return softplus(-fake).mean()
    return softplus(real - fake).mean()


def gradient_penalty(discriminator: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Mean squared norm of D's gradient at `images` [N, 3, H, W] (R1 on real, R2 on fake; Mescheder et al. 2018).

    Always in float32: a squared gradient under- and overflows half precision.
    """
    points = images.detach().float().requires_grad_(True)
    with torch.autocast(points.device.type, enabled=False):
        logits = discriminator(points, labels)
        (gradient,) = torch.autograd.grad(logits.sum(), points, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean()


@dataclass(frozen=True)
class Gate:
    """Who may learn from a batch (Sanche 2016): D while g/d < `d_limit`, G while d/g < `g_limit`; 0 = always."""

    d_limit: float
    g_limit: float

    @property
    def active(self) -> bool:
        """Whether either player can be paused at all."""
        return self.d_limit > 0 or self.g_limit > 0

    def pauses(self, d_loss: Tensor, g_loss: Tensor) -> tuple[Tensor, Tensor]:
        """(D, G) paused: 1.0, or 0.0. Scalars on the losses' device, so that no one waits for the host."""
        never = torch.zeros((), device=d_loss.device)
        pause_d = (g_loss >= self.d_limit * d_loss).float() if self.d_limit > 0 else never
        pause_g = (d_loss >= self.g_limit * g_loss).float() if self.g_limit > 0 else never
        return pause_d, pause_g
