"""The 2016 system's networks, to the letter (Sanche 2016; github daniel-sanche/FaceGen where the text is silent).

Batch norm stands after the activation and is *per activation*: a mean and a variance for every pixel and channel, over
the batch alone, with epsilon 1e-8. The original kept no running averages; these do, for sampling.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.config import PaperDiscriminatorConfig, PaperGeneratorConfig
from trainer.labels.label import Label
from trainer.networks.batch_norm import batch_moments
from trainer.networks.label_code import PlainCode

EPSILON = 1e-8
WEIGHT_DEVIATION = 0.02
BIAS = 0.1


def initialise(module: nn.Module) -> None:
    """Weights from a normal of deviation 0.02 cut off at two deviations, biases 0.1."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.trunc_normal_(layer.weight, std=WEIGHT_DEVIATION, a=-2 * WEIGHT_DEVIATION, b=2 * WEIGHT_DEVIATION)
            if layer.bias is not None:
                nn.init.constant_(layer.bias, BIAS)


class ActivationNorm(nn.Module):
    """Batch norm per activation: every position of every feature is normalised over the batch, then scaled and shifted.

    `momentum` is the share of each new batch in the running averages.
    """

    def __init__(self, *shape: int, momentum: float = 0.01) -> None:
        super().__init__()
        self.momentum = momentum
        self.scale = nn.Parameter(torch.ones(shape))
        self.shift = nn.Parameter(torch.zeros(shape))
        self.register_buffer("running_mean", torch.zeros(shape))
        self.register_buffer("running_var", torch.ones(shape))

    def forward(self, x: Tensor) -> Tensor:
        """[N, *shape] -> the same shape."""
        if self.training:
            mean, variance = batch_moments(x, (0,))
            with torch.no_grad():
                self.get_buffer("running_mean").lerp_(mean.float(), self.momentum)
                self.get_buffer("running_var").lerp_(variance.float(), self.momentum)
        else:
            mean, variance = self.get_buffer("running_mean"), self.get_buffer("running_var")
        return (x - mean) * torch.rsqrt(variance + EPSILON) * self.scale + self.shift


class PaperGenerator(nn.Module):
    """Latent [N, 100] (uniform -1 ... 1) and raw labels [N, C] -> image [N, 3, 64, 64], -1 ... 1."""

    def __init__(self, config: PaperGeneratorConfig, labels: Sequence[Label]) -> None:
        super().__init__()
        self.config = config
        self.latent_size = config.latent_size
        self.label_code = PlainCode(labels)
        first = config.channels[0]
        self.hidden = nn.Linear(self.label_code.size + config.latent_size, config.hidden)
        self.hidden_norm = ActivationNorm(config.hidden)
        self.base = nn.Linear(config.hidden, first * 64)
        self.base_norm = ActivationNorm(first, 8, 8)
        self.grow = nn.ModuleList(nn.ConvTranspose2d(a, b, 3, padding=1) for a, b in pairwise(config.channels))
        self.grow_norms = nn.ModuleList(
            ActivationNorm(width, 8 * 2**index, 8 * 2**index)
            for index, width in enumerate(config.channels[1:], start=1)
        )
        initialise(self)

    @property
    def resolution(self) -> int:
        """Side of the picture in pixels."""
        return 8 << len(self.grow)

    def forward(self, latent: Tensor, labels: Tensor) -> Tensor:
        """Draw the pictures. See the class."""
        x = torch.cat([self.label_code(labels), latent], dim=1)
        x = self.hidden_norm(functional.relu(self.hidden(x)))
        # The reshape is channels-last, as TensorFlow's was and the model file's is.
        x = functional.relu(self.base(x)).view(len(x), 8, 8, -1).permute(0, 3, 1, 2)
        x = self.base_norm(x)
        for convolution, norm in zip(self.grow, self.grow_norms, strict=True):
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = norm(functional.relu(convolution(x)))
        return torch.tanh(x)


class PaperDiscriminator(nn.Module):
    """Image [N, 3, 64, 64] and raw labels [N, C] -> logit [N]."""

    def __init__(self, config: PaperDiscriminatorConfig, labels: Sequence[Label], resolution: int) -> None:
        super().__init__()
        self.config = config
        self.label_code = PlainCode(labels)
        extra = self.label_code.size
        widths = (3 + extra, *config.channels)
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        side = resolution // 2 ** len(config.channels)
        self.hidden = nn.Linear(config.channels[-1] * side * side + extra, config.hidden)
        self.logit = nn.Linear(config.hidden, 1)
        initialise(self)

    def forward(self, image: Tensor, labels: Tensor) -> Tensor:
        """Judge the pictures. See the class."""
        code = self.label_code(labels)
        planes = code[:, :, None, None].expand(-1, -1, *image.shape[2:])
        x = torch.cat([image, planes], dim=1)
        for convolution in self.convolutions:
            # The original pools behind its ReLU; the order makes no difference, but this one rectifies a fourth.
            x = functional.relu(functional.max_pool2d(convolution(x), 2))
        x = torch.cat([x.flatten(1), code], dim=1)
        logit: Tensor = self.logit(functional.relu(self.hidden(x)))
        return logit.squeeze(1)
