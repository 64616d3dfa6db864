"""Paired re-sampling: the same people with other numbers, so that who is asked to be older looks older than before.

The label loss of single faces leaves a person free to look young at every age, as people do, so that neighbouring ages
of one person may come out in the wrong order. Here some people of a batch are drawn again, their number labels moved,
and each is compared with itself: the auxiliary classifier must see the number move (the age-margin loss), while pose,
light, hair and background stay (the consistency loss). Only differences are asked for, so that the people of one age
are not drawn together.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from trainer.config import PairedConfig
from trainer.labels.label import Label
from trainer.labels.matrix import by_label
from trainer.training.step.processes import ALONE, Share

SIDE = 8


def relabelled(matrix: Tensor, labels: Sequence[Label], uniform: Tensor, config: PairedConfig) -> Tensor:
    """`matrix` [K, C], its numbers moved up or down by a third to the whole of `config.move` times their range.

    uniform [K, 2 C], 0 ... 1, decide how far and which way. A move that would leave the label's range goes the other
    way.
    """
    parts = by_label(matrix, labels)
    far, way = (by_label(draws, labels) for draws in uniform.chunk(2, dim=1))
    for label in labels:
        if config.moves(label):
            part = parts[label.name]
            step = (label.maximum - label.minimum) * config.move * (1.0 + 2.0 * far[label.name]) / 3.0
            step = torch.where(way[label.name] < 0.5, step, -step)
            moved = part + step
            inside = (moved >= label.minimum) & (moved <= label.maximum)
            parts[label.name] = torch.where(inside, moved, part - step).clamp(label.minimum, label.maximum)
    return torch.cat(list(parts.values()), dim=1)


def consistency_loss(before: Tensor, after: Tensor, share: Share = ALONE) -> Tensor:
    """How much the same people's looks [K, 3, H, W] differ, beside how much strangers' do: 0 (not at all) to about 1.

    Compared as thumbnails of 8 x 8 pixels, which show pose, light, hair and background, but no wrinkle. The strangers
    are those of all processes, of which each holds a `share`.
    """
    old, new = (functional.adaptive_avg_pool2d(part, SIDE) for part in (before, after))
    centre = share.mean(old.detach().mean(dim=0))
    strangers = 2.0 * share.mean((old.detach() - centre).square().mean())
    return (new - old).square().mean() / strangers.clamp_min(1e-6)


def age_margin_loss(
    before: Mapping[str, Tensor],
    after: Mapping[str, Tensor],
    asked_before: Tensor,
    asked_after: Tensor,
    labels: Sequence[Label],
    config: PairedConfig,
) -> Tensor:
    """How far the numbers read from the same people fall short of `config.share` of what was asked, summed over labels.

    `before`, `after` are readings [K, 1] by label; `asked_*` [K, C] raw labels. In units of the greatest move; a number
    that moves as far as it must, or farther, costs nothing.
    """
    old, new = by_label(asked_before, labels), by_label(asked_after, labels)
    total = asked_before.new_zeros(())
    for label in labels:
        if config.moves(label):
            asked = new[label.name] - old[label.name]
            read = (after[label.name] - before[label.name]) * torch.sign(asked)
            short = functional.relu(config.share * asked.abs() - read)
            total = total + short.mean() / ((label.maximum - label.minimum) * config.move)
    return total
