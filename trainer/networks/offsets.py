"""A trained `crowd` generator that also takes offsets: what a likeness needs beyond what latent and labels can say.

Offsets [N, K] are added, through learnt linear maps, to the scale and shift of every styled convolution and, as thin
maps, to the feature maps of 4, 8 and 16 pixels. Where they are 0 the pictures are the generator's own. That a code
beyond the latent follows a given face far better than the latent is known from W+ (Abdal et al. 2019, "Image2StyleGAN")
and from offsets of feature maps (Kang et al. 2021, "GAN inversion for out-of-range images").
"""

from collections.abc import Sequence

from torch import Tensor, nn

from trainer.networks.crowd import FIRST_SIDE, CrowdGenerator, FeatureChange, StyledConv
from trainer.networks.detail import DetailedGenerator

OFFSETS = 192
"""How many numbers the offsets of a person are."""
MAP_CHANNELS = {4: 48, 8: 16, 16: 6}
"""Channels of the thin map, by the side of the feature map that it is added to."""
START = 0.02
"""Standard deviation of the offsets' first weights."""


class Offsets(nn.Module):
    """Offsets [N, K] -> the changes of every styled convolution's scale and shift, and of the feature maps."""

    def __init__(self, generator: CrowdGenerator, size: int = OFFSETS) -> None:
        super().__init__()
        self.size = size
        self.widths = tuple(layer.style.out_features for layer in styled_layers(generator))
        self.film = nn.Linear(size, sum(self.widths), bias=False)
        nn.init.normal_(self.film.weight, std=START)
        channels = dict(zip((FIRST_SIDE, *generator.sizes), generator.config.channels, strict=True))
        self.sides = tuple(side for side in MAP_CHANNELS if side in channels)
        self.thin, self.wide = nn.ModuleList(), nn.ModuleList()
        for side in self.sides:
            self.thin.append(nn.Linear(size, side * side * MAP_CHANNELS[side], bias=False))
            self.wide.append(nn.Conv2d(MAP_CHANNELS[side], channels[side], 1, bias=False))
        for layer in self.thin:
            assert isinstance(layer, nn.Linear)
            nn.init.normal_(layer.weight, std=0.1)

    def forward(self, offsets: Tensor) -> tuple[tuple[Tensor, ...], dict[int, Tensor]]:
        """[N, 2 C] for each styled layer, in their order; [N, C, S, S] by the side S."""
        maps = {}
        for side, thin, wide in zip(self.sides, self.thin, self.wide, strict=True):
            # Channels last, as a reshape in the model file is.
            flat = thin(offsets).view(len(offsets), side, side, MAP_CHANNELS[side]).permute(0, 3, 1, 2)
            maps[side] = wide(flat)
        return self.film(offsets).split(self.widths, dim=1), maps


def styled_layers(generator: CrowdGenerator) -> Sequence[StyledConv]:
    """The generator's styled convolutions in the order of the model file: those that grow, then the residual ones."""
    return [layer for layer in (*generator.grow, *generator.refine) if isinstance(layer, StyledConv)]


class OffsetGenerator(nn.Module):
    """Latent [N, L], offsets [N, K] and raw labels [N, C] -> image [N, 3, S, S], -1 ... 1.

    `generator` is trained, calibrated and frozen; what learns are the maps of `offsets`.
    """

    def __init__(self, generator: CrowdGenerator, size: int = OFFSETS) -> None:
        super().__init__()
        self.generator = generator
        self.offsets = Offsets(generator, size)

    def draw(self, vector: Tensor, labels: Tensor) -> Tensor:
        """The pictures of vectors [N, L + K]: latents, then offsets."""
        latent, offsets = vector.split([self.generator.latent_size, self.offsets.size], dim=1)
        pictures: Tensor = self(latent, offsets, labels)
        return pictures

    def forward(self, latent: Tensor, offsets: Tensor, labels: Tensor) -> Tensor:
        """Draw the pictures. See the class."""
        generator = self.generator
        style = generator.style_of(latent, labels)
        films, maps = self.offsets(offsets)
        change = FeatureChange(dict(zip(styled_layers(generator), films, strict=True)), maps)
        x = generator.features_of(style, change)
        picture = generator.picture_of(x)
        return generator.detail(picture, x, style) if isinstance(generator, DetailedGenerator) else picture
