"""What a batch is to be even over: the bins that a dataset's labels make together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from trainer.data.dataset import Dataset, Range
from trainer.labels.declaration import group_names
from trainer.labels.label import LabelSpec


@dataclass(frozen=True)
class Bins:
    """The bin of every picture, `of` `[N]` int64, -1 where it is in none; and what the bins are called, in order."""

    of: npt.NDArray[np.int64]
    names: list[str]


def upper_limits(label: LabelSpec, age_limits: Sequence[float] = ()) -> tuple[float, ...]:
    """The upper limits of a number's groups, rising; none where it is not cut into groups. `age_limits` win for age."""
    if label.name == "age" and age_limits:
        return tuple(age_limits)
    return (*label.groups, math.inf) if label.groups else ()


def bins_of_label(
    label: LabelSpec, values: Range, age_limits: Sequence[float] = ()
) -> tuple[npt.NDArray[np.int64], list[str]] | None:
    """A label's bin of every picture and their names; None where it makes no bins.

    The middle of what a number is known to lie in decides; -1 where it lies at or above the last limit.
    """
    low, high = values
    if label.kind == "binary":
        return (low[:, 0] > 0).astype(np.int64), [label.negative, label.positive]
    if label.kind == "classes":
        return low.argmax(axis=1).astype(np.int64), list(label.classes)
    limits = upper_limits(label, age_limits)
    if not limits:
        return None
    middle = (low[:, 0].astype(np.float64) + high[:, 0].astype(np.float64)) / 2
    group = np.searchsorted(np.asarray(limits, dtype=np.float64), middle, side="right")
    return np.where(group < len(limits), group, -1).astype(np.int64), group_names(limits, label.unit)


def joint_bins(
    count: int, labels: Sequence[LabelSpec], values: Mapping[str, Range], age_limits: Sequence[float] = ()
) -> Bins:
    """The bins of `count` pictures over all `balanced` labels together; the first label changes fastest.

    Without any, all pictures are in one bin.
    """
    of, parts, stride = np.zeros(count, dtype=np.int64), [], 1
    outside = np.zeros(count, dtype=np.bool_)
    for label in labels:
        own = bins_of_label(label, values[label.name], age_limits) if label.balanced else None
        if own is not None:
            of += stride * own[0]
            outside |= own[0] < 0
            stride *= len(own[1])
            parts.append(own[1])
    names = [" ".join(reversed(words)) for words in product(*reversed(parts))] if parts else ["all pictures"]
    return Bins(np.where(outside, -1, of), names)


def bins_of(dataset: Dataset, age_limits: Sequence[float] = ()) -> Bins:
    """The bins of a dataset's pictures, as its labels declare them. `age_limits` (years), where given, win for age."""
    labels = dataset.labels
    values = {label.name: dataset.range_of(label) for label in labels}
    return joint_bins(len(dataset), labels, values, age_limits)
