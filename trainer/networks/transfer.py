"""Weights of one network put into another with more labels or wider layers, so that at first it computes the same.

Where a layer grew, the old weights take its first rows and columns; what the old units would read of new ones begins at
zero, so that the old units compute what they did, while the new ones start as they were drawn (a function-preserving
widening, as in Net2Net, Chen et al. 2016). Columns that read labels are matched by the label's name.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from trainer.labels.label import LabelSpec
from trainer.networks.crowd import CrowdDiscriminator
from trainer.networks.label_code import KnotCode

WRAPPED = "module."
"""What an EMA puts before the names of the network that it averages."""
LABEL_READERS = ("embed.weight", "project.weight")
"""The layers whose columns are those of the label code."""


@torch.no_grad()
def take_over(network: nn.Module, state: Mapping[str, Tensor], labels: Sequence[LabelSpec]) -> tuple[int, list[str]]:
    """Copy into `network` what of `state`, the weights of a network for `labels`, fits into it.

    Returns how many tensors were taken, whole or as a part of a larger one, and the names of those that were not.
    """
    inner = network.module if isinstance(network, AveragedModel) else network
    own, taken, left = network.state_dict(), 0, []
    for name, value in own.items():
        old = state.get(name)
        if old is not None and put_into(value, old, columns_of(inner, name.removeprefix(WRAPPED), value, old, labels)):
            taken += 1
        else:
            left.append(name)
    network.load_state_dict(own)
    return taken, left


def columns_of(network: nn.Module, name: str, value: Tensor, old: Tensor, labels: Sequence[LabelSpec]) -> list[int]:
    """Where in the second axis of `value` each column of `old` goes; -1 where it goes nowhere."""
    if value.ndim < 2 or old.ndim < 2:
        return []
    now, then = value.shape[1], old.shape[1]
    code = getattr(network, "label_code", None)
    if isinstance(code, KnotCode) and name in LABEL_READERS:
        place = {column: index for index, column in enumerate(code.names)}
        names = KnotCode(labels).names
        return [place.get(column, -1) for column in names] if len(names) == then else [-1] * then
    columns = list(range(then))
    if isinstance(network, CrowdDiscriminator) and name == "last.weight":
        # The planes of the minibatch deviation come after the features, however many these are.
        maps = network.config.deviation_maps
        columns[then - maps :] = range(now - maps, now)
    return [column if column < now else -1 for column in columns]


def put_into(value: Tensor, old: Tensor, columns: Sequence[int]) -> bool:
    """Write `old` into the first rows of `value`, its columns at `columns`; what else these rows read becomes zero.

    Returns whether it fitted; if not, `value` is as it was.
    """
    if value.ndim != old.ndim or value.shape[2:] != old.shape[2:] or (value.ndim and len(value) < len(old)):
        return False
    if value.ndim < 2:
        value[: len(old)].copy_(old) if value.ndim else value.copy_(old)
        return True
    kept = [index for index, column in enumerate(columns) if column >= 0]
    if not kept:
        return False
    rows = torch.zeros_like(value[: len(old)])
    rows[:, [columns[index] for index in kept]] = old[:, kept].to(value.dtype)
    value[: len(old)].copy_(rows)
    return True
