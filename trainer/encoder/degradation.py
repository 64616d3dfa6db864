"""What happens to a face between a camera and a crop.

Blur, another white balance and exposure, noise, a slip of the crop.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

BINOMIAL = (1.0, 4.0, 6.0, 4.0, 1.0)


@dataclass(frozen=True)
class Degradation:
    """How far pictures are changed at most, or in standard deviations.

    `shift`, `zoom`: shares of the side; `turn` degrees; `blur` 0 ... 1, the share of a blurred copy; `colour`, `level`,
    `contrast` and `noise` standard deviations on a scale of -1 ... 1.
    """

    shift: float = 0.02
    zoom: float = 0.03
    turn: float = 2.0
    blur: float = 0.8
    colour: float = 0.03
    level: float = 0.05
    contrast: float = 0.08
    noise: float = 0.02


SLIGHT = Degradation()


def degraded(images: Tensor, randomness: Generator, how: Degradation = SLIGHT) -> Tensor:
    """`images` [N, 3, H, W], -1 ... 1, each changed in its own way. Keeps shape and memory format."""
    count, device = len(images), images.device
    uniform = torch.rand(count, 5, generator=randomness, device=device)
    normal = torch.randn(count, 5, generator=randomness, device=device)
    images = slipped(images, uniform, how)
    images = blurred(images, how.blur * uniform[:, 4])
    images = recoloured(images, normal, how)
    if how.noise > 0:
        images = images + how.noise * torch.randn(images.shape, generator=randomness, device=device)
    return images.contiguous(memory_format=torch.channels_last)


def slipped(images: Tensor, uniform: Tensor, how: Degradation) -> Tensor:
    """Moved, zoomed and turned; beyond the border the picture is mirrored."""
    draws = 2.0 * uniform[:, :4] - 1.0
    scale, angle = (1.0 + how.zoom) ** draws[:, 2], math.radians(how.turn) * draws[:, 3]
    along, across = scale * torch.cos(angle), scale * torch.sin(angle)
    moved = 2.0 * how.shift * draws[:, :2]
    rows = torch.stack([along, -across, moved[:, 0], across, along, moved[:, 1]], dim=1)
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
