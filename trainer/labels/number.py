"""A label that is a number with a range: age, height, lightness of skin."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from trainer.labels.label import DIGITS, Bins, Floats, Label, Range, Value, number_in
from trainer.labels.sex_and_years import (
    OLDEST,
    OLDEST_SHOWN,
    SHOWN_AGES,
    YOUNGEST_SHOWN,
    age_group_names,
    age_groups,
    parse_age,
)

if TYPE_CHECKING:
    from torch import Tensor

YEARS = "years"
AGE_KNOTS = (0.0, 4.0, 10.0, 16.0, 22.0, 28.0, 35.0, 42.0, 50.0, 58.0, 66.0, 75.0, 90.0)
"""Denser where a face changes faster; the first and last are where the code saturates."""
EVEN_KNOTS = 9
SHOWN_STEPS = 10
MEASURED = {"skin_tone": "Monk", "undertone": "sigma"}
"""Numbers that a face's pixels tell by a formula (trainer/data/light), and the unit that tells them from others."""
PAPER_YEARS = (0.0, 100.0)
"""What the 2016 system scales ages from: age / 50 - 1 (github daniel-sanche/FaceGen)."""

_NUMBER = rf"[+-]?{DIGITS}"
_EXACT = re.compile(_NUMBER)
_RANGE = re.compile(rf"({_NUMBER})\s*(?:-|–|to)\s*({_NUMBER})")


