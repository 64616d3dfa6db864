"""The auxiliary classifier: a small network that, once trained, tells the generator when a face does not look as asked.

After Odena et al. 2017, "Conditional image synthesis with auxiliary classifier GANs"; there it is a part of D, here it
is trained before and frozen. Its loss counts only above what real held-out pictures cost it: a face that obeys as well
as a photograph is left alone, so that groups are not driven towards their prototypes.
"""

from collections.abc import Collection, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.labels.label import Label
from trainer.labels.matrix import by_label
from trainer.labels.number import Number
from trainer.networks.crowd import act, conv, linear
from trainer.networks.label_code import OfLabels

WIDTHS = (24, 48, 96, 192)


class AuxiliaryClassifier(OfLabels):
    """Image [N, 3, S, S] -> one logit tensor a label: [N, 1] for a binary one, else [N, K] over knots or classes."""

    def __init__(self, labels: Sequence[Label], widths: Sequence[int] = WIDTHS) -> None:
        super().__init__(labels)
        layers: list[nn.Module] = []
        inputs = 12
        for width in widths:
            layers += [conv(inputs, width, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
            layers += [conv(width, width, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
            layers.append(nn.AvgPool2d(2))
            inputs = width
        self.trunk = nn.Sequential(*layers[:-1])
        self.hidden = linear(inputs, inputs)
        self.heads = nn.ModuleDict({label.name: nn.Linear(inputs, label.outputs) for label in self.labels})
        for label in self.labels:
            self.register_buffer(f"floor_{label.name}", torch.zeros(()))

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
            label.name: label.expected(logits[label.name], self.get_buffer(f"knots_{label.name}"))
            for label in self.labels
            if isinstance(label, Number)
        }

    def losses(self, logits: dict[str, Tensor], matrix: Tensor) -> dict[str, Tensor]:
        """Cross-entropy [N] of each label of the raw label `matrix` [N, C], as read in `logits`."""
        parts = by_label(matrix, self.labels)
        return {
            label.name: label.cross_entropy(logits[label.name].float(), parts[label.name], self.knots(label))
            for label in self.labels
        }

    def label_loss(
        self,
        logits: dict[str, Tensor],
        matrix: Tensor,
        floors: tuple[float, ...] = (1.0,),
        left_out: Collection[str] = (),
    ) -> Tensor:
        """Mean cost of the pictures with these logits above `floors` times what real ones cost, summed over the labels.

        `floors` holds one number for each label, or one for all. At 1 a picture that obeys as well as a photograph
        costs nothing; below 1 it is asked to obey better. Labels named in `left_out` do not count.
        """
        losses = self.losses(logits, matrix)
        shares = floors if len(floors) > 1 else floors * len(losses)
        over = [
            functional.relu(loss - share * self.get_buffer(f"floor_{name}")).mean()
            for (name, loss), share in zip(losses.items(), shares, strict=True)
            if name not in left_out
        ]
        return torch.stack(over).sum() if over else matrix.new_zeros(())
