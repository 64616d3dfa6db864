"""A trained `crowd` generator that also takes offsets: what a likeness needs beyond what latent and labels can say.

Offsets [N, K] are the coordinates of a small picture in a basis: the principal components of what the generator's
faces leave out of photographs (Turk & Pentland 1991, "Eigenfaces", of a difference instead of a face). That picture,
enlarged, is added to the generator's. Where offsets are 0 pictures are the generator's own, and since it is the same
picture at every age and of either sex, those change as they do without.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.networks.crowd import CrowdGenerator
from trainer.networks.detail import DetailedGenerator

OFFSETS = 256
"""How many numbers the offsets of a person are."""
LARGEST = 32
"""Side of the small picture, at most: half of a picture of 64 pixels."""
SOFT = (0.25, 0.5, 0.25)
"""What turns a picture doubled by nearest neighbours into one doubled bilinearly."""


class Offsets(nn.Module):
    """Offsets [N, K] -> what is added to pictures, [N, 3, `side`, `side`]. The basis begins as nothing."""

    def __init__(self, side: int, size: int = OFFSETS) -> None:
        super().__init__()
        self.size, self.side, self.small = size, side, min(LARGEST, side)
        self.doublings = (side // self.small).bit_length() - 1
        if side != self.small * 2**self.doublings:
            raise ValueError(f"no offsets for pictures of {side} pixels")
        self.basis = nn.Linear(size, 3 * self.small**2, bias=False)
        nn.init.zeros_(self.basis.weight)
        row = torch.tensor(SOFT)
        kernel = torch.zeros(3, 3, 3, 3)
        kernel[range(3), range(3)] = torch.outer(row, row)
        self.register_buffer("softening", kernel, persistent=False)
        self.softening: Tensor

    @property
    def fitted(self) -> bool:
        """Whether there is a basis yet."""
        return bool(self.basis.weight.any())

    def forward(self, offsets: Tensor) -> Tensor:
        """See the class."""
        # Channels last, as a reshape in the model file is.
        x = self.basis(offsets).view(len(offsets), self.small, self.small, 3).permute(0, 3, 1, 2)
        for _ in range(self.doublings):
            x = functional.conv2d(functional.interpolate(x, scale_factor=2), self.softening, padding=1)
        return x


class OffsetGenerator(nn.Module):
    """Latent [N, L], offsets [N, K] or none, and raw labels [N, C] -> image [N, 3, S, S], -1 ... 1.

    `generator` is trained, calibrated and frozen.
    """

    def __init__(self, generator: CrowdGenerator, size: int = OFFSETS) -> None:
        super().__init__()
        self.generator = generator
        self.offsets = Offsets(2 * generator.sizes[-1], size)

    def draw(self, vector: Tensor, labels: Tensor) -> Tensor:
        """The pictures of vectors [N, L + K]: latents, then offsets."""
        latent, offsets = vector.split([self.generator.latent_size, self.offsets.size], dim=1)
        pictures: Tensor = self(latent, offsets, labels)
        return pictures

    def completed(self, drawn: Tensor, vector: Tensor, labels: Tensor) -> Tensor:
        """The pictures of vectors [N, L + K], of which `drawn` [N, 3, S, S] are those without offsets."""
        if isinstance(self.generator, DetailedGenerator):
            return self.draw(vector, labels)
        return (drawn + self.offsets(vector[:, self.generator.latent_size :])).clamp(-1.0, 1.0)

    def forward(self, latent: Tensor, offsets: Tensor | None, labels: Tensor) -> Tensor:
        """Draw the pictures. See the class."""
        generator = self.generator
        style = generator.style_of(latent, labels)
        features = generator.features_of(style)
        picture = generator.picture_of(features)
        if offsets is not None:
            picture = (picture + self.offsets(offsets)).clamp(-1.0, 1.0)
        return generator.detail(picture, features, style) if isinstance(generator, DetailedGenerator) else picture
