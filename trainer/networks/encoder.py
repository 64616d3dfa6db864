"""The encoder: from an aligned picture, and the sex and age of who is on it, to the vector that draws a likeness.

It looks twice: a trunk says the latent; of the picture and what the generator has drawn from that, a linear layer reads
the offsets (the residual of Alaluf et al. 2021, "ReStyle", in one round). All that it is made of the model file's
operations can say, so that the add-on runs it as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.labels.label import Label
from trainer.labels.matrix import by_label
from trainer.labels.number import Number
from trainer.networks.crowd import ResidualConv, act, conv, linear, normalise
from trainer.networks.label_code import KnotCode
from trainer.networks.offsets import KNOWN, OffsetGenerator, known_columns, known_labels

WIDTHS = (24, 48, 96, 160)
"""Channels at 32, 16, 8 and 4 pixels."""
HIDDEN = 256
LAST_SIDE = 4
CAUTION = 0.1
"""Gain of the layer that guesses labels: it begins at the middle of what they can be."""


def guessed_labels(labels: Sequence[Label]) -> tuple[Label, ...]:
    """Those of a model's labels that its encoder guesses."""
    return tuple(label for label in labels if label.name not in KNOWN)


def span_of(label: Label) -> tuple[float, float]:
    """The lowest and the highest that a column of the label can be."""
    if isinstance(label, Number):
        return label.minimum, label.maximum
    return (-1.0, 1.0) if label.columns == 1 else (0.0, 1.0)


class Trunk(nn.Module):
    """Pictures [N, C, S, S] -> [N, HIDDEN], by halvings to 4 pixels: 2x2 pixels become the channels of one."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.halvings = max(side // (LAST_SIDE * 2 ** len(WIDTHS[1:])), 1).bit_length() - 1
        if side != LAST_SIDE * 2 ** (self.halvings + len(WIDTHS) - 1):
            raise ValueError(f"no encoder for pictures of {side} pixels")
        self.entry = conv(channels * 4**self.halvings, WIDTHS[0])
        self.reduce = nn.ModuleList(conv(4 * a, b, kernel=1) for a, b in pairwise(WIDTHS))
        self.look = nn.ModuleList(ResidualConv(width) for width in WIDTHS[1:])
        self.out = linear(WIDTHS[-1] * LAST_SIDE**2, HIDDEN)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        x = act(self.entry(functional.pixel_unshuffle(x, 2**self.halvings)))
        for reduce, look in zip(self.reduce, self.look, strict=True):
            x = look(act(reduce(functional.pixel_unshuffle(x, 2))))
        # Channels last, as a reshape in the model file is.
        return act(self.out(x.permute(0, 2, 3, 1).flatten(1)))


@dataclass(frozen=True)
class Answer:
    """What the encoder makes of pictures.

    `vector` [N, L + K + 1]; `guessed` [N, C] what it takes the labels for that it is not told, unclamped; `drawn`
    [N, 3, S, S] what the generator draws of the latent with these, without offsets.
    """

    vector: Tensor
    guessed: Tensor
    drawn: Tensor


class FaceEncoder(nn.Module):
    """Pictures [N, 3, S, S], -1 ... 1, and the known labels' raw columns [N, C] -> `Answer`.

    `small`: side of the pictures whose difference the offsets are read from.
    """

    def __init__(self, labels: Sequence[Label], side: int, latent_size: int, components: int, small: int) -> None:
        super().__init__()
        self.labels, self.latent_size = tuple(labels), latent_size
        self.halvings = (side // small).bit_length() - 1
        self.code = KnotCode(known_labels(labels))
        self.trunk = Trunk(3, side)
        self.mix = linear(HIDDEN + self.code.size, HIDDEN)
        self.say = linear(HIDDEN, latent_size)
        columns = sum(label.columns for label in guessed_labels(labels))
        self.guess = linear(HIDDEN, max(columns, 1), gain=CAUTION)
        self.read = nn.Linear(3 * small**2, components, bias=False)
        nn.init.zeros_(self.read.weight)

    def guessed(self, values: Tensor) -> Tensor:
        """What the guess layer says, [N, C], in the labels' own units."""
        parts, column = [values[:, :0]], 0
        for label in guessed_labels(self.labels):
            low, high = span_of(label)
            own = values[:, column : column + label.columns]
            parts.append(own * ((high - low) / 2) + (high + low) / 2)
            column += label.columns
        return torch.cat(parts, dim=1)

    def matrix(self, known: Tensor, guessed: Tensor) -> Tensor:
        """The raw label matrix [N, C] in the model's order, of what is known and guessed, the latter clamped."""
        sources = {True: list(known.unbind(1)), False: list(guessed.unbind(1))}
        columns = []
        for label in self.labels:
            taken = sources[label.name in KNOWN]
            for _ in range(label.columns):
                value = taken.pop(0)
                columns.append(value if label.name in KNOWN else value.clamp(*span_of(label)))
        return torch.stack(columns, dim=1) if columns else known[:, :0]

    def known(self, matrix: Tensor) -> Tensor:
        """The columns [N, C] of a raw label matrix of the model that the encoder is told."""
        return known_columns(matrix, self.labels)

    def unknown(self, matrix: Tensor) -> Tensor:
        """The columns [N, C] of a raw label matrix of the model that the encoder guesses."""
        own = [part for name, part in by_label(matrix, self.labels).items() if name not in KNOWN]
        return torch.cat([matrix[:, :0], *own], dim=1)

    def latent(self, pictures: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """The first look: latents [N, L] of a mean square of 1, and the guessed labels [N, C]."""
        seen = act(self.mix(torch.cat([self.trunk(pictures), self.code(known)], dim=1)))
        return normalise(self.say(seen).float()), self.guessed(self.guess(seen).float())

    def shrunk(self, pictures: Tensor) -> Tensor:
        """Pictures [N, 3, S, S] as small ones, flat and channels last."""
        return functional.avg_pool2d(pictures.float(), 2**self.halvings).permute(0, 2, 3, 1).flatten(1)

    def answer(
        self, pictures: Tensor, latent: Tensor, guessed: Tensor, known: Tensor, generator: OffsetGenerator
    ) -> Answer:
        """The second look, beside what is drawn of what the first has said."""
        drawn = generator(latent, None, self.matrix(known, guessed))
        left_out = self.shrunk(pictures - drawn) - generator.offsets.of_labels(known)
        return Answer(
            torch.cat([latent, self.read(left_out).float(), torch.ones_like(latent[:, :1])], 1), guessed, drawn
        )

    def forward(self, pictures: Tensor, known: Tensor, generator: OffsetGenerator) -> Answer:
        """Look twice. See the class."""
        return self.answer(pictures, *self.latent(pictures, known), known, generator)
