"""What the kinds of labels have in common: the matrix, bins, cards; and what a new kind costs."""

from typing import Any

import numpy as np
import pytest

from trainer.errors import UserError
from trainer.labels.classes import Classes
from trainer.labels.kinds import from_card
from trainer.labels.matrix import joint_bins, label_matrix
from trainer.labels.number import Number
from trainer.labels.people import SEX


def test_a_label_that_is_not_balanced_makes_no_bins() -> None:
    species = Classes("species", ("oak", "pine"))
    one_hot = np.eye(2, dtype=np.float32)
    values = {"species": (one_hot, one_hot)}
    assert joint_bins(2, [species], values).names == ["oak", "pine"]
    (idle,) = from_card([{**species.declaration(), "balanced": False}])
    assert joint_bins(2, [idle], values).names == ["all pictures"]


def test_what_nobody_asked_for_is_the_middle_or_a_class_by_the_seed() -> None:
    labels = (
        SEX,
        Number("height", minimum=150, maximum=190),
        Classes("kind", ("a", "b", "c")),
    )
    assert label_matrix(labels, {}, [4, 5]).tolist() == [[0, 170, 0, 1, 0], [0, 170, 0, 0, 1]]
    assert label_matrix(labels, {"sex": [1, -1]}, [4, 5])[:, 0].tolist() == [1, -1]
    assert labels[2].unasked(np.array([2**32 - 1])).argmax() == (2**32 - 1) % 3
    assert label_matrix((), {}, [1, 2, 3]).shape == (3, 0)


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "a", "kind": "colour"},
        {"kind": "binary"},
        {"name": "a", "kind": "classes", "classes": "ab"},
        {"name": "a", "kind": "number", "minimum": "0"},
        {"name": "a.b", "kind": "number"},
    ],
)
def test_a_card_with_a_label_of_no_sense_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="label declaration"):
        from_card([entry])
