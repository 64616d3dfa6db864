"""How labels enter a network: a raw label matrix [N, C] becomes a code [N, K]."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trainer.labels.hats import hat_functions
from trainer.labels.label import Label
from trainer.labels.matrix import by_label, columns_of


class OfLabels(nn.Module):
    """A network of some labels, with the knots [K] of those that have any on its device."""

    def __init__(self, labels: Sequence[Label]) -> None:
        super().__init__()
        self.labels = tuple(labels)
        for label in self.labels:
            if label.knots:
                self.register_buffer(f"knots_{label.name}", torch.tensor(label.knots), persistent=False)

    def knots(self, label: Label) -> Tensor | None:
        """The values [K] that a label's hat functions or logits stand for, where it has any."""
        return self.get_buffer(f"knots_{label.name}") if label.knots else None


class KnotCode(OfLabels):
    """Labels as a vector that a linear layer can bend freely.

    A number becomes hat functions over its knots, a binary label stays -1 ... +1, classes stay one-hot; each binary
    label is also multiplied into every number's hat functions, so that the two sexes may age differently. Without
    labels the code is a constant 1, so that the networks around it stay the same.
    """

    def __init__(self, labels: Sequence[Label]) -> None:
        super().__init__(labels)
        plain = sum(label.columns for label in self.labels if not label.knots)
        hats = sum(len(label.knots) for label in self.labels)
        turns = sum(label.turns_numbers for label in self.labels)
        self.size = plain + hats + turns * hats if self.labels else 1

    @property
    def names(self) -> list[str]:
        """What each column of the code stands for, as `age 22` or `sex * age 22`, whatever labels stand beside it."""
        plain = [name for label in self.labels if not label.knots for name in label.column_names]
        hats = [f"{label.name} {knot:g}" for label in self.labels for knot in label.knots]
        products = [f"{label.name} * {hat}" for label in self.labels if label.turns_numbers for hat in hats]
        return [*plain, *hats, *products] or ["none"]

    def forward(self, matrix: Tensor) -> Tensor:
        """[N, C] raw labels -> [N, size]."""
        if not self.labels:
            return matrix.new_ones(len(matrix), 1)
        parts, knots = by_label(matrix, self.labels), {label.name: self.knots(label) for label in self.labels}
        plain = [parts[label.name] for label in self.labels if not label.knots]
        hats = [hat_functions(parts[name], at) for name, at in knots.items() if at is not None]
        products = [parts[label.name] * hat for label in self.labels if label.turns_numbers for hat in hats]
        return torch.cat(plain + hats + products, dim=1)


class PlainCode(nn.Module):
    """The 2016 system's encoding: a number scaled to -1 ... 1 over its range, the rest as it stands.

    For sex and age: sex +1 male / -1 female and age / 50 - 1 (github daniel-sanche/FaceGen), whatever the range of the
    dataset's ages.
    """

    def __init__(self, labels: Sequence[Label]) -> None:
        super().__init__()
        self.labels = tuple(labels)
        self.size = columns_of(self.labels)
        scale, offset = [], []
        for label in self.labels:
            low, high = label.plain_range or (0.0, 0.0)
            scale += [2.0 / (high - low) if label.plain_range else 1.0] * label.columns
            offset += [-2.0 * low / (high - low) - 1.0 if label.plain_range else 0.0] * label.columns
        self.register_buffer("scale", torch.tensor(scale), persistent=False)
        self.register_buffer("offset", torch.tensor(offset), persistent=False)

    def forward(self, matrix: Tensor) -> Tensor:
        """[N, C] raw labels -> [N, C]."""
        return matrix * self.get_buffer("scale") + self.get_buffer("offset")
