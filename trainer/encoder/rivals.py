"""Two plain ways to find a likeness that the encoder has to beat: the best of many seeds, optimising the latent."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from trainer.encoder.drawing import Likenesses
from trainer.pictures import Pixels

CHUNK = 64
SIDE = 16
"""Of the blurred copies by which seeds are compared with photographs."""
STEPS = 200
RATE = 0.05
Cost = Callable[[Tensor], Tensor]
"""Pictures [N, 3, S, S] of the same people -> what each costs [N]."""


def blurred_copies(pictures: Pixels) -> np.ndarray:
    """uint8 [N, S, S, 3] -> float32 [N, 16 * 16 * 3]."""
    count, side = pictures.shape[:2]
    factor = side // SIDE
    cells = pictures.reshape(count, SIDE, factor, SIDE, factor, 3).astype(np.float32)
    return np.asarray(cells.mean(axis=(2, 4)).reshape(count, -1), np.float32)


def people_of_seeds(count: int, size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Vectors float32 [count, L + K] of random people, `size` (L, K): drawn latents, no offsets."""
    latents = np.random.RandomState(seed).standard_normal((count, size[0])).astype(np.float32)
    return np.concatenate([latents, np.zeros((count, size[1]), np.float32)], axis=1)


def nearest_of_seeds(
    likenesses: Likenesses, photographs: Pixels, matrix: np.ndarray, size: tuple[int, int], seeds: int
) -> Pixels:
    """For each photograph uint8 [N, S, S, 3] the nearest of the pictures of `seeds` random people, uint8 [N, S, S, 3].

    The people have the labels `matrix` [N, C] of those photographed, in turn, and latents of `size` (L, K), no offsets.
    """
    wanted = blurred_copies(photographs)
    best, found = np.full(len(wanted), np.inf), photographs.copy()
    for start in range(0, seeds, CHUNK):
        count = min(CHUNK, seeds - start)
        pictures = likenesses.pictures(
            people_of_seeds(count, size, start), matrix[np.arange(start, start + count) % len(matrix)]
        )
        made = blurred_copies(pictures)
        apart = (wanted**2).sum(1)[:, None] - 2.0 * wanted @ made.T + (made**2).sum(1)[None]
        nearest = apart.argmin(axis=1)
        better = apart[np.arange(len(wanted)), nearest] < best
        best[better] = apart[better, nearest[better]]
        found[better] = pictures[nearest[better]]
    return found


def optimised(
    likenesses: Likenesses, matrix: np.ndarray, start: np.ndarray, learnable: int, cost: Cost, steps: int = STEPS
) -> np.ndarray:
    """Vectors [N, L + K], gone on with from `start` by `steps` steps of Adam on `cost`.

    The first `learnable` numbers of each move.
    """
    given = torch.from_numpy(np.array(start, np.float32)).to(likenesses.device)
    labels = torch.from_numpy(np.array(matrix, np.float32)).to(likenesses.device)
    moving = given[:, :learnable].clone().requires_grad_()
    optimiser = torch.optim.Adam([moving], lr=RATE)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = RATE * (1.0 - step / steps)
        vectors = torch.cat([moving, given[:, learnable:]], dim=1)
        optimiser.zero_grad()
        cost(likenesses.draw(vectors, labels)).sum().backward()
        optimiser.step()
    return torch.cat([moving.detach(), given[:, learnable:]], dim=1).cpu().numpy()


def plain_cost(photographs: Tensor) -> Cost:
    """The mean square difference of pictures at a half and at a quarter of their side."""
    return lambda made: sum(
        (functional.avg_pool2d(made - photographs, factor).square().mean(dim=(1, 2, 3)) for factor in (2, 4)),
        start=torch.zeros((), device=made.device),
    )
