"""The `crowd` networks: a small generator that every artist pays for, a larger discriminator that nobody does.

The generator maps latent and labels to a style, which scales and shifts the batch norm after every convolution (FiLM);
the last doubling is a pixel shuffle, followed by a thin 3x3 convolution that cannot show its grid. The discriminator
starts with a pixel unshuffle, ends with a minibatch standard deviation (Karras et al. 2018, sec. 3) taken within
groups of like-labelled pictures, and reads the labels by projection (Miyato & Koyama 2018).
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.config import CrowdDiscriminatorConfig, CrowdGeneratorConfig
from trainer.labels.label import Label
from trainer.networks.batch_norm import BatchNorm
from trainer.networks.label_code import KnotCode

SLOPE = 0.2
SMALL = 0.02
FIRST_SIDE = 4
"""Of the first feature maps, in pixels."""


def he(layer: nn.Linear | nn.Conv2d, gain: float = 1.0) -> None:
    """He initialisation for a leaky ReLU of slope 0.2 (He et al. 2015), times `gain`; biases 0.

    PyTorch's default shrinks the signal layer by layer until the discriminator is dead.
    """
    nn.init.kaiming_normal_(layer.weight, a=SLOPE)
    with torch.no_grad():
        layer.weight.mul_(gain)
        if layer.bias is not None:
            layer.bias.zero_()


def linear(inputs: int, outputs: int, gain: float = 1.0) -> nn.Linear:
    """A linear layer, He-initialised times `gain`."""
    layer = nn.Linear(inputs, outputs)
    he(layer, gain)
    return layer


def conv(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, *, bias: bool = True, gain: float = 1.0
) -> nn.Conv2d:
    """A convolution that keeps the size (stride 1) or halves it (stride 2), He-initialised times `gain`."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding=(kernel - 1) // 2, bias=bias)
    he(layer, gain)
    return layer


def shuffled_conv(inputs: int, outputs: int) -> nn.Conv2d:
    """A 3x3 convolution to 4 * `outputs` channels for a pixel shuffle, whose four phases start out the same.

    A shuffle of independent phases starts as a grid that training takes long to lose (ICNR, Aitken et al. 2017).
    """
    layer = conv(inputs, 4 * outputs)
    with torch.no_grad():
        layer.weight.copy_(layer.weight[::4].repeat_interleave(4, dim=0))
    return layer


class GridFreeConv(nn.Conv2d):
    """A 3x3 convolution that cannot pass on a pattern that changes from each pixel to the next, across or down.

    In both directions a row of taps w becomes w - (w . a) u with a = (1, -1, 1) and u = (1, -2, 1) / 4: the response
    at the highest frequency, where a shuffle leaves its weave and a discriminator hardly looks, is zero whatever is
    learnt, and that of flat areas stays as it was. A lone middle tap becomes the binomial blur.
    """

    def __init__(self, inputs: int, outputs: int, gain: float = 1.0) -> None:
        super().__init__(inputs, outputs, 3, padding=1)
        he(self, gain)
        without = torch.eye(3) - torch.outer(torch.tensor([1.0, -1.0, 1.0]), torch.tensor([0.25, -0.5, 0.25]))
        self.register_buffer("without_grid", without, persistent=False)
        self.without_grid: Tensor

    def kernel(self) -> Tensor:
        """The kernel [outputs, inputs, 3, 3] that the pictures meet."""
        return self.without_grid.T @ self.weight @ self.without_grid

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, O, H, W]."""
        return functional.conv2d(x, self.kernel(), self.bias, padding=1)


MEETING = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""Which of three taps meet the pixel that row `i` of a transposed kernel of stride 2 spreads out."""


def enlarging_kernel(weight: Tensor, meeting: Tensor = MEETING) -> Tensor:
    """A 3x3 kernel [O, C, 3, 3] for a map doubled by nearest neighbours, as one for the map as it is: [C, O, 4, 4].

    An output pixel's 3x3 taps meet 2x2 different pixels only. Adding up the taps that meet the same one gives the
    kernel of a transposed convolution of stride 2 and padding 1: the same values for four ninths of the multiply-adds.
    """
    return (meeting @ weight @ meeting.T).transpose(0, 1)


class EnlargingConv(nn.Conv2d):
    """A 3x3 convolution of a map doubled by nearest neighbours, computed from the map as it is."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1, bias=False)
        he(self)
        self.register_buffer("meeting", MEETING.clone(), persistent=False)
        self.meeting: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, O, 2 H, 2 W]."""
        return functional.conv_transpose2d(x, enlarging_kernel(self.weight, self.meeting), stride=2, padding=1)


