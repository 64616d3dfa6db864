"""What can be asked of labels: the steps that sheets show, and people drawn at random."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.labels.label import LabelSpec

SHOWN_AGES = (3.0, 10.0, 18.0, 27.0, 36.0, 45.0, 55.0, 65.0, 75.0, 85.0)
SHOWN_STEPS = 10
YOUNGEST, OLDEST = 1.0, 85.0
MOST_CLASSES = 20


def steps_of(label: LabelSpec) -> NDArray[np.float32]:
    """The values that a sheet shows of a label, float32 [S, columns]: both words, every class, ten steps of a number.

    Of more than 20 classes, the first 20.
    """
    if label.kind == "classes":
        return np.eye(label.columns, dtype=np.float32)[:MOST_CLASSES]
    if label.kind == "binary":
        return np.array([[-1.0], [1.0]], np.float32)
    if label.unit == "years":
        return np.array(SHOWN_AGES, np.float32)[:, None]
    return np.linspace(label.minimum, label.maximum, SHOWN_STEPS, dtype=np.float32)[:, None]


def step_names(label: LabelSpec) -> list[str]:
    """What the steps are called."""
    if label.kind == "classes":
        return list(label.classes[:MOST_CLASSES])
    if label.kind == "binary":
        return [label.negative, label.positive]
    return [f"{value:.3g}" for value in steps_of(label)[:, 0]]


def drawn_evenly(labels: Sequence[LabelSpec], count: int, dice: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Each label's values for `count` characters by name, float32 [count, columns], even over what it can be."""
    values = {}
    for label in labels:
        if label.kind == "binary":
            own = dice.choice([-1.0, 1.0], count)[:, None]
        elif label.kind == "number":
            years = label.unit == "years"
            own = dice.uniform(*((YOUNGEST, OLDEST) if years else (label.minimum, label.maximum)), count)[:, None]
        else:
            own = np.eye(label.columns)[dice.integers(label.columns, size=count)]
        values[label.name] = own.astype(np.float32)
    return values
