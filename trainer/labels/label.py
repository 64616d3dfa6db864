"""What a picture is labelled with: declared by the dataset, carried by the checkpoint and the model's card.

A label has a kind, and each kind is one class in a module of its own, named in `trainer.labels.kinds`. The class holds
all that the kind is: what its declaration and its card say, how a table's cell and a request are read, how it is
sampled and binned, what sheets show of it, how it enters a network, and what it costs where it is read wrongly. Torch
is imported where tensors are made, so that preparing photographs needs none.
"""

import math
import re
import typing
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from trainer.errors import UserError
from trainer.ranges import checked

if TYPE_CHECKING:
    from torch import Tensor

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
RESERVED = ("latent", "image", "images", "seed", "file", "held_out", "group", "source", "people", "ageing", "random")
"""Names that the model file's graph, a table of people, a dataset's table or a run's sheets have for something else."""

DIGITS = "[0-9]+(?:[.][0-9]+)?"
"""A number without its sign, in a regular expression: `float` would read `1_0`, full-width digits and `inf` as well."""
_NUMBER = re.compile(rf"[+-]?(?:{DIGITS}|[0-9]+[.]|[.][0-9]+)(?:[eE][+-]?[0-9]{{1,4}})?")

Floats = NDArray[np.float32]
Range = tuple[Floats, Floats]
"""The values of a label, `low` and `high`, float32 `[N, columns]` each: the same where it is known exactly."""
Value = tuple[float, float] | str
"""A label of one photograph: a class by name, or the lowest and the highest that a number can be."""
Bins = tuple[NDArray[np.int64], list[str]]
"""The bin of every picture `[N]`, -1 where it is in none, and the bins' names in their order."""


