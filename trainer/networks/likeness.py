"""The likeness network: who is on a picture, and the labels, learnt from the training pictures alone.

No face of the training pictures is known by name. What makes a person is learnt by telling each picture, however
blurred, shifted, mirrored, recoloured or covered, from all others (Chen et al. 2020, "SimCLR"), and each person that
the model draws, a few years older or younger, from all others. The face descriptor that judges the results takes no
part in this.
"""

from collections.abc import Collection, Sequence

from torch import Tensor, nn
from torch.nn import functional

from trainer.labels.label import Label
from trainer.networks.crowd import conv, linear
from trainer.networks.label_code import LabelReader

WIDTHS = (32, 64, 128, 192)
LENGTH = 128


class LikenessNetwork(LabelReader):
    """Images [N, 3, S, S] -> feature maps from fine to coarse, embeddings [N, LENGTH] of length 1, logits by label."""

    def __init__(self, labels: Sequence[Label], side: int) -> None:
        super().__init__(labels)
        self.stages = nn.ModuleList()
        inputs, halved = 12, side // 2
        for width in WIDTHS:
            self.stages.append(
                nn.Sequential(
                    *(conv(inputs, width, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)),
                    *(conv(width, width, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)),
                )
            )
            inputs, halved = width, halved // 2
        self.embed = linear(WIDTHS[-1] * (2 * halved) ** 2, LENGTH)
        self.hidden = linear(WIDTHS[-1], WIDTHS[-1])
        self.heads = nn.ModuleDict({label.name: nn.Linear(WIDTHS[-1], label.outputs) for label in self.labels})

    def forward(self, images: Tensor) -> tuple[list[Tensor], Tensor, dict[str, Tensor]]:
        """See the class."""
        x = functional.pixel_unshuffle(images, 2)
        maps = []
        for place, stage in enumerate(self.stages):
            x = stage(functional.avg_pool2d(x, 2) if place else x)
            maps.append(x)
        read = functional.leaky_relu(self.hidden(x.mean(dim=(2, 3))), 0.2)
        logits = {label.name: self.heads[label.name](read).float() for label in self.labels}
        return maps, functional.normalize(self.embed(x.flatten(1)).float(), dim=1), logits

    def label_cost(self, logits: dict[str, Tensor], matrix: Tensor, only: Collection[str] = ()) -> Tensor:
        """Mean cross-entropy of the logits for raw labels `matrix` [N, C], summed over all labels or some `only`."""
        read = {name: own for name, own in logits.items() if not only or name in only}
        return sum((loss.mean() for loss in self.losses(read, matrix).values()), start=matrix.new_zeros(()))
