"""A label of several classes: hair, species; or the groups of a number."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from trainer.labels.label import Bins, Floats, Label, Range, Value
from trainer.labels.number import group_names, read_number
from trainer.labels.sex_and_years import age_group

if TYPE_CHECKING:
    from torch import Tensor

MOST_SHOWN = 20


@dataclass(frozen=True)
class Classes(Label):
    """Named classes, one-hot.

    While a collection is read, `limits` may say that the classes are the groups of a number in `unit`, each below its
    limit; `classes` are empty where the photographs are to tell them.
    """

    kind = "classes"
    declares = ("classes", "limits", "unit")

    classes: tuple[str, ...] = ()
    limits: tuple[float, ...] = ()
    unit: str = ""

    @property
    def columns(self) -> int:
        """One for each class."""
        return len(self.classes)

    @property
    def shape(self) -> tuple[str, str, tuple[str, ...]]:
        """The classes and their order count."""
        return self.name, self.kind, self.classes

    def card(self) -> dict[str, Any]:
        """As a card declares it."""
        return {"name": self.name, "kind": self.kind, "classes": list(self.classes)}

    def own_problem(self) -> str | None:
        """Two different classes are needed."""
        good = len(self.classes) > 1 and all(self.classes) and len(set(self.classes)) == len(self.classes)
        return None if good else "give two or more different classes"

    @classmethod
    def declared(cls, entry: Mapping[str, Any]) -> Self:
        """Limits name the classes."""
        label = super().declared(entry)
        if not label.limits:
            return label
        if label.classes or any(low >= high for low, high in pairwise(label.limits)):
            raise ValueError("limits are rising numbers, and name the classes themselves")
        limits = (*map(float, label.limits), math.inf)
        return replace(label, limits=limits, classes=tuple(group_names(limits, label.unit)))

    def completed(self) -> Self:
        """With two classes."""
        return self if self.classes else replace(self, classes=("first", "second"))

    def settled(self, values: Sequence[Value], outliers: float) -> Self:  # noqa: ARG002
        """With the classes that there are."""
        classes = self.classes or tuple(sorted({str(value) for value in values}))
        return replace(self, classes=classes, limits=(), unit="")

    def told(self) -> dict[str, Any]:
        """The unit is the table's, not the classes'."""
        told = super().told()
        return told | {"spec": told["spec"] | {"unit": ""}}

    def read_cell(self, text: str) -> Value:
        """A class by its name, or the number that is in it."""
        word = text.strip()
        if self.limits:
            group = age_group(*read_number(self.unit, word), self.limits)
            if group < 0:
                raise ValueError(f"{word!r} lies at or above the last limit, {self.limits[-1]:g}")
            return self.classes[group]
        if not word or (self.classes and word not in self.classes):
            raise ValueError(f"{word!r} is none of the classes {', '.join(self.classes)}".rstrip())
        return word

    def read_request(self, text: str) -> Floats:
        """A class by its name."""
        if text not in self.classes:
            raise ValueError(f"is none of {', '.join(self.classes)}")
        chosen: Floats = np.eye(self.columns, dtype=np.float32)[self.classes.index(text)]
        return chosen

    def read_stored(self, text: str) -> float | str:
        """A class by its name."""
        if text not in self.classes:
            raise ValueError("is none of its classes")
        return text

    def ranges(self, values: Sequence[Any]) -> Range:
        """One-hot, the same at both ends."""
        place = {name: number for number, name in enumerate(self.classes)}
        one_hot = np.eye(len(place), dtype=np.float32)[[place[str(value)] for value in values]]
        return one_hot, one_hot

    def in_words(self, values: Floats) -> NDArray[Any]:
        """The classes' names."""
        words: NDArray[Any] = np.array(self.classes)[values.argmax(axis=1)]
        return words

    def unasked(self, seeds: NDArray[np.int64]) -> Floats:
        """A class picked by the seed."""
        chosen: Floats = np.eye(self.columns, dtype=np.float32)[seeds % self.columns]
        return chosen

    def evenly(self, count: int, randomness: np.random.Generator) -> NDArray[np.floating]:
        """Every class as often."""
        return np.eye(self.columns)[randomness.integers(self.columns, size=count)]

    def from_uniform(self, uniform: "Tensor") -> "Tensor":
        """Every class as often."""
        from torch.nn import functional

        chosen = (uniform[:, 0] * self.columns).long().clamp_(max=self.columns - 1)
        return functional.one_hot(chosen, self.columns).float()

    def bins(self, values: Range, limits: Sequence[float] = ()) -> Bins | None:  # noqa: ARG002
        """The classes."""
        return values[0].argmax(axis=1).astype(np.int64), list(self.classes)

    @property
    def steps(self) -> Floats:
        """Every class; of more than 20, the first 20."""
        return np.eye(self.columns, dtype=np.float32)[:MOST_SHOWN]

    @property
    def step_names(self) -> list[str]:
        """The classes' names."""
        return list(self.classes[:MOST_SHOWN])

    @property
    def column_names(self) -> list[str]:
        """A name for each class."""
        return [f"{self.name} {word}" for word in self.classes]

    def cross_entropy(self, logits: "Tensor", values: "Tensor", knots: "Tensor | None") -> "Tensor":  # noqa: ARG002
        """Cross-entropy over the classes."""
        from torch.nn import functional

        return -(values * functional.log_softmax(logits, dim=1)).sum(dim=1)

    def reading(self, logits: "Tensor", values: "Tensor", knots: "Tensor | None") -> "Tensor":  # noqa: ARG002
        """The share that is right."""
        return (logits.argmax(dim=1) == values.argmax(dim=1)).float().mean()