def act(x: Tensor) -> Tensor:
    """Leaky ReLU, slope 0.2."""
    return functional.leaky_relu(x, SLOPE)


def normalise(x: Tensor) -> Tensor:
    """Each row [N, L] scaled to a mean square of 1."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


class StyledConv(nn.Module):
    """3x3 convolution (after an optional x2 nearest), batch norm, scale and shift from the style, leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, style: int, *, upsample: bool) -> None:
        super().__init__()
        self.upsample = upsample
        self.conv = EnlargingConv(inputs, outputs) if upsample else conv(inputs, outputs, bias=False)
        self.norm = BatchNorm(outputs)
        self.style = linear(style, 2 * outputs, gain=0.25)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """X [N, C, H, W], style [N, S] -> [N, O, H or 2H, W or 2W]."""
        x = self.norm(self.conv(x))
        scale, shift = self.style(style)[:, :, None, None].chunk(2, dim=1)
        return act(x * (1.0 + scale) + shift)


def silent_residual(width: int, style: int) -> StyledConv:
    """A styled convolution whose result starts out as zero, whatever the style.

    Added to a trained generator it changes no picture, and a new one starts as shallow as it can be (the zero-gamma
    residuals of Goyal et al. 2017, sec. 5.1).
    """
    layer = StyledConv(width, width, style, upsample=False)
    silence(layer)
    return layer


