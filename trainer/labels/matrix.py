"""Labels side by side: the label matrix that networks read, and the bins that labels make together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from trainer.labels.label import Floats, Label, Range

if TYPE_CHECKING:
    from torch import Tensor


def columns_of(labels: Sequence[Label]) -> int:
    """Width of the label matrix [N, C] that holds `labels` side by side, in their order."""
    return sum(label.columns for label in labels)


def by_label(matrix: "Tensor", labels: Sequence[Label]) -> dict[str, "Tensor"]:
    """A raw label matrix [N, C] as one [N, columns] tensor a label, by name."""
    parts = matrix.split([label.columns for label in labels], dim=1)
    return {label.name: part for label, part in zip(labels, parts, strict=True)}


def label_values(labels: Sequence[Label], given: Mapping[str, ArrayLike], seeds: ArrayLike) -> dict[str, Floats]:
    """Each label's values by name, float32 [N, columns]; `given` [N] or [N, columns], those not given `unasked`."""
    numbers = np.asarray(seeds, np.int64)
    return {
        label.name: np.asarray(given[label.name], np.float32).reshape(-1, label.columns)
        if given.get(label.name) is not None
        else label.unasked(numbers)
        for label in labels
    }


def label_matrix(labels: Sequence[Label], given: Mapping[str, ArrayLike], seeds: ArrayLike) -> Floats:
    """The raw label matrix float32 [N, C] of what `label_values` gives, side by side in the labels' order."""
    values = label_values(labels, given, seeds)
    empty = np.empty((np.size(seeds), 0), np.float32)
    return np.concatenate([empty, *values.values()], axis=1)


def drawn_evenly(labels: Sequence[Label], count: int, randomness: np.random.Generator) -> dict[str, Floats]:
    """Each label's values for `count` characters by name, float32 [count, columns], even over what it can be."""
    return {label.name: label.evenly(count, randomness).astype(np.float32) for label in labels}


def evenly_but(
    labels: Sequence[Label],
    people: int,
    repeats: int,
    given: Mapping[str, ArrayLike],
    randomness: np.random.Generator,
) -> dict[str, Floats]:
    """Labels of `people`, `repeats` rows each, by name, float32 [rows, columns].

    As `given` for every row, by name; the others are drawn evenly, the same in all rows of a person.
    """
    drawn = drawn_evenly(labels, people, randomness)
    return {
        name: np.asarray(given[name], np.float32).reshape(people * repeats, -1)
        if name in given
        else np.repeat(value, repeats, axis=0)
        for name, value in drawn.items()
    }


@dataclass(frozen=True)
class JointBins:
    """The bin of every picture, `of` `[N]` int64, -1 where it is in none; and what the bins are called, in order."""

    of: npt.NDArray[np.int64]
    names: list[str]


def joint_bins(
    count: int, labels: Sequence[Label], values: Mapping[str, Range], age_limits: Sequence[float] = ()
) -> JointBins:
    """The bins of `count` pictures over all `balanced` labels together; the first label changes fastest.

    `age_limits` (years), where given, win for age. Without any bins, all pictures are in one.
    """
    of, parts, stride = np.zeros(count, dtype=np.int64), [], 1
    outside = np.zeros(count, dtype=np.bool_)
    for label in labels:
        limits = age_limits if label.name == "age" else ()
        own = label.bins(values[label.name], limits) if label.balanced else None
        if own is not None:
            of += stride * own[0]
            outside |= own[0] < 0
            stride *= len(own[1])
            parts.append(own[1])
    names = [" ".join(reversed(words)) for words in product(*reversed(parts))] if parts else ["all pictures"]
    return JointBins(np.where(outside, -1, of), names)
