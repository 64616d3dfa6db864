"""Training in several processes: each holds its part of one global batch.

What is random is drawn for the global batch by every process alike, and each takes its slice; gradients and batch
statistics are those of the global batch. So all processes hold the same weights, to the float, and what they learn does
not depend on how many there are but for rounding: sums are added up in another order. In a first step, measured with
two and four processes on a CPU, the discriminator's gradients differ by three millionths in the median tensor and by
two thousandths in the worst, a bias; the generator's by 0.02 and 0.05 per cent. Adam's steps, which divide by them,
differ by more. Two runs of different counts are as two runs of one; a run that is killed and resumed with as many
processes ends at the same weights to the bit.

Fabric starts the processes, gives each its device and precision, and holds them together at barriers. Its wrapper of a
network, DistributedDataParallel, does not work with `torch.autograd.grad`, which the gradient penalties need: gradients
are averaged here instead, once for each update.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn

WAITING = timedelta(hours=3)
"""How long processes wait for one that works alone, such as the first one while it trains a classifier."""


@dataclass(frozen=True)
class Share:
    """A process's part of a global batch: the `rank`-th of `count` equal runs."""

    rank: int = 0
    count: int = 1

    def of(self, batch: Tensor) -> Tensor:
        """The rows of `batch` [B, ...] that are this process's: [B / count, ...]."""
        return batch if self.count == 1 else batch.chunk(self.count)[self.rank]

    def mean(self, value: Tensor) -> Tensor:
        """The mean of `value` over the processes; the value itself where there is one. Does not carry a gradient."""
        if self.count == 1:
            return value
        total = value.detach().clone()
        distributed.all_reduce(total)
        return total / self.count

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether `flag` is set in any process. Waits for all of them."""
        if self.count == 1:
            return flag
        return bool(self.mean(torch.tensor(float(flag), device=device)) > 0)

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Make every process's gradients the mean over the processes, in one message."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.count
        for gradient, mean in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))


ALONE = Share()
