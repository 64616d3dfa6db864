"""Differentiable augmentation of what the discriminator sees (DiffAugment, Zhao et al. 2020).

Each change has its own probability: a change that every picture undergoes cannot be told from the data and leaks into
the samples (Karras et al. 2020, "Training GANs with limited data", sec. 2.2).
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from trainer.config import AugmentationConfig

DRAWS = 15


def draw(count: int, generator: Generator) -> Tensor:
    """The random numbers of one call: [N, DRAWS], 0 ... 1, on the generator's device."""
    return torch.rand(count, DRAWS, generator=generator, device=generator.device)


def augmented(images: Tensor, draws: Tensor, config: AugmentationConfig) -> Tensor:
    """`images` [N, 3, H, W], -1 ... 1, each changed by its row of `draws` [N, DRAWS]. Keeps shape and memory format."""
    if config.colour > 0:
        images = colour(images, draws[:, :6], config.colour)
    if config.translation > 0 or config.zoom > 0:
        images = placed(images, draws[:, 6:9], draws[:, 12:15], config)
    if config.cutout > 0:
        images = cut_out(images, draws[:, 9:12], config.cutout, config.cutout_share)
    return images


def colour(images: Tensor, draws: Tensor, probability: float) -> Tensor:
    """Brightness +-0.5, saturation x 0 ... 2, contrast x 0.5 ... 1.5, each with `probability`. draws [N, 6]."""
    happens = (draws[:, 3:] < probability).to(images.dtype)[:, :, None, None]
    amount = draws[:, :3].to(images.dtype)[:, :, None, None]
    brightness = (amount[:, 0:1] - 0.5) * happens[:, 0:1]
    saturation = 1.0 + (2.0 * amount[:, 1:2] - 1.0) * happens[:, 1:2]
    contrast = 1.0 + (amount[:, 2:3] - 0.5) * happens[:, 2:3]
    images = images + brightness
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * saturation
    level = images.mean(dim=(1, 2, 3), keepdim=True)
    return level + (images - level) * contrast


def placed(images: Tensor, shift: Tensor, zoom: Tensor, config: AugmentationConfig) -> Tensor:
    """Moved by whole pixels; zoomed and turned; each with its own probability. Mid-grey beyond the border.

    `shift`, `zoom` [N, 3] are draws: two amounts and whether it happens. A picture that is only moved is not resampled.
    """
    count, _, height, width = images.shape
    size = torch.cat([images.new_full((1,), side) for side in (width, height)])
    moves = (shift[:, 2:3] < config.translation).to(images.dtype)
    pixels = torch.round((2.0 * shift[:, :2] - 1.0) * config.translation_share * size) * moves
    zooms = (zoom[:, 2] < config.zoom).to(images.dtype)
    scale = (1.0 + config.zoom_share) ** ((2.0 * zoom[:, 0] - 1.0) * zooms)
    angle = math.radians(config.turn_degrees) * (2.0 * zoom[:, 1] - 1.0) * zooms
    along, across = scale * torch.cos(angle), scale * torch.sin(angle)
    rows = torch.stack([along, -across, across, along], dim=1).view(count, 2, 2)
    theta = torch.cat([rows, (2.0 * pixels / size)[:, :, None]], dim=2)
    grid = functional.affine_grid(theta, [count, 1, height, width], align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def cut_out(images: Tensor, draws: Tensor, probability: float, share: float) -> Tensor:
    """A grey square of `share` of the side, anywhere, with `probability`. draws [N, 3]."""
    height, width = images.shape[2:]
    rows = torch.arange(height, device=images.device)
    columns = torch.arange(width, device=images.device)
    happens = draws[:, 2:3] < probability
    in_rows = (rows - draws[:, 0:1] * height).abs() < share * height / 2
    in_columns = (columns - draws[:, 1:2] * width).abs() < share * width / 2
    hole = (in_rows & happens)[:, None, :, None] & in_columns[:, None, None, :]
    return images * (~hole).to(images.dtype)
