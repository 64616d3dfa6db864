"""How labels enter a network: a raw label matrix [N, C] becomes a code [N, K]."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trainer.labels.label import LabelSpec, columns_of

# Denser where a face changes faster; the first and last are where the code saturates.
AGE_KNOTS = (0.0, 4.0, 10.0, 16.0, 22.0, 28.0, 35.0, 42.0, 50.0, 58.0, 66.0, 75.0, 90.0)
EVEN_KNOTS = 9


def knots_of(label: LabelSpec) -> tuple[float, ...]:
    """The knots of a number label: `AGE_KNOTS` for years, else evenly spaced over its range."""
    if label.unit == "years":
        return AGE_KNOTS
    span = label.maximum - label.minimum
    return tuple(label.minimum + span * index / (EVEN_KNOTS - 1) for index in range(EVEN_KNOTS))


def hat_functions(value: Tensor, knots: Tensor) -> Tensor:
    """Piecewise-linear basis: value [N, 1], knots [K] increasing -> [N, K], each row >= 0 and summing to 1."""
    clamped = value.clamp(knots[0], knots[-1])
    rising = (clamped - knots[:-1]) / (knots[1:] - knots[:-1])
    ramp = rising.clamp(0.0, 1.0)
    start = torch.ones_like(clamped)
    left = torch.cat([start, ramp], dim=1)
    right = torch.cat([ramp, torch.zeros_like(clamped)], dim=1)
    return left - right


class KnotCode(nn.Module):
    """Labels as a vector that a linear layer can bend freely.

    A number becomes hat functions over its knots, a binary label stays -1 ... +1, classes stay one-hot; each binary
    label is also multiplied into every number's hat functions, so that the two sexes may age differently. Without
    labels the code is a constant 1, so that the networks around it stay the same.
    """

    def __init__(self, labels: Sequence[LabelSpec]) -> None:
        super().__init__()
        self.labels = tuple(labels)
        for label in self.labels:
            if label.kind == "number":
                self.register_buffer(f"knots_{label.name}", torch.tensor(knots_of(label)), persistent=False)
        binary = sum(label.kind == "binary" for label in self.labels)
        hats = sum(len(knots_of(label)) for label in self.labels if label.kind == "number")
        one_hot = sum(label.columns for label in self.labels if label.kind == "classes")
        self.size = binary + hats + one_hot + binary * hats if self.labels else 1

    @property
    def names(self) -> list[str]:
        """What each column of the code stands for, as `age 22` or `sex * age 22`, whatever labels stand beside it."""
        plain, hats, binary = [], [], []
        for label in self.labels:
            if label.kind == "number":
                hats += [f"{label.name} {knot:g}" for knot in knots_of(label)]
            elif label.kind == "binary":
                plain.append(label.name)
                binary.append(label.name)
            else:
                plain += [f"{label.name} {word}" for word in label.classes]
        return [*plain, *hats, *(f"{sign} * {hat}" for sign in binary for hat in hats)] or ["none"]

    def split(self, matrix: Tensor) -> dict[str, Tensor]:
        """The label matrix [N, C] as one [N, columns] tensor a label."""
        parts = matrix.split([label.columns for label in self.labels], dim=1)
        return {label.name: part for label, part in zip(self.labels, parts, strict=True)}

    def forward(self, matrix: Tensor) -> Tensor:
        """[N, C] raw labels -> [N, size]."""
        if not self.labels:
            return matrix.new_ones(len(matrix), 1)
        parts = self.split(matrix)
        plain, hats, binary = [], [], []
        for label in self.labels:
            if label.kind == "number":
                hats.append(hat_functions(parts[label.name], self.get_buffer(f"knots_{label.name}")))
            else:
                plain.append(parts[label.name])
                if label.kind == "binary":
                    binary.append(parts[label.name])
        products = [sign * hat for sign in binary for hat in hats]
        return torch.cat(plain + hats + products, dim=1)


class PlainCode(nn.Module):
    """The 2016 system's encoding: a number scaled to -1 ... 1 over its range, the rest as it stands.

    For sex and age: sex +1 male / -1 female and age / 50 - 1 (github daniel-sanche/FaceGen), whatever the range of the
    dataset's ages.
    """

    def __init__(self, labels: Sequence[LabelSpec]) -> None:
        super().__init__()
        self.labels = tuple(labels)
        self.size = columns_of(self.labels)
        scale, offset = [], []
        for label in self.labels:
            low, high = self.range_of(label)
            number = label.kind == "number"
            scale += [2.0 / (high - low) if number else 1.0] * label.columns
            offset += [-2.0 * low / (high - low) - 1.0 if number else 0.0] * label.columns
        self.register_buffer("scale", torch.tensor(scale), persistent=False)
        self.register_buffer("offset", torch.tensor(offset), persistent=False)

    @staticmethod
    def range_of(label: LabelSpec) -> tuple[float, float]:
        """What a number label is scaled from."""
        return (0.0, 100.0) if label.unit == "years" else (label.minimum, label.maximum)

    def forward(self, matrix: Tensor) -> Tensor:
        """[N, C] raw labels -> [N, C]."""
        return matrix * self.get_buffer("scale") + self.get_buffer("offset")
