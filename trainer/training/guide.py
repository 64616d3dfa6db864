"""The guide: a small frozen network of our own that tells the generator when a face does not look as asked.

It is trained on the training split, before the game, in minutes. Its loss counts only above what real held-out
pictures cost it: a face that obeys as well as a photograph is left alone, so that groups are not driven towards their
prototypes.
The judge that measures the result (trainer/evaluation) is another network and takes no part in this.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from trainer.labels.label import LabelSpec
from trainer.networks.build import on_device
from trainer.networks.crowd import act, conv, linear
from trainer.networks.label_code import hat_functions, knots_of

WIDTHS = (24, 48, 96, 192)
GUIDE_BATCH = 64
GUIDE_RATE = 1e-3
CHECK_BATCH = 256

DrawBatch = Callable[[int, Generator], tuple[Tensor, Tensor]]


class Guide(nn.Module):
    """Image [N, 3, S, S] -> one logit tensor a label: [N, 1] for a binary one, else [N, K] over knots or classes."""

    def __init__(self, labels: Sequence[LabelSpec], widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.labels = tuple(labels)
        layers: list[nn.Module] = []
        inputs = 12
        for width in widths:
            layers += [conv(inputs, width, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
            layers += [conv(width, width, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
            layers.append(nn.AvgPool2d(2))
            inputs = width
        self.trunk = nn.Sequential(*layers[:-1])
        self.hidden = linear(inputs, inputs)
        self.heads = nn.ModuleDict({label.name: nn.Linear(inputs, self.outputs(label)) for label in self.labels})
        for label in self.labels:
            if label.kind == "number":
                self.register_buffer(f"knots_{label.name}", torch.tensor(knots_of(label)), persistent=False)
            self.register_buffer(f"floor_{label.name}", torch.zeros(()))

    @staticmethod
    def outputs(label: LabelSpec) -> int:
        """Width of a label's logits."""
        return len(knots_of(label)) if label.kind == "number" else label.columns

    def features(self, images: Tensor) -> Tensor:
        """What the labels are read from: [N, F]."""
        return act(self.hidden(self.trunk(functional.pixel_unshuffle(images, 2)).mean(dim=(2, 3))))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Read the labels. See the class."""
        x = self.features(images)
        return {label.name: self.heads[label.name](x) for label in self.labels}

    def numbers(self, logits: dict[str, Tensor]) -> dict[str, Tensor]:
        """The expected value [N, 1] of every number label, in its unit."""
        return {
            label.name: (logits[label.name].float().softmax(dim=1) * self.knots(label)).sum(dim=1, keepdim=True)
            for label in self.labels
            if label.kind == "number"
        }

    def knots(self, label: LabelSpec) -> Tensor:
        """The values [K] that a number label's logits stand for."""
        return self.get_buffer(f"knots_{label.name}")

    def losses(self, logits: dict[str, Tensor], matrix: Tensor) -> dict[str, Tensor]:
        """Cross-entropy [N] of each label of the raw label `matrix` [N, C], as read in `logits`."""
        parts = matrix.split([label.columns for label in self.labels], dim=1)
        result = {}
        for label, part in zip(self.labels, parts, strict=True):
            read = logits[label.name].float()
            if label.kind == "binary":
                target = (part + 1.0) / 2.0
                result[label.name] = functional.binary_cross_entropy_with_logits(read, target, reduction="none")[:, 0]
            else:
                target = hat_functions(part, self.knots(label)) if label.kind == "number" else part
                result[label.name] = -(target * functional.log_softmax(read, dim=1)).sum(dim=1)
        return result

    def disobedience(self, logits: dict[str, Tensor], matrix: Tensor, floors: tuple[float, ...] = (1.0,)) -> Tensor:
        """Mean cost of the pictures with these logits above `floors` times what real ones cost, summed over the labels.

        `floors` holds one number for each label, or one for all. At 1 a picture that obeys as well as a photograph
        costs nothing; below 1 it is asked to obey better.
        """
        losses = self.losses(logits, matrix)
        shares = floors if len(floors) > 1 else floors * len(losses)
        over = [
            functional.relu(loss - share * self.get_buffer(f"floor_{name}")).mean()
            for (name, loss), share in zip(losses.items(), shares, strict=True)
        ]
        return torch.stack(over).sum()