@torch.no_grad()
def silence(layer: StyledConv) -> None:
    """Make the layer's result zero, whatever the style, until it has learnt."""
    layer.style.weight.zero_()
    layer.style.bias[: layer.style.out_features // 2] = -1.0


class CrowdGenerator(nn.Module):
    """Latent [N, L] and raw labels [N, C] -> image [N, 3, S, S], -1 ... 1.

    `config.channels` are the widths from 4x4 upwards, `config.residual_sizes` the sides of the feature maps that have a
    residual convolution, once for each; the picture's side is 8 * 2 ** (len(channels) - 1), because the
    last doubling is the pixel shuffle.
    """

    def __init__(self, config: CrowdGeneratorConfig, labels: Sequence[Label]) -> None:
        super().__init__()
        self.config = config
        self.latent_size = config.latent_size
        self.label_code = KnotCode(labels)
        style = config.style_size
        self.embed = nn.Linear(self.label_code.size, config.label_size)
        nn.init.normal_(self.embed.weight, std=config.label_gain / math.sqrt(3.0))
        nn.init.zeros_(self.embed.bias)
        self.mapping = nn.ModuleList([linear(config.latent_size + config.label_size, style), linear(style, style)])
        first = config.channels[0]
        self.base = linear(style, first * 16)
        self.base_norm = BatchNorm(first)
        self.grow = nn.ModuleList(StyledConv(a, b, style, upsample=True) for a, b in pairwise(config.channels))
        width_at = dict(zip(self.sizes, config.channels[1:], strict=True))
        if unknown := set(config.residual_sizes) - set(width_at):
            raise ValueError(f"no feature map of side {sorted(unknown)}; there are {list(width_at)}")
        self.refine = nn.ModuleList(silent_residual(width_at[size], style) for size in config.residual_sizes)
        self.to_shuffle = shuffled_conv(config.channels[-1], config.tail_channels)
        self.to_rgb = GridFreeConv(config.tail_channels, 3, gain=0.5)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sides of the feature maps after each doubling: 8, 16, ..."""
        return tuple(8 * 2**index for index in range(len(self.config.channels) - 1))

    @property
    def resolution(self) -> int:
        """Side of the picture in pixels."""
        return 2 * self.sizes[-1]

    def residuals_at(self, size: int) -> list[nn.Module]:
        """The residual convolutions at the feature maps of side `size`, in their order."""
        return [layer for side, layer in zip(self.config.residual_sizes, self.refine, strict=True) if side == size]

    def style_of(self, latent: Tensor, labels: Tensor) -> Tensor:
        """The style [N, S] of a latent [N, L] and raw labels [N, C]."""
        x = torch.cat([normalise(latent), self.embed(self.label_code(labels))], dim=1)
        for layer in self.mapping:
            x = act(layer(x))
        return x

    @torch.no_grad()
    def vary(self, factor: float) -> None:
        """Give the latent `factor` times its say in the style, beside the labels.

        Below 1 faces come nearer to the typical one of their labels, above 1 they go farther from it: the truncation
        trick (Karras et al. 2019, sec. B), and its reverse.
        """
        first = self.mapping[0]
        assert isinstance(first, nn.Linear)
        first.weight[:, : self.latent_size] *= factor

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        """Draw the pictures. See the class."""
        return self.picture_of(self.features_of(self.style_of(latent, labels)))

    def features_of(self, style: Tensor) -> Tensor:
        """The largest feature maps [N, C, S / 2, S / 2] of a style [N, S]."""
        # The reshape is channels-last, as the model file's is: [N, 4, 4, C].
        x: Tensor = self.base(style).view(len(style), FIRST_SIDE, FIRST_SIDE, -1).permute(0, 3, 1, 2)
        x = act(self.base_norm(x))
        for size, grow in zip(self.sizes, self.grow, strict=True):
            x = grow(x, style)
            for refine in self.residuals_at(size):
                x = x + refine(x, style)
        return x

    def picture_of(self, features: Tensor) -> Tensor:
        """The picture [N, 3, S, S] of the largest feature maps."""
        x = act(functional.pixel_shuffle(self.to_shuffle(features), 2))
        # In half precision the brightest levels of a byte would fall together.
        with torch.autocast(x.device.type, enabled=False):
            return torch.tanh(self.to_rgb(x.float()))


class ResidualConv(nn.Module):
    """x + 3x3 convolution of x, halved in variance, so that depth does not blow the signal up."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> the same shape."""
        return (x + act(self.conv(x))) * math.sqrt(0.5)


def minibatch_deviation(x: Tensor, group: int, maps: int) -> Tensor:
    """How much the members of each group of `group` consecutive pictures differ, as `maps` constant planes.

    x [N, C, H, W] with N a multiple of `group` -> [N, maps, H, W]. The batch is ordered by bin, so that a group holds
    pictures of one sex and age: a generator that draws one face for each group is found out.
    """
    count, channels, height, width = x.shape
    grouped = x.reshape(count // group, group, maps, channels // maps, height, width)
    # Spelt out: `var` over an inner dimension is ten times as slow on a CPU.
    variance = (grouped - grouped.mean(dim=1, keepdim=True)).square().mean(dim=1)
    deviation = (variance + 1e-8).sqrt().mean(dim=(2, 3, 4))
    planes = deviation.repeat_interleave(group, dim=0)
    return planes[:, :, None, None].expand(-1, -1, height, width)


class CrowdDiscriminator(nn.Module):
    """Image [N, 3, S, S] and raw labels [N, C] -> logit [N].

    The batch is a run of groups of `config.deviation_group` like-labelled pictures.
    """

    def __init__(self, config: CrowdDiscriminatorConfig, labels: Sequence[Label], resolution: int) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        if resolution // 2 ** len(widths) != 4:
            raise ValueError(f"{len(widths)} widths do not bring {resolution} px down to 4 px")
        self.entry = conv(12, widths[0])
        stages: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            stages.append(conv(inputs, outputs, kernel=4, stride=2))
            stages += [ResidualConv(outputs) for _ in range(config.residuals)]
        self.stages = nn.ModuleList(stages)
        self.last = conv(widths[-1] + config.deviation_maps, widths[-1])
        self.features = linear(widths[-1] * 16, config.feature_size)
        self.logit = nn.Linear(config.feature_size, 1)
        self.label_code = KnotCode(labels)
        self.project = nn.Linear(self.label_code.size, config.feature_size, bias=False)
        nn.init.normal_(self.logit.weight, std=SMALL)
        nn.init.zeros_(self.logit.bias)
        nn.init.normal_(self.project.weight, std=SMALL)

    def entered(self, image: Tensor) -> Tensor:
        """What enters the stages [N, C, S / 2, S / 2], before the activation."""
        entered: Tensor = self.entry(functional.pixel_unshuffle(image, 2))
        return entered

    def forward(self, image: Tensor, labels: Tensor) -> Tensor:
        """Judge the pictures. See the class."""
        return self.looked_at(image, labels)[1]

    def looked_at(self, image: Tensor, labels: Tensor) -> tuple[list[Tensor], Tensor]:
        """The feature map of every side, and the logits [N]."""
        x, maps = act(self.entered(image)), []
        for stage in self.stages:
            if isinstance(stage, ResidualConv):
                x = stage(x)
            else:
                maps.append(x)
                x = act(stage(x))
        maps.append(x)
        spread = minibatch_deviation(x, self.config.deviation_group, self.config.deviation_maps)
        x = act(self.last(torch.cat([x, spread], dim=1)))
        features = act(self.features(x.flatten(1)))
        logit: Tensor = self.logit(features).squeeze(1)
        projected: Tensor = self.project(self.label_code(labels)) * features
        return maps, logit + projected.sum(dim=1)
