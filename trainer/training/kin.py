"""The same people again with other numbers: a face asked to be ten years older must look older than itself.

The guide's word on single faces (trainer/training/guide.py) leaves a person free to look young at every age, as people
do, so that neighbouring ages of one person may come out in the wrong order. Here some people of a batch are drawn
again, their number labels moved, and each is compared with itself: the guide must see the number move (`lag`), while
pose, light, hair and background stay (`unlike`). Only differences are asked for, so that the people of one age are not
drawn together.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from trainer.config import KinConfig
from trainer.labels.label import LabelSpec
from trainer.training.processes import ALONE, Share

SIDE = 8


def relabelled(matrix: Tensor, labels: Sequence[LabelSpec], dice: Tensor, config: KinConfig) -> Tensor:
    """`matrix` [K, C], its numbers moved up or down by a third to the whole of `config.move` times their range.

    dice [K, 2 C], 0 ... 1, decide how far and which way. A move that would leave the label's range goes the other
    way.
    """
    sizes = [label.columns for label in labels]
    far, way = dice.chunk(2, dim=1)
    parts = []
    columns = (values.split(sizes, dim=1) for values in (matrix, far, way))
    for label, part, how_far, which_way in zip(labels, *columns, strict=True):
        if config.moves(label):
            step = (label.maximum - label.minimum) * config.move * (1.0 + 2.0 * how_far) / 3.0
            step = torch.where(which_way < 0.5, step, -step)
            moved = part + step
            inside = (moved >= label.minimum) & (moved <= label.maximum)
            moved = torch.where(inside, moved, part - step).clamp(label.minimum, label.maximum)
            parts.append(moved)
        else:
            parts.append(part)
    return torch.cat(parts, dim=1)


def unlike(before: Tensor, after: Tensor, share: Share = ALONE) -> Tensor:
    """How much the same people's looks [K, 3, H, W] differ, beside how much strangers' do: 0 (not at all) to about 1.

    Compared as thumbnails of 8 x 8 pixels, which show pose, light, hair and background, but no wrinkle. The strangers
    are those of all processes, of which each holds a `share`.
    """
    old, new = (functional.adaptive_avg_pool2d(part, SIDE) for part in (before, after))
    centre = share.mean(old.detach().mean(dim=0))
    strangers = 2.0 * share.mean((old.detach() - centre).square().mean())
    return (new - old).square().mean() / strangers.clamp_min(1e-6)


def lag(
    before: Mapping[str, Tensor],
    after: Mapping[str, Tensor],
    asked_before: Tensor,
    asked_after: Tensor,
    labels: Sequence[LabelSpec],
    config: KinConfig,
) -> Tensor:
    """How far the numbers read from the same people fall short of `config.share` of what was asked, summed over labels.

    `before`, `after` are readings [K, 1] by label; `asked_*` [K, C] raw labels. In units of the greatest move; a number
    that moves as far as it must, or farther, costs nothing.
    """
    sizes = [label.columns for label in labels]
    total = asked_before.new_zeros(())
    for label, old, new in zip(labels, asked_before.split(sizes, dim=1), asked_after.split(sizes, dim=1), strict=True):
        if config.moves(label):
            asked = new - old
            read = (after[label.name] - before[label.name]) * torch.sign(asked)
            short = functional.relu(config.share * asked.abs() - read)
            total = total + short.mean() / ((label.maximum - label.minimum) * config.move)
    return total
