"""The exponential moving average of the generator's weights."""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def decay_at(images: int, half_life: float, batch: int) -> float:
    """What the past weighs in a step after `images` images: half of it is gone after `half_life` more; 0: all at once.

    A young run forgets faster, by half in half of what it has seen, or its average would show the untrained weights for
    long (a gentler ramp than that of Karras et al. 2020, "Training GANs with limited data", whose code has it).
    """
    effective = min(half_life, images / 2.0)
    return float(0.5 ** (batch / effective)) if effective > 0 else 0.0


@torch.no_grad()
def follow(ema: AveragedModel, network: nn.Module, decay: float) -> None:
    """Let the past weigh `decay` in the average, what `network` is now the rest; buffers are copied.

    `AveragedModel.update_parameters` does the same, but asks the device at every call how often it was called before.
    """
    past: list[Tensor] = list(ema.module.parameters())
    now: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(past, now, 1.0 - decay)
    for kept, new in zip(ema.module.buffers(), network.buffers(), strict=True):
        kept.copy_(new)
    ema.n_averaged += 1
