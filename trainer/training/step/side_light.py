"""What is left of the lamp on generated faces: how much brighter one side is than the other, and what that costs.

Evening takes the low orders of the light out of training pictures; edges of shadows stay, and the generator learns
them. Told how far its own faces are off, it leaves them out, while the discriminator hardly misses them.
"""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from trainer.data.light.locus import SMALLEST
from trainer.training.step.measured import Skin, linear_light, luminance, typical

BELOW, TALL, WIDE, STRIPE = 0.46, 0.96, 0.74, 0.06
"""A face's oval, in eye distances: its middle below the eyes, half its height and width, and the half width of what
lies between its halves. That of `trainer.data.faces.measures.measure_evenness`."""
EVEN_ENOUGH = 0.16
"""Side light in which no lamp is seen yet: a fifth of evened photographs have more. Less would cost likeness to those:
the photographs below 0.1 have a Frechet distance of 19.5 to others, those below 0.15 19.0, all of them 18.6."""


def side_light(pictures: Tensor, skin: Skin) -> Tensor:
    """How much brighter the left is than the right, natural logarithms [N, 2], of pictures [N, 3, H, W], -1 ... 1.

    Of the halves of the face's oval, and of the cheeks; of each the half of the pixels nearest to their median
    luminance counts, so that hair over less than that changes little.
    """
    light = linear_light(pictures.float())
    halves = [light.flatten(2)[:, :, half] for half in _halves(light.shape[2], light.shape[3], skin, light.device)]
    bright = [luminance(typical(side)).clamp_min(SMALLEST).log() for side in (*halves, *skin.cheeks(light))]
    return torch.stack([bright[0] - bright[1], bright[2] - bright[3]], dim=1)


def side_light_loss(pictures: Tensor, skin: Skin) -> Tensor:
    """How far the side light of pictures [N, 3, H, W], -1 ... 1, exceeds what no lamp is seen in: a scalar."""
    return functional.relu(side_light(pictures, skin).abs() - EVEN_ENOUGH).sum(dim=1).mean()


@lru_cache
def _halves(height: int, width: int, skin: Skin, device: torch.device) -> tuple[Tensor, Tensor]:
    """Indices of the pixels of the oval's left half and of its right half, on the device: no step waits for them."""
    unit = skin.eye_distance * width
    down = ((torch.arange(height) + 0.5 - skin.eye_height * height) / unit - BELOW)[:, None]
    across = (torch.arange(width) + 0.5 - width / 2) / unit
    inside = (down / TALL).square() + (across / WIDE).square() < 1
    left, right = (inside & (side > STRIPE) for side in (-across, across))
    return left.flatten().nonzero()[:, 0].to(device), right.flatten().nonzero()[:, 0].to(device)
