"""A label of two words: sex, glasses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trainer.labels.label import Bins, Floats, Label, Range, Value, number_in
from trainer.labels.sex_and_years import SEX_WORDS, parse_sex

if TYPE_CHECKING:
    from torch import Tensor

CODES = {"0", "1", "0.0", "1.0"}
NO_WORDS, YES_WORDS = ("no", "false", "0", "-1"), ("yes", "true", "1")


@dataclass(frozen=True)
class Binary(Label):
    """A number -1 (`negative`) ... +1 (`positive`)."""

    kind = "binary"
    declares = ("negative", "positive")
    turns_numbers = True

    negative: str = ""
    positive: str = ""

    def card(self) -> dict[str, Any]:
        """As a card declares it."""
        return {"name": self.name, "kind": self.kind, "negative": self.negative, "positive": self.positive}

    def own_problem(self) -> str | None:
        """Two words are needed."""
        good = self.negative and self.positive and self.negative != self.positive
        return None if good else "give two words, negative and positive"

    def read_cell(self, text: str) -> Value:
        """One of the two words, or no and yes; for a sex, what people write for it."""
        word = text.strip()
        if self.name == "sex" and (self.negative, self.positive) == ("female", "male"):
            value = parse_sex(word)
            return value, value
        if word.lower() in (self.negative.lower(), *NO_WORDS):
            return -1.0, -1.0
        if word.lower() in (self.positive.lower(), *YES_WORDS):
            return 1.0, 1.0
        raise ValueError(f"{word!r} is neither {self.negative} nor {self.positive}, no nor yes, 0 nor 1")

    def column_problem(self, cells: Sequence[str]) -> str | None:
        """Where a column holds 0 and 1 alone, 0 is a word of somebody's coding, and not halfway between the two."""
        used = {cell for cell in cells if cell}
        if used <= CODES and used & {"0", "0.0"}:
            return (
                f"holds {' and '.join(sorted(used))} alone, and 0 would be halfway between; write {self.negative} and"
                f" {self.positive}, or 0.00 where halfway is meant"
            )
        return None

    def stored_problem(self, ends: Sequence[float | str]) -> str | None:
        """It lies between the two words."""
        return None if -1.0 <= float(ends[0]) <= 1.0 else "is not from -1 to 1"

    def read_request(self, text: str) -> Floats:
        """One of the two words, or a number between them."""
        words = {self.negative.lower(): -1.0, self.positive.lower(): 1.0} | (SEX_WORDS if self.name == "sex" else {})
        value = words.get(text.lower(), number_in(text))
        if not -1.0 <= value <= 1.0:
            raise ValueError(f"is not {self.negative}, {self.positive}, or a number from -1 to 1")
        return np.array([value], np.float32)

    def unasked(self, seeds: NDArray[np.int64]) -> Floats:
        """Between the two words."""
        return np.zeros((len(seeds), 1), np.float32)

    def evenly(self, count: int, randomness: np.random.Generator) -> NDArray[np.floating]:
        """Each word for a half."""
        return randomness.choice([-1.0, 1.0], count)[:, None]

    def from_uniform(self, uniform: "Tensor") -> "Tensor":
        """Each word for a half."""
        return (uniform < 0.5).float() * 2.0 - 1.0

    def bins(self, values: Range, limits: Sequence[float] = ()) -> Bins | None:  # noqa: ARG002
        """The two words."""
        return (values[0][:, 0] > 0).astype(np.int64), [self.negative, self.positive]

    @property
    def steps(self) -> Floats:
        """Both words."""
        return np.array([[-1.0], [1.0]], np.float32)

    @property
    def step_names(self) -> list[str]:
        """Both words."""
        return [self.negative, self.positive]

    def cross_entropy(self, logits: "Tensor", values: "Tensor", knots: "Tensor | None") -> "Tensor":  # noqa: ARG002
        """Binary cross-entropy of one logit."""
        from torch.nn import functional

        return functional.binary_cross_entropy_with_logits(logits, (values + 1.0) / 2.0, reduction="none")[:, 0]

    def reading(self, logits: "Tensor", values: "Tensor", knots: "Tensor | None") -> "Tensor":  # noqa: ARG002
        """The share that is right."""
        return ((logits > 0) == (values > 0)).float().mean()