@dataclass(frozen=True)
class Number(Label):
    """A number in `unit`, from `minimum` to `maximum`; both are NaN where the photographs are to tell them.

    Batches are even over the groups that the rising values `groups` cut the range into, and over nothing where there
    are none. Years are read, named, shown and encoded as ages are.
    """

    kind = "number"
    declares = ("unit", "minimum", "maximum", "groups", "measure")

    unit: str = ""
    minimum: float = 0.0
    maximum: float = 1.0
    groups: tuple[float, ...] = ()

    @property
    def in_years(self) -> bool:
        """Whether the number is an age."""
        return self.unit == YEARS

    @property
    def measured(self) -> bool:
        """Whether a formula tells the number from a face's pixels, so that a drawn face can be held to it exactly."""
        return MEASURED.get(self.name) == self.unit

    def card(self) -> dict[str, Any]:
        """As a card declares it."""
        ends = {"minimum": self.minimum, "maximum": self.maximum}
        return {"name": self.name, "kind": self.kind, "unit": self.unit, **ends}

    def declaration(self) -> dict[str, Any]:
        """With its groups."""
        return self.card() | {"groups": list(self.groups)} | ({} if self.balanced else {"balanced": False})

    def own_problem(self) -> str | None:
        """The range must be one, and the groups must rise."""
        if not np.isfinite([self.minimum, self.maximum, *self.groups]).all():
            return "minimum, maximum and groups are numbers"
        if not self.minimum < self.maximum:
            return f"its minimum {self.minimum:g} is not below its maximum {self.maximum:g}"
        if any(low >= high for low, high in pairwise(self.groups)):
            return "its groups do not rise"
        return None

    @classmethod
    def declared(cls, entry: Mapping[str, Any]) -> Self:
        """What is not said of its range is open."""
        ends = {key: float(entry.get(key, math.nan)) for key in ("minimum", "maximum")}
        return super().declared({**entry, **ends, "groups": [float(group) for group in entry.get("groups", ())]})

    def completed(self) -> Self:
        """With a range."""
        low = -math.inf if math.isnan(self.minimum) else self.minimum
        high = math.inf if math.isnan(self.maximum) else self.maximum
        if math.isinf(low):
            low = -1e9 if math.isinf(high) else high - 1.0
        return replace(self, minimum=low, maximum=low + 1.0 if math.isinf(high) else high)

    def settled(self, values: Sequence[Value], outliers: float) -> Self:
        """With the range that the photographs have."""
        ends = np.array([value for value in values if not isinstance(value, str)], np.float64)
        low = float(np.quantile(ends[:, 0], outliers)) if math.isnan(self.minimum) else self.minimum
        high = float(np.quantile(ends[:, 1], 1.0 - outliers)) if math.isnan(self.maximum) else self.maximum
        return replace(self, minimum=low, maximum=high)

    @property
    def table_columns(self) -> tuple[str, ...]:
        """The two ends of what it is known to lie in."""
        return f"{self.name}_low", f"{self.name}_high"

    def read_cell(self, text: str) -> Value:
        """A number or a range; an age as `parse_age` reads it."""
        low, high = read_number(self.unit, text.strip())
        if low < self.minimum or low > self.maximum or (high > self.maximum and not self.in_years):
            raise ValueError(f"{text!r} is not from {self.minimum:g} to {self.maximum:g} {self.unit}".rstrip())
        return low, high

    def stored_problem(self, ends: Sequence[float | str]) -> str | None:
        """The lower end stands first."""
        return None if float(ends[0]) <= float(ends[1]) else "the lower end stands first"

    def read_request(self, text: str) -> Floats:
        """A number within the range; any age."""
        low, high = (0.0, OLDEST) if self.in_years else (self.minimum, self.maximum)
        value = number_in(text)
        if not low <= value <= high:
            raise ValueError(f"is not a {f'number of {self.unit}' if self.unit else 'number'} from {low:g} to {high:g}")
        return np.array([value], np.float32)

    def unasked(self, seeds: NDArray[np.int64]) -> Floats:
        """The middle of the range."""
        return np.full((len(seeds), 1), (self.minimum + self.maximum) / 2, np.float32)

    def evenly(self, count: int, randomness: np.random.Generator) -> NDArray[np.floating]:
        """Even over the range; ages over those that sheets show."""
        ends = (YOUNGEST_SHOWN, OLDEST_SHOWN) if self.in_years else (self.minimum, self.maximum)
        return randomness.uniform(*ends, count)[:, None]

    def from_uniform(self, uniform: "Tensor") -> "Tensor":
        """Even over the range."""
        return self.minimum + (self.maximum - self.minimum) * uniform

    def clipped(self, values: Range) -> Range:
        """Within the range."""
        return np.clip(values[0], self.minimum, self.maximum), np.clip(values[1], self.minimum, self.maximum)

    def bins(self, values: Range, limits: Sequence[float] = ()) -> Bins | None:
        """The groups, or those below rising upper `limits`: the middle of what a number is known to lie in decides.

        -1 where it lies at or above the last limit.
        """
        upper = tuple(limits) or ((*self.groups, math.inf) if self.groups else ())
        if not upper:
            return None
        low, high = values
        middle = (low[:, 0].astype(np.float64) + high[:, 0].astype(np.float64)) / 2
        return age_groups(middle, upper), group_names(upper, self.unit)

    @property
    def stratum(self) -> str | None:
        """Its groups, where it has any."""
        return f"{self.name} group" if self.groups else None

    def counted(self, steps: int) -> Self:
        """Cut into even steps where it has no groups."""
        if self.groups:
            return self
        edges = np.linspace(self.minimum, self.maximum, steps + 1)[1:-1]
        return replace(self, groups=tuple(float(f"{edge:.4g}") for edge in edges))

    @property
    def steps(self) -> Floats:
        """Ages that tell a life; else ten even steps."""
        if self.in_years:
            return np.array(SHOWN_AGES, np.float32)[:, None]
        return np.linspace(self.minimum, self.maximum, SHOWN_STEPS, dtype=np.float32)[:, None]

    @property
    def step_names(self) -> list[str]:
        """The numbers."""
        return [f"{value:.3g}" for value in self.steps[:, 0]]

    @property
    def knots(self) -> tuple[float, ...]:
        """`AGE_KNOTS` for years, else evenly spaced over the range."""
        if self.in_years:
            return AGE_KNOTS
        span = self.maximum - self.minimum
        return tuple(self.minimum + span * index / (EVEN_KNOTS - 1) for index in range(EVEN_KNOTS))

    @property
    def plain_range(self) -> tuple[float, float] | None:
        """The paper's for years, whatever the range of the dataset's ages."""
        return PAPER_YEARS if self.in_years else (self.minimum, self.maximum)

    def cross_entropy(self, logits: "Tensor", values: "Tensor", knots: "Tensor | None") -> "Tensor":
        """Cross-entropy over the knots, a value between two of them shared by both."""
        from torch.nn import functional

        from trainer.labels.hats import hat_functions

        assert knots is not None
        return -(hat_functions(values, knots) * functional.log_softmax(logits, dim=1)).sum(dim=1)

    def expected(self, logits: "Tensor", knots: "Tensor") -> "Tensor":
        """The expected value [N, 1], in its unit, of logits [N, K] over its knots."""
        return (logits.float().softmax(dim=1) * knots).sum(dim=1, keepdim=True)

    def reading(self, logits: "Tensor", values: "Tensor", knots: "Tensor | None") -> "Tensor":
        """How far it is off, in the mean."""
        assert knots is not None
        return (self.expected(logits, knots) - values).abs().mean()


def read_number(unit: str, word: str) -> tuple[float, float]:
    """The lowest and the highest that a cell says; years as `parse_age`. Raises ValueError."""
    if unit == YEARS:
        return parse_age(word)
    if match := _RANGE.fullmatch(word):
        low, high = float(match[1]), float(match[2])
    elif _EXACT.fullmatch(word):
        low = high = float(word)
    else:
        raise ValueError(f"{word!r} is no number such as 172.5, nor a range such as 170-180")
    if low > high:
        raise ValueError(f"{word!r}: give the lower end of a range first")
    return low, high


def group_names(limits: Sequence[float], unit: str) -> list[str]:
    """What the groups of a number below rising `limits` are called: `20-29` in years, else `150 to 160 cm`."""
    if unit == YEARS:
        return age_group_names(limits)
    tail = f" {unit}" if unit else ""
    names = [f"under {limits[0]:g}{tail}"]
    names += [f"{low:g} to {high:g}{tail}" for low, high in pairwise(limits) if not math.isinf(high)]
    return names + ([f"{limits[-2]:g}{tail} and more"] if len(limits) > 1 and math.isinf(limits[-1]) else [])
