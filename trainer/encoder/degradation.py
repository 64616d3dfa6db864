"""What happens to a face between a camera and a crop.

Blur, another white balance and exposure, noise, a slip of the crop; and, for the likeness network alone, mirroring and
something in front.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from trainer.training.step.augmentation import cut_out

BINOMIAL = (1.0, 4.0, 6.0, 4.0, 1.0)


@dataclass(frozen=True)
class Degradation:
    """How far pictures are changed at most, or in standard deviations.

    `shift`, `zoom`: shares of the side; `turn` degrees; `blur` 0 ... 1, the share of a blurred copy; `colour`, `level`,
    `contrast` and `noise` standard deviations on a scale of -1 ... 1; `mirrored`, `covered` probabilities.
    """

    shift: float = 0.02
    zoom: float = 0.03
    turn: float = 2.0
    blur: float = 0.8
    colour: float = 0.03
    level: float = 0.05
    contrast: float = 0.08
    noise: float = 0.02
    mirrored: float = 0.0
    covered: float = 0.0


SLIGHT = Degradation()
STRONG = Degradation(0.06, 0.08, 6.0, 1.0, 0.08, 0.15, 0.2, 0.04, 0.5, 0.4)
COVER = 0.33
"""Side of what is in front, as a share of the picture's."""


def degraded(images: Tensor, how: Degradation, randomness: Generator) -> Tensor:
    """`images` [N, 3, H, W], -1 ... 1, each changed in its own way. Keeps shape and memory format."""
    count, device = len(images), images.device
    uniform = torch.rand(count, 8, generator=randomness, device=device)
    normal = torch.randn(count, 5, generator=randomness, device=device)
    images = slipped(images, uniform, how)
    images = blurred(images, how.blur * uniform[:, 4])
    images = recoloured(images, normal, how)
    if how.noise > 0:
        images = images + how.noise * torch.randn(images.shape, generator=randomness, device=device)
    if how.covered > 0:
        images = cut_out(images, uniform[:, 5:8], how.covered, COVER)
    return images.contiguous(memory_format=torch.channels_last)


def slipped(images: Tensor, uniform: Tensor, how: Degradation) -> Tensor:
    """Moved, zoomed, turned and, by their fraction, mirrored; beyond the border the picture is mirrored."""
    draws = 2.0 * uniform[:, :4] - 1.0
    scale, angle = (1.0 + how.zoom) ** draws[:, 2], math.radians(how.turn) * draws[:, 3]
    flip = 1.0 - 2.0 * (uniform[:, 7] < how.mirrored).to(images.dtype)
    along, across = scale * torch.cos(angle), scale * torch.sin(angle)
    moved = 2.0 * how.shift * draws[:, :2]
    rows = torch.stack([along * flip, -across, moved[:, 0], across * flip, along, moved[:, 1]], dim=1)
    grid = functional.affine_grid(rows.view(-1, 2, 3), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def blurred(images: Tensor, share: Tensor) -> Tensor:
    """Each picture mixed with a blurred copy of itself, `share` [N] of it."""
    row = images.new_tensor(BINOMIAL) / sum(BINOMIAL)
    kernel = torch.outer(row, row).expand(images.shape[1], 1, 5, 5)
    soft = functional.conv2d(functional.pad(images, (2, 2, 2, 2), "reflect"), kernel, groups=images.shape[1])
    return images + share[:, None, None, None] * (soft - images)


def recoloured(images: Tensor, normal: Tensor, how: Degradation) -> Tensor:
    """Another white balance, exposure and contrast. `normal` [N, 5]."""
    colour, level, contrast = how.colour * normal[:, :3], how.level * normal[:, 3:4], how.contrast * normal[:, 4:5]
    return images * (1.0 + contrast)[:, :, None, None] + (colour + level)[:, :, None, None]
