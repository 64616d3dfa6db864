"""Labels that are measured on a face rather than read by a network: a generated face is measured, and told how far off.

A frozen classifier can be pleased by a spot of paint that no eye takes for a skin tone. What is a mean of pixels can be
differentiated as it is, so that the generator is told exactly what to change: the colour of the whole skin.
The measures are those that prepared pictures got their labels by (trainer/data/light), written for tensors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from trainer.data.light.colour import LUMINANCE, patch_places
from trainer.data.light.locus import DARKEST, LIGHTEST, LOCUS, ROSY, SMALLEST
from trainer.data.light.tone import COUNT, lightness
from trainer.labels.label import Label
from trainer.labels.matrix import by_label
from trainer.labels.number import Number

SOFT = 0.25
"""Differences, in units of the measure, below which the loss is quadratic."""


@dataclass(frozen=True)
class Skin:
    """Where the skin of an aligned face is: eyes `eye_distance` of the side apart, `eye_height` of it from the top."""

    eye_distance: float
    eye_height: float

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> "Skin | None":
        """That of a dataset.json's geometry; None where its pictures are not aligned by the eyes."""
        geometry = metadata.get("geometry") or {}
        if not {"eye_distance", "eye_height"} <= geometry.keys():
            return None
        return cls(float(geometry["eye_distance"]), float(geometry["eye_height"]))

    def colour(self, pictures: Tensor) -> Tensor:
        """The skin's colour, linear RGB [N, 3], of pictures [N, 3, H, W], -1 ... 1.

        The half of the cheeks' and the forehead's pixels that lies nearest to their median luminance, averaged.
        """
        return typical(linear_light(self._patches(pictures)))

    def colour_of_light(self, light: Tensor) -> Tensor:
        """The same, linear RGB [N, 3], of faces that are in linear light [N, 3, H, W] already."""
        return typical(self._patches(light))

    def cheeks(self, light: Tensor) -> tuple[Tensor, Tensor]:
        """The pixels [N, 3, P] of the cheek on the pictures' left and of that on their right, of faces [N, 3, H, W]."""
        left, right, _ = self._apart(light)
        return left.flatten(2), right.flatten(2)

    def _patches(self, pictures: Tensor) -> Tensor:
        """The pixels of the cheeks and the forehead: [N, 3, P]."""
        return torch.cat([part.flatten(2) for part in self._apart(pictures)], dim=2)

    def _apart(self, pictures: Tensor) -> list[Tensor]:
        """The left cheek, the right one, and the forehead: [N, 3, h, w] each."""
        height, width = pictures.shape[2:]
        places = patch_places(height, width, self.eye_distance, self.eye_height)
        return [pictures[:, :, rows, columns] for rows, columns in places]

    def measured(self, name: str, pictures: Tensor) -> Tensor:
        """The measure `name` of every picture of [N, 3, H, W], -1 ... 1: [N], beyond the label's range as well."""
        colour = self.colour(pictures.float()).clamp_min(SMALLEST)
        return skin_tone(colour) if name == "skin_tone" else undertone(colour)


def typical(pixels: Tensor) -> Tensor:
    """The mean colour [N, 3] of the half of the pixels [N, 3, P], linear RGB, nearest to their median luminance."""
    with torch.no_grad():
        own = luminance(pixels.transpose(1, 2))
        distance = (own - own.quantile(0.5, dim=1, keepdim=True)).abs()
        kept = (distance <= distance.quantile(0.5, dim=1, keepdim=True)).to(pixels.dtype)[:, None]
    return (pixels * kept).sum(dim=2) / kept.sum(dim=2)


def linear_light(pictures: Tensor) -> Tensor:
    """Linear light of sRGB values of -1 ... 1 (IEC 61966-2-1), same shape."""
    encoded = ((pictures + 1.0) / 2.0).clamp(0.0, 1.0)
    return torch.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055).pow(2.4))


def luminance(light: Tensor) -> Tensor:
    """Luminance [...] of linear RGB [..., 3]."""
    return light @ torch.from_numpy(LUMINANCE).to(light)


def skin_tone(colour: Tensor) -> Tensor:
    """The tone [N] of skins of linear RGB [N, 3]: see `trainer.data.light.tone`."""
    lightest, darkest = float(lightness(LIGHTEST)), float(lightness(DARKEST))
    own = 116.0 * luminance(colour).pow(1.0 / 3.0) - 16.0
    return 1.0 + (COUNT - 1) * (lightest - own) / (lightest - darkest)


def luminance_of_tone(tone: Tensor) -> Tensor:
    """The luminance [N] of skins of a tone [N]: the inverse of `skin_tone`."""
    lightest, darkest = float(lightness(LIGHTEST)), float(lightness(DARKEST))
    own = lightest - (tone - 1.0) / (COUNT - 1) * (lightest - darkest)
    return ((own + 16.0) / 116.0).pow(3)


def undertone(colour: Tensor) -> Tensor:
    """The undertone [N] of skins of linear RGB [N, 3]: see `trainer.data.light.locus`."""
    red, green, blue = colour.log().unbind(dim=1)
    locus = on_locus(luminance(colour).log())
    off = torch.stack([red - green, blue - green], dim=1) - locus
    return off @ torch.from_numpy(ROSY).to(off)


def on_locus(log_luminance: Tensor) -> Tensor:
    """The ln R/G and ln B/G [N, 2] of skin of these luminances [N], interpolated, constant beyond the table."""
    table = torch.from_numpy(LOCUS).to(log_luminance)
    knots = table[:, 0].log()
    at = log_luminance.clamp(float(np.log(LOCUS[0, 0])), float(np.log(LOCUS[-1, 0])))
    after = torch.bucketize(at.detach(), knots).clamp(1, len(knots) - 1)
    share = (at - knots[after - 1]) / (knots[after] - knots[after - 1])
    return table[after - 1, 1:] + share[:, None] * (table[after, 1:] - table[after - 1, 1:])


@dataclass(frozen=True)
class MeasuredLabels:
    """Those of a run's `labels` that are measured, and where the skin of its pictures is."""

    labels: tuple[Label, ...]
    skin: Skin

    @classmethod
    def of(cls, labels: tuple[Label, ...], metadata: Mapping[str, Any]) -> "MeasuredLabels | None":
        """Those of a dataset; None where no label is measured, or its pictures are not aligned by the eyes."""
        skin = Skin.of(metadata)
        made = None if skin is None else cls(labels, skin)
        return made if made is not None and made.names else None

    @property
    def names(self) -> list[str]:
        """What they are called."""
        return [label.name for label in self.labels if isinstance(label, Number) and label.measured]

    def loss(self, pictures: Tensor, matrix: Tensor) -> Tensor:
        """How far generated pictures lie from what was asked: a scalar in units of the measures, summed over labels.

        `pictures` [N, 3, H, W], -1 ... 1; `matrix` [N, C] the raw labels.
        """
        total = pictures.new_zeros(())
        for name, asked in self.asked(matrix).items():
            total = total + functional.smooth_l1_loss(self.skin.measured(name, pictures), asked, beta=SOFT)
        return total

    def asked(self, matrix: Tensor) -> dict[str, Tensor]:
        """What raw labels [N, C] ask of each measured label: [N], by name."""
        return {name: part[:, 0] for name, part in by_label(matrix, self.labels).items() if name in self.names}
