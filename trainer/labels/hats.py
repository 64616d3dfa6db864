"""Hat functions: how a number enters a network, and what a network's reading of it is compared with."""

import torch
from torch import Tensor


def hat_functions(value: Tensor, knots: Tensor) -> Tensor:
    """Piecewise-linear basis: value [N, 1], knots [K] increasing -> [N, K], each row >= 0 and summing to 1."""
    clamped = value.clamp(knots[0], knots[-1])
    rising = (clamped - knots[:-1]) / (knots[1:] - knots[:-1])
    ramp = rising.clamp(0.0, 1.0)
    start = torch.ones_like(clamped)
    left = torch.cat([start, ramp], dim=1)
    right = torch.cat([ramp, torch.zeros_like(clamped)], dim=1)
    return left - right
