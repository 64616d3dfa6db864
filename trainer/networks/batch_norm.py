"""Batch statistics over the whole batch, however many processes hold a part of it."""

from typing import Any

import torch
from torch import Tensor, distributed, nn


def processes() -> int:
    """How many processes train together; 1 outside a process group."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def batch_moments(x: Tensor, dims: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """(mean, biased variance) of `x` over `dims` and over the processes, which must hold equal parts of the batch."""
    if processes() == 1:
        variance, mean = torch.var_mean(x, dim=dims, unbiased=False)
        return mean, variance
    mean = over_processes(x.mean(dim=dims, keepdim=True))
    # Not E[x^2] - E[x]^2: the difference of two large numbers would lose what processes must agree on.
    variance = over_processes((x - mean).square().mean(dim=dims))
    return mean.squeeze(dims), variance


class Sum(torch.autograd.Function):
    """The sum over the processes; its gradient is summed over them as well, however often it is taken.

    torch.distributed.nn.functional.all_reduce is the same, and will be removed (torch 2.13).
    """

    @staticmethod
    def forward(_ctx: Any, x: Tensor) -> Tensor:
        """`x` of every process -> the sum, in every process."""
        total = x.detach().clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_ctx: Any, gradient: Tensor) -> Tensor:
        """The gradient of what every process makes of the sum."""
        total: Tensor = Sum.apply(gradient)  # type: ignore[no-untyped-call]
        return total


def over_processes(x: Tensor) -> Tensor:
    """The mean of `x` over the processes, as a differentiable value: every process's loss depends on it."""
    total: Tensor = Sum.apply(x)  # type: ignore[no-untyped-call]
    return total / processes()


class BatchNorm(nn.BatchNorm2d):
    """`nn.BatchNorm2d` without weights, whose training statistics are those of the global batch.

    `torch.nn.SyncBatchNorm` does the same on GPUs only. With `across_processes` off, the statistics are the
    process's own.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, affine=False)
        self.across_processes = True

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> the same shape."""
        if not (self.training and self.across_processes and processes() > 1):
            return super().forward(x)
        mean, variance = batch_moments(x.float(), (0, 2, 3))
        if self.running_mean is not None and self.running_var is not None and self.momentum is not None:
            values = x.numel() // x.shape[1] * processes()
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(variance.detach() * values / (values - 1), self.momentum)
        scale = torch.rsqrt(variance + self.eps)
        return (x - mean[:, None, None]) * scale[:, None, None]
