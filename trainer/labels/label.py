"""What a picture is labelled with: declared by the dataset, carried by the checkpoint and the model's card."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainer.errors import UserError

LabelKind = Literal["binary", "number", "classes"]

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
RESERVED = ("latent", "image", "images", "seed", "file", "held_out", "group", "source", "people", "ageing", "random")
"""Names that the model file's graph, a table of people, a dataset's table or a run's sheets have for something else."""


@dataclass(frozen=True)
class LabelSpec:
    """One label.

    `binary` is a number -1 (`negative`) ... +1 (`positive`); `number` has a `unit` and a range `minimum` ... `maximum`;
    `classes` names its classes and is one-hot. Sampling: batches are even over what a `balanced` label can be; for a
    number that means the groups that the rising values `groups` cut its range into, and nothing where there are none.
    """

    name: str
    kind: LabelKind
    negative: str = ""
    positive: str = ""
    unit: str = ""
    minimum: float = 0.0
    maximum: float = 1.0
    classes: tuple[str, ...] = ()
    groups: tuple[float, ...] = ()
    balanced: bool = True

    @property
    def columns(self) -> int:
        """How many columns of a label matrix this label takes."""
        return len(self.classes) if self.kind == "classes" else 1

    @property
    def shape(self) -> tuple[str, str, tuple[str, ...]]:
        """What two labels must share for a network that reads the one to read the other."""
        return self.name, self.kind, self.classes

    def card(self) -> dict[str, Any]:
        """The label as the model file's card declares it (docs/model-format.md)."""
        if self.kind == "binary":
            return {"name": self.name, "kind": "binary", "negative": self.negative, "positive": self.positive}
        if self.kind == "number":
            return {
                "name": self.name,
                "kind": "number",
                "unit": self.unit,
                "minimum": self.minimum,
                "maximum": self.maximum,
            }
        return {"name": self.name, "kind": "classes", "classes": list(self.classes)}

    def declaration(self) -> dict[str, Any]:
        """The label as a dataset.json declares it: as on a card, and how it is sampled."""
        groups = {"groups": list(self.groups)} if self.kind == "number" else {}
        return self.card() | groups | ({} if self.balanced else {"balanced": False})


SEX = LabelSpec("sex", "binary", negative="female", positive="male")
AGE = LabelSpec("age", "number", unit="years", minimum=0.0, maximum=90.0)
SEX_AND_AGE = (SEX, AGE)


def columns_of(labels: Sequence[LabelSpec]) -> int:
    """Width of the label matrix [N, C] that holds `labels` side by side, in their order."""
    return sum(label.columns for label in labels)


def of_people(labels: Sequence[LabelSpec]) -> bool:
    """Whether the labels tell sex and age as this program's people have them: a binary sex, and years."""
    kinds = {label.name: label.kind for label in labels}
    return kinds.get("sex") == "binary" and kinds.get("age") == "number"


def from_card(entries: Sequence[Mapping[str, Any]]) -> tuple[LabelSpec, ...]:
    """The labels that a card or a dataset.json declares. Raises `UserError` on an entry that makes no sense."""
    labels = []
    for entry in entries:
        known = {key: value for key, value in entry.items() if key in LabelSpec.__dataclass_fields__}
        for key in ("classes", "groups"):
            if isinstance(known.get(key), list):
                known[key] = tuple(known[key])
        if not {"name", "kind"} <= known.keys():
            raise UserError(f"label declaration {dict(entry)!r} has no name, or no kind (binary, number, classes)")
        problem = next(
            (f"{key} {value!r} is of the wrong type" for key, value in known.items() if mistyped(key, value)), None
        )
        if problem or (problem := problem_of(LabelSpec(**known))):
            raise UserError(f"label declaration {dict(entry)!r}: {problem}")
        labels.append(LabelSpec(**known))
    if len({label.name for label in labels}) < len(labels):
        raise UserError(f"labels {', '.join(label.name for label in labels)}: a name stands twice")
    return tuple(labels)


def mistyped(key: str, value: Any) -> bool:
    """Whether a field of a label, as a file gives it, is of another type than it must be."""
    if key == "balanced":
        return not isinstance(value, bool)
    if key in ("minimum", "maximum"):
        return not _is_number(value)
    if key in ("classes", "groups"):
        good = (lambda item: isinstance(item, str)) if key == "classes" else _is_number
        return not isinstance(value, list | tuple) or not all(map(good, value))
    return not isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def problem_of(label: LabelSpec) -> str | None:
    """What is wrong with a label, or None."""
    if not NAME.fullmatch(label.name) or label.name in RESERVED:
        return f"a name is small letters, digits and _, a letter first, and none of {', '.join(RESERVED)}"
    if label.kind not in ("binary", "number", "classes"):
        return f"its kind is {label.kind!r}, not binary, number or classes"
    if (label.name == "sex" and label.kind != "binary") or (label.name == "age" and label.kind != "number"):
        return "sex is binary, and age is a number of years: call it otherwise, such as age_group"
    if label.kind == "binary":
        good = label.negative and label.positive and label.negative != label.positive
        return None if good else "give two words, negative and positive"
    if label.kind == "classes":
        good = len(label.classes) > 1 and all(label.classes) and len(set(label.classes)) == len(label.classes)
        return None if good else "give two or more different classes"
    return _problem_of_number(label)


def _problem_of_number(label: LabelSpec) -> str | None:
    if not np.isfinite([label.minimum, label.maximum, *label.groups]).all():
        return "minimum, maximum and groups are numbers"
    if not label.minimum < label.maximum:
        return f"its minimum {label.minimum:g} is not below its maximum {label.maximum:g}"
    if any(low >= high for low, high in pairwise(label.groups)):
        return "its groups do not rise"
    return None


def unasked(label: LabelSpec, seeds: ArrayLike) -> NDArray[np.float32]:
    """What a label is that nobody asked for: float32 [N, columns], for the N characters with `seeds`.

    A number is in the middle of its range, a binary label between its two words, and a class is picked by the seed: so
    the model file's contract says (docs/model-format.md), and the add-on's engine does the same.
    """
    numbers = np.asarray(seeds, np.int64)
    if label.kind == "classes":
        return np.eye(label.columns, dtype=np.float32)[numbers % label.columns]
    value = (label.minimum + label.maximum) / 2 if label.kind == "number" else 0.0
    return np.full((len(numbers), 1), value, np.float32)


def label_values(
    labels: Sequence[LabelSpec], given: Mapping[str, ArrayLike], seeds: ArrayLike
) -> dict[str, NDArray[np.float32]]:
    """Each label's values by name, float32 [N, columns]; `given` [N] or [N, columns], those not given `unasked`."""
    values = {}
    for label in labels:
        asked = given.get(label.name)
        values[label.name] = (
            unasked(label, seeds) if asked is None else np.asarray(asked, np.float32).reshape(-1, label.columns)
        )
    return values


def label_matrix(labels: Sequence[LabelSpec], given: Mapping[str, ArrayLike], seeds: ArrayLike) -> NDArray[np.float32]:
    """The raw label matrix float32 [N, C] of what `label_values` gives, side by side in the labels' order."""
    values = label_values(labels, given, seeds)
    empty = np.empty((len(np.asarray(seeds)), 0), np.float32)
    return np.concatenate([empty, *values.values()], axis=1)
