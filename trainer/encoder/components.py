"""What the generator leaves out of photographs, and the basis in which offsets say it: principal components.

They are fitted, not learnt step by step: of some thousand photographs, anew whenever the encoder has learnt something.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.data.faces.alignment import Geometry

MARGIN = 16
"""Components that are followed beyond those that are kept, so that the last ones are found as well."""
ROUNDS = 6
AROUND = 0.3
"""What a pixel far from the face counts beside one in its middle."""
WIDE, HIGH, BELOW = 0.87, 1.04, 0.45
"""Half axes of the face, and how far its middle lies below the eyes, in eye distances."""
STEEP = 0.7
SMALLEST = 1e-6
RIDGE = 1.0 / 600.0
"""Penalty of shares, for each picture."""


@dataclass(frozen=True)
class Components:
    """`basis` [D, K] and `read` [K, D]: from coordinates of variance 1 to differences, and back."""

    basis: Tensor
    read: Tensor


def principal_components(differences: Tensor, weights: Tensor, count: int) -> Components:
    """The `count` components of differences [N, D], whose numbers count by `weights` [D], by subspace iteration.

    Halko et al. 2011, "Finding structure with randomness", algorithm 4.4. Where there are fewer, the others are 0.
    """
    weighted = differences * weights
    size = min(count + MARGIN, *weighted.shape)
    randomness = torch.Generator().manual_seed(0)
    axes = torch.randn(weighted.shape[1], size, generator=randomness).to(weighted)
    for _ in range(ROUNDS):
        axes = torch.linalg.qr(weighted.T @ (weighted @ axes))[0]
    _, spread, turned = torch.linalg.svd(weighted @ axes, full_matrices=False)
    kept = min(count, size)
    deviation = spread[:kept] / len(weighted) ** 0.5
    directions = (axes @ turned[:kept].T) * (deviation > SMALLEST)
    components = Components(weighted.new_zeros(weighted.shape[1], count), weighted.new_zeros(count, weighted.shape[1]))
    components.basis[:, :kept] = directions * deviation / weights[:, None]
    components.read[:kept] = (directions / deviation.clamp_min(SMALLEST) * weights[:, None]).T
    return components


def shares_of(pictures: Tensor, codes: Tensor, others: Tensor) -> Tensor:
    """What each number of codes [N, C] adds to flat pictures [N, D] whose other labels are `others`: [C, D].

    Ridge regression: so that what comes along with age in a collection, such as its tones, is not taken for it.
    """
    told = torch.cat([codes, others, torch.ones_like(codes[:, :1])], dim=1)
    penalty = len(told) * RIDGE * torch.eye(told.shape[1], device=told.device)
    shares: Tensor = torch.linalg.solve(told.T @ told + penalty, told.T @ pictures)
    return shares[: codes.shape[1]]


def in_the_face(geometry: Geometry | None, side: int) -> Tensor:
    """How far each number of a flat picture [`side`, `side`, 3] is of the face, 0 ... 1; all, where none is known."""
    if geometry is None:
        return torch.ones(3 * side**2)
    places = (torch.arange(side) + 0.5) / side
    across = (places - 0.5) / (WIDE * geometry.eye_distance)
    down = (places - geometry.eye_height - BELOW * geometry.eye_distance) / (HIGH * geometry.eye_distance)
    inside = torch.exp(-STEEP * (across[None].square() + down[:, None].square()).square())
    return inside[:, :, None].expand(-1, -1, 3).flatten()