@dataclass(frozen=True)
class Label(ABC):
    """One label. Batches are even over what a `balanced` label can be."""

    kind: ClassVar[str]
    declares: ClassVar[tuple[str, ...]]
    """What a declaration may say of this kind alone."""
    turns_numbers: ClassVar[bool] = False
    """Whether its sign is multiplied into every number's code, so that the two sexes may age differently."""

    name: str
    balanced: bool = field(default=True, kw_only=True)

    @property
    def columns(self) -> int:
        """How many columns of a label matrix this label takes."""
        return 1

    @property
    def shape(self) -> tuple[str, str, tuple[str, ...]]:
        """What two labels must share for a network that reads the one to read the other."""
        return self.name, self.kind, ()

    @abstractmethod
    def card(self) -> dict[str, Any]:
        """The label as the model file's card declares it (docs/model-format.md)."""

    def declaration(self) -> dict[str, Any]:
        """The label as a dataset.json declares it: as on a card, and how it is sampled."""
        return self.card() | ({} if self.balanced else {"balanced": False})

    def problem(self) -> str | None:
        """What is wrong with the label, or None."""
        if not NAME.fullmatch(self.name) or self.name in RESERVED:
            return f"a name is small letters, digits and _, a letter first, and none of {', '.join(RESERVED)}"
        if (self.name == "sex" and self.kind != "binary") or (self.name == "age" and self.kind != "number"):
            return "sex is binary, and age is a number of years: call it otherwise, such as age_group"
        return self.own_problem()

    @abstractmethod
    def own_problem(self) -> str | None:
        """What is wrong with the fields that this kind has, or None."""

    # As a collection declares it; the photographs may have to tell the rest.

    @classmethod
    def declared(cls, entry: Mapping[str, Any]) -> Self:
        """The label of a declaration's table, all of whose keys are known. Raises ValueError."""
        known = {item.name for item in fields(cls)}
        return cls(**{key: as_field(value) for key, value in entry.items() if key in known})

    def completed(self) -> Self:
        """The label with anything that fits in the place of what the photographs are to tell."""
        return self

    def settled(self, values: Sequence[Value], outliers: float) -> Self:  # noqa: ARG002
        """The label once its photographs' values are known; `outliers`, a share at either end, widen no range."""
        return self

    def told(self) -> dict[str, Any]:
        """All that tells one declaration from another, as plain values: the fields of every kind side by side."""
        of_any_kind = {"negative": "", "positive": "", "minimum": 0.0, "maximum": 1.0, "classes": (), "groups": ()}
        own = {item.name: getattr(self, item.name) for item in fields(self)}
        spec = of_any_kind | {"unit": "", "kind": self.kind} | own
        spec.pop("limits", None)
        return {"spec": spec, "unit": own.get("unit", ""), "limits": own.get("limits", ())}

    # As tables hold it.

    @property
    def table_columns(self) -> tuple[str, ...]:
        """The columns of labels.csv that hold the label."""
        return (self.name,)

    @abstractmethod
    def read_cell(self, text: str) -> Value:
        """What a collection's table says of one photograph. Raises ValueError."""

    @abstractmethod
    def read_request(self, text: str) -> Floats:
        """What is asked of one character, [columns]. Raises ValueError, saying what would do."""

    def column_problem(self, cells: Sequence[str]) -> str | None:  # noqa: ARG002
        """Why a whole column of a table cannot be read although each of its cells could be, or None."""
        return None

    def read_stored(self, text: str) -> float | str:
        """What a cell of labels.csv holds. Raises ValueError."""
        return stored_number(text)

    def stored_problem(self, ends: Sequence[float | str]) -> str | None:  # noqa: ARG002
        """What is wrong with a row's cells of labels.csv, each of which `read_stored` has read, or None."""
        return None

    def cells(self, value: Value) -> list[str]:
        """What labels.csv holds of one photograph, a cell for each of `table_columns`."""
        ends = [value] if isinstance(value, str) else value
        return [f"{end:g}" if isinstance(end, float) else str(end) for end in ends[: len(self.table_columns)]]

    def ranges(self, values: Sequence[Any]) -> Range:
        """Photographs' values, or what `read_stored` read of them, as a dataset holds them."""
        ends = np.array(values, np.float32).reshape(len(values), -1)
        return ends[:, :1], ends[:, -1:]

    def in_words(self, values: Floats) -> NDArray[Any]:
        """Values [N, columns] as [N], as programs outside read them."""
        return values[:, 0]

    # How it is sampled.

    @abstractmethod
    def unasked(self, seeds: NDArray[np.int64]) -> Floats:
        """What the label is that nobody asked for, [N, columns], for the N characters with `seeds`.

        So the model file's contract says (docs/model-format.md), and the add-on's engine does the same.
        """

    @abstractmethod
    def evenly(self, count: int, randomness: np.random.Generator) -> NDArray[np.floating]:
        """Values for `count` characters, [count, columns], even over what the label can be."""

    @abstractmethod
    def from_uniform(self, uniform: "Tensor") -> "Tensor":
        """Raw columns [N, columns] of uniform numbers [N, 1], 0 ... 1: even over what the label can be."""

    def clipped(self, values: Range) -> Range:
        """The values as far as the label allows them."""
        return values

    # What batches, counts and the split are even over.

    @abstractmethod
    def bins(self, values: Range, limits: Sequence[float] = ()) -> Bins | None:
        """The bin of every picture; None where the label makes no bins. `limits` win over a number's own."""

    @property
    def stratum(self) -> str | None:
        """What the split is even over, in words; None where it makes no bins."""
        return self.name

    def counted(self, steps: int) -> Self:  # noqa: ARG002
        """The label, cut into even `steps` where it makes no bins of its own."""
        return self

    # What sheets show of it.

    @property
    @abstractmethod
    def steps(self) -> Floats:
        """The values that a sheet shows, [S, columns]."""

    @property
    @abstractmethod
    def step_names(self) -> list[str]:
        """What the steps are called."""

    # How it enters a network, and how a network's reading of it is scored.

    @property
    def knots(self) -> tuple[float, ...]:
        """Where the hat functions of its code have their peaks; none: it enters a network as it stands."""
        return ()

    @property
    def plain_range(self) -> tuple[float, float] | None:
        """What the 2016 system's code scales to -1 ... 1; None: it enters as it stands."""
        return None

    @property
    def column_names(self) -> list[str]:
        """What each column stands for, whatever labels stand beside it."""
        return [self.name]

    @property
    def outputs(self) -> int:
        """How many logits a network that reads the label has."""
        return len(self.knots) or self.columns

    @abstractmethod
    def cross_entropy(self, logits: "Tensor", values: "Tensor", knots: "Tensor | None") -> "Tensor":
        """The cost [N] of reading `logits` [N, outputs] where the raw label is `values` [N, columns]."""

    @abstractmethod
    def reading(self, logits: "Tensor", values: "Tensor", knots: "Tensor | None") -> "Tensor":
        """How good a reading is, a scalar: the share that is right, or how far a number is off in the mean."""


def as_field(value: Any) -> Any:
    """A value of a file as a label's field holds it."""
    return tuple(value) if isinstance(value, list) else value


def mistyped(kind: type[Label], key: str, value: Any) -> bool:
    """Whether a field of a label, as a file gives it, is of another type than it must be."""
    hint = typing.get_type_hints(kind).get(key, str)
    if typing.get_origin(hint) is ClassVar:
        hint = str
    if typing.get_origin(hint) is tuple and not isinstance(value, list | tuple):
        return True
    try:
        checked(value, hint, key)
    except UserError:
        return True
    return False


def stored_number(text: str) -> float:
    """The finite number that a cell of a table holds. Raises ValueError."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise ValueError("is no number")
    return value


def number_in(text: str) -> float:
    """A finite number, or NaN."""
    try:
        return stored_number(text)
    except ValueError:
        return math.nan
