"""The network for pictures, trained on what `pictures` draws: the same cells, smaller windows, more to say."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from blender_facegan.core.billboards.sight import SIZE, Seen, features
from blender_facegan.core.head.detector import CELL

from .pictures import PictureExamples
from .train import Network, learnt, misplaced, read

__all__ = ["fit_pictures", "picture_loss"]

_ANSWERS = len(Seen) + 5
_MIRRORED = [1, 0, 2, 3, 4]
_TALL = 1.752
"""Eye to chin in eye distances, by which errors are measured: of photographs only the eyes are known."""


def picture_loss(told: tuple[Tensor, Tensor], points: Tensor, weights: Tensor, seen: Tensor) -> Tensor:
    """How wrong the answers are: distances as shares of eye to chin, how well they were expected, and what is seen."""
    places, last = told
    tall = ((points[:, 1] - points[:, 0]).norm(dim=-1) * _TALL).clamp(min=0.05)
    inside = ((points > -0.02) & (points < 1.02)).all(dim=-1).float()
    counted = weights * inside * (seen == Seen.FRONT).float()[:, None]
    error = (places - points).norm(dim=-1) / tall[:, None]
    return misplaced(error, last[:, len(Seen) :], counted) + functional.cross_entropy(last[:, : len(Seen)], seen)


def fit_pictures(
    examples: PictureExamples, epochs: int, seed: int = 0, start: Path | None = None
) -> Iterator[tuple[Network, float]]:
    """Trains a network; yields it after each epoch with the mean loss of that epoch. start: weights to go on from."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = Network(SIZE // CELL, _ANSWERS)
    if start is not None:
        read(network, start)

    def wrong_on(chosen: NDArray[np.int64]) -> Tensor:
        shown, *truth = _batch(examples, chosen, random)
        return picture_loss(network(shown), *truth)

    yield from learnt(network, wrong_on, len(examples.seen), epochs, random)


def _batch(examples: PictureExamples, chosen: NDArray[np.int64], random: np.random.Generator) -> list[Tensor]:
    """Pictures, moved by up to a few pixels, mirrored every other time and tinted, and what is true of them."""
    pictures = examples.pictures[chosen].astype(np.float32) / 255
    points, weights = examples.points[chosen].copy(), examples.weights[chosen]
    across, down = (int(step) for step in random.integers(-4, 5, 2))
    pictures = np.roll(np.pad(pictures, ((0, 0), (4, 4), (4, 4), (0, 0)), mode="edge"), (down, across), (1, 2))
    pictures = pictures[:, 4:-4, 4:-4]
    points += np.array((across, down), np.float32) / SIZE
    if random.random() < 0.5:
        pictures, points, weights = pictures[:, :, ::-1], points[:, _MIRRORED], weights[:, _MIRRORED]
        points[..., 0] = 1 - points[..., 0]
    tint = np.exp(random.normal(0, 0.12, (len(chosen), 1, 1, 3))).astype(np.float32)
    gray = random.random((len(chosen), 1, 1, 1)) < 0.06
    colour = np.where(gray, pictures[..., :3].mean(axis=3, keepdims=True), pictures[..., :3] * tint)
    shown = features(np.concatenate((colour.clip(0, 1), pictures[..., 3:]), axis=3))
    return [torch.from_numpy(one) for one in (shown, points, np.ascontiguousarray(weights), examples.seen[chosen])]