@dataclass(frozen=True)
class GuideReading:
    """What the trained guide scores on held-out pictures: mean cross-entropy, and share right or mean distance."""

    cross_entropy: dict[str, float]
    figure: dict[str, float]


class GuideTraining:
    """A guide while it learns from `total` pictures, a batch at a time; it can be put away and gone on with to the bit.

    Pictures are float [N, 3, S, S], -1 ... 1.
    """

    def __init__(self, labels: Sequence[LabelSpec], device: torch.device, total: int) -> None:
        self.guide = on_device(Guide(labels), device)
        self.steps, self.step = max(1, total // GUIDE_BATCH), 0
        self.optimiser = torch.optim.AdamW(self.guide.parameters(), lr=GUIDE_RATE, weight_decay=0.02)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, GUIDE_RATE, total_steps=self.steps)

    @property
    def images(self) -> int:
        """How many pictures it has seen."""
        return self.step * GUIDE_BATCH

    @property
    def total(self) -> int:
        """How many it is to see."""
        return self.steps * GUIDE_BATCH

    @property
    def finished(self) -> bool:
        """Whether it has seen them all."""
        return self.step >= self.steps

    def learn(self, pictures: Tensor, matrix: Tensor) -> None:
        """One step on a batch and its raw labels [N, C]."""
        guide = self.guide
        loss = torch.stack([part.mean() for part in guide.losses(guide(pictures), matrix).values()]).sum()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        self.step += 1

    def state(self) -> dict[str, Any]:
        """All that `load` needs to go on exactly here."""
        return {
            "step": self.step,
            "steps": self.steps,
            "guide": self.guide.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.guide.load_state_dict(state["guide"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.step = int(state["step"])

    def frozen(self, held_out: tuple[Tensor, Tensor]) -> tuple[Guide, GuideReading]:
        """The guide as it is now, in evaluation mode, its floors set on `held_out` (pictures, labels)."""
        self.guide.eval().requires_grad_(False)
        return self.guide, set_floors(self.guide, *held_out)


def train_guide(
    labels: Sequence[LabelSpec],
    draw: DrawBatch,
    held_out: tuple[Tensor, Tensor],
    generator: Generator,
    images: int,
    progress: Callable[[int], object] | None = None,
) -> tuple[Guide, GuideReading]:
    """Train a guide on `images` pictures of `draw(count, generator)`; set its floors on `held_out` (pictures, labels).

    The guide comes back frozen, in evaluation mode.
    """
    training = GuideTraining(labels, held_out[0].device, images)
    while not training.finished:
        training.learn(*draw(GUIDE_BATCH, generator))
        if progress is not None:
            progress(GUIDE_BATCH)
    return training.frozen(held_out)


@torch.no_grad()
def set_floors(guide: Guide, images: Tensor, matrix: Tensor) -> GuideReading:
    """Measure the guide on held-out pictures, and make their mean cost the floor of `disobedience`."""
    readings = [guide(pictures) for pictures in images.split(CHECK_BATCH)]
    logits = {label.name: torch.cat([reading[label.name] for reading in readings]) for label in guide.labels}
    entropy = {name: losses.mean() for name, losses in guide.losses(logits, matrix).items()}
    for name, value in entropy.items():
        guide.get_buffer(f"floor_{name}").copy_(value)
    numbers = guide.numbers(logits)
    parts = dict(zip(entropy, matrix.split([label.columns for label in guide.labels], dim=1), strict=True))
    figure = {}
    for label in guide.labels:
        read, asked = logits[label.name], parts[label.name]
        if label.kind == "binary":
            figure[label.name] = float(((read > 0) == (asked > 0)).float().mean())
        elif label.kind == "number":
            figure[label.name] = float((numbers[label.name] - asked).abs().mean())
        else:
            figure[label.name] = float((read.argmax(dim=1) == asked.argmax(dim=1)).float().mean())
    return GuideReading({name: float(value) for name, value in entropy.items()}, figure)
