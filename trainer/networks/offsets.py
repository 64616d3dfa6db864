"""A trained `crowd` generator that also takes offsets: what a likeness needs beyond what latent and labels can say.

Offsets [N, K + 1] are the coordinates of a small picture in a basis, the principal components of what the generator's
faces leave out of photographs (Turk & Pentland 1991, "Eigenfaces", of a difference instead of a face), and a 1. That
picture, enlarged, is added to the generator's, and so is, times the 1, one for each sex and age: how much farther the
average photographs of these lie apart than the generator's faces of one latent do (Rowland & Perrett 1995,
"Manipulating facial appearance through shape and color"). Where offsets are 0 pictures are the generator's own.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.labels.label import Label
from trainer.labels.matrix import by_label
from trainer.networks.crowd import CrowdGenerator
from trainer.networks.detail import DetailedGenerator
from trainer.networks.label_code import KnotCode

KNOWN = ("sex", "age")
"""Labels that are told with a photograph."""
COMPONENTS = 192
"""How many numbers say what is a person's own: as many as a model file of 8 MB has room for."""
LARGEST = 32
"""Side of the small picture, at most: half of a picture of 64 pixels."""
SOFT = (0.25, 0.5, 0.25)
"""What turns a picture doubled by nearest neighbours into one doubled bilinearly."""


def known_labels(labels: Sequence[Label]) -> tuple[Label, ...]:
    """Those of a model's labels that are told with a photograph."""
    return tuple(label for label in labels if label.name in KNOWN)


def known_columns(matrix: Tensor, labels: Sequence[Label]) -> Tensor:
    """The columns [N, C] of these in a raw label matrix of all `labels`."""
    own = [part for name, part in by_label(matrix, labels).items() if name in KNOWN]
    return torch.cat([matrix[:, :0], *own], dim=1)


class Offsets(nn.Module):
    """Offsets [N, K + 1], known labels [N, C] -> what is added to pictures [N, 3, `side`, `side`]; nothing at first."""

    def __init__(self, labels: Sequence[Label], side: int, components: int = COMPONENTS) -> None:
        super().__init__()
        self.components, self.small = components, min(LARGEST, side)
        self.doublings = (side // self.small).bit_length() - 1
        if side != self.small * 2**self.doublings:
            raise ValueError(f"no offsets for pictures of {side} pixels")
        self.code = KnotCode(known_labels(labels))
        self.basis = nn.Linear(components, 3 * self.small**2, bias=False)
        self.prototypes = nn.Linear(self.code.size, 3 * self.small**2, bias=False)
        nn.init.zeros_(self.basis.weight)
        nn.init.zeros_(self.prototypes.weight)
        row = torch.tensor(SOFT)
        kernel = torch.zeros(3, 3, 3, 3)
        kernel[range(3), range(3)] = torch.outer(row, row)
        self.register_buffer("softening", kernel, persistent=False)
        self.softening: Tensor

    @property
    def size(self) -> int:
        """Numbers of a person's offsets."""
        return self.components + 1

    def of_labels(self, known: Tensor) -> Tensor:
        """What sex and age alone add: small pictures, flat and channels last, of known labels [N, C]."""
        added: Tensor = self.prototypes(self.code(known))
        return added

    def forward(self, offsets: Tensor, known: Tensor) -> Tensor:
        """See the class."""
        flat = self.basis(offsets[:, :-1]) + self.of_labels(known) * offsets[:, -1:]
        # Channels last, as a reshape in the model file is.
        x: Tensor = flat.view(len(offsets), self.small, self.small, 3).permute(0, 3, 1, 2)
        for _ in range(self.doublings):
            x = functional.conv2d(functional.interpolate(x, scale_factor=2), self.softening, padding=1)
        return x


class OffsetGenerator(nn.Module):
    """Latent [N, L], offsets [N, K + 1] or none, and raw labels [N, C] -> image [N, 3, S, S], -1 ... 1.

    `generator` is trained, calibrated and frozen.
    """

    def __init__(self, generator: CrowdGenerator, labels: Sequence[Label], components: int = COMPONENTS) -> None:
        super().__init__()
        self.generator, self.labels = generator, tuple(labels)
        self.offsets = Offsets(labels, 2 * generator.sizes[-1], components)

    def draw(self, vector: Tensor, labels: Tensor) -> Tensor:
        """The pictures of vectors [N, L + K + 1]: latents, then offsets."""
        latent, offsets = vector.split([self.generator.latent_size, self.offsets.size], dim=1)
        pictures: Tensor = self(latent, offsets, labels)
        return pictures

    def completed(self, drawn: Tensor, vector: Tensor, labels: Tensor) -> Tensor:
        """The pictures of vectors [N, L + K + 1], of which `drawn` [N, 3, S, S] are those without offsets."""
        if isinstance(self.generator, DetailedGenerator):
            return self.draw(vector, labels)
        return self._added(drawn, vector[:, self.generator.latent_size :], labels)

    def _added(self, picture: Tensor, offsets: Tensor, labels: Tensor) -> Tensor:
        whole: Tensor = picture + self.offsets(offsets, known_columns(labels, self.labels))
        return whole.clamp(-1.0, 1.0)

    def forward(self, latent: Tensor, offsets: Tensor | None, labels: Tensor) -> Tensor:
        """Draw the pictures. See the class."""
        generator = self.generator
        style = generator.style_of(latent, labels)
        features = generator.features_of(style)
        picture = generator.picture_of(features)
        if offsets is not None:
            picture = self._added(picture, offsets, labels)
        return generator.detail(picture, features, style) if isinstance(generator, DetailedGenerator) else picture
