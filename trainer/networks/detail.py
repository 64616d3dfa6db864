"""One more doubling behind a trained generator, and one more level above a trained discriminator.

Both are silent at first. The larger picture begins as the generator's own, enlarged by a fixed filter, and the larger
discriminator begins by seeing it halved again: so two networks that have played each other for long go on where they
were (as progressive growing fades its layers in, Karras et al. 2018, sec. 2, but with nothing to fade).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.config import CrowdDiscriminatorConfig, CrowdGeneratorConfig
from trainer.labels.label import Label
from trainer.networks.crowd import (
    CrowdDiscriminator,
    CrowdGenerator,
    EnlargingConv,
    GridFreeConv,
    ResidualConv,
    StyledConv,
    act,
    conv,
    shuffled_conv,
    silence,
)


def halved(pictures: Tensor) -> Tensor:
    """Pictures [N, C, H, W] at half of their side, each pixel the mean of four."""
    return functional.avg_pool2d(pictures, 2)


class Enlarging(EnlargingConv):
    """The fixed filter that doubles a picture: bilinear, the border's pixels going on beyond it.

    As the model file has it: a map doubled by nearest neighbours and blurred by the binomial kernel (1, 2, 1) / 4 in
    both directions, and then divided by what of the kernel lies inside the picture.
    """

    def __init__(self, side: int, channels: int = 3) -> None:
        super().__init__(channels, channels)
        binomial = torch.tensor([0.25, 0.5, 0.25])
        kernel = torch.einsum("oc,i,j->ocij", torch.eye(channels), binomial, binomial)
        del self.weight
        self.register_buffer("weight", kernel, persistent=False)
        inside = torch.ones(2 * side)
        inside[[0, -1]] = 0.75
        self.register_buffer("gain", (1.0 / torch.outer(inside, inside))[None, None], persistent=False)
        self.gain: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, 2 H, 2 W]."""
        return super().forward(x) * self.gain


class DetailTail(nn.Module):
    """What a picture twice as large shows beyond the enlarged one, drawn from the picture and the generator's features.

    The path from the picture knows no style and no batch, so that it can learn from photographs, which have neither.
    What the generator's last feature maps say beside it begins as nothing, and so does the whole.
    """

    def __init__(self, config: CrowdGeneratorConfig, side: int) -> None:
        super().__init__()
        (width,) = config.detail_channels
        self.enlarged = Enlarging(side)
        self.entry = conv(3, width)
        self.features = StyledConv(config.channels[-1], width, config.style_size, upsample=True)
        silence(self.features)
        self.residuals = nn.ModuleList(conv(width, width, gain=0.5) for _ in range(config.detail_residuals))
        self.to_shuffle = shuffled_conv(width, config.detail_tail_channels)
        self.to_rgb = GridFreeConv(config.detail_tail_channels, 3)
        nn.init.zeros_(self.to_rgb.weight)

    def forward(self, picture: Tensor, features: Tensor | None = None, style: Tensor | None = None) -> Tensor:
        """Picture [N, 3, S, S], features [N, C, S / 2, S / 2], style [N, Z] -> picture [N, 3, 2 S, 2 S], -1 ... 1.

        Without features and style: of a picture alone, as the generator knows nothing of a photograph.
        """
        x = act(self.entry(picture))
        if features is not None and style is not None:
            x = x + self.features(features, style)
        for residual in self.residuals:
            x = x + act(residual(x))
        x = act(functional.pixel_shuffle(self.to_shuffle(x), 2))
        with torch.autocast(x.device.type, enabled=False):
            whole: Tensor = self.enlarged(picture.float()) + self.to_rgb(x.float())
        return whole.clamp(-1.0, 1.0)


class DetailedGenerator(CrowdGenerator):
    """A `crowd` generator, the body, and a tail that draws its pictures twice as large."""

    def __init__(self, config: CrowdGeneratorConfig, labels: Sequence[Label]) -> None:
        super().__init__(config, labels)
        self.detail = DetailTail(config, super().resolution)

    @property
    def resolution(self) -> int:
        """Side of the picture in pixels."""
        return 2 * super().resolution

    def body_learns(self, learns: bool) -> None:
        """Whether all but the tail gets gradients."""
        for name, parameter in self.named_parameters():
            if not name.startswith("detail."):
                parameter.requires_grad_(learns)

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        """Draw the pictures: [N, L] and [N, C] -> [N, 3, 2 S, 2 S]."""
        return self.both(latent, labels)[1]

    def both(self, latent: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The body's pictures [N, 3, S, S], and the tail's of them [N, 3, 2 S, 2 S]."""
        style = self.style_of(latent, labels)
        features = self.features_of(style)
        small = self.picture_of(features)
        return small, self.detail(small, features, style)


class DetailedDiscriminator(CrowdDiscriminator):
    """A `crowd` discriminator that sees pictures halved, and one more level above it that sees them whole.

    What the upper level finds is added to what the lower one's entry finds.
    """

    def __init__(self, config: CrowdDiscriminatorConfig, labels: Sequence[Label], resolution: int) -> None:
        super().__init__(config, labels, resolution // 2)
        (width,) = config.detail_channels
        self.detail_entry = conv(12, width)
        self.detail_residuals = nn.ModuleList(ResidualConv(width) for _ in range(config.residuals))
        self.detail_exit = conv(width, config.channels[0], kernel=4, stride=2)
        nn.init.zeros_(self.detail_exit.weight)

    def entered(self, image: Tensor) -> Tensor:
        """What enters the stages [N, C, S / 4, S / 4], before the activation."""
        x = act(self.detail_entry(functional.pixel_unshuffle(image, 2)))
        for residual in self.detail_residuals:
            x = residual(x)
        found: Tensor = self.detail_exit(x)
        return super().entered(halved(image)) + found
