"""The network as torch trains it, and its weights as the detector reads them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from blender_facegan.core.head.detector import CELL, GRID, REACH, SLOPE, features

from .reliefs import Examples

__all__ = ["Network", "fit", "learnt", "loss", "misplaced", "read", "write"]

CHANNELS = 40
LAYERS = 5
BATCH = 64
LEARNING_RATE = 1.5e-3
WARM_UP = 200
"""Steps over which the rate rises, a tenth of all at most; it falls over the last two fifths."""
_MIRRORED = [1, 0, 2, 3, 4]


class Network(nn.Module):
    """From features [N, 4, S, S] to places [N, 5, 2] and to what is said of the whole [N, answers].

    For reliefs the latter are a logit, and logarithms of the errors expected of the places. grid: S in cells.
    """

    def __init__(self, grid: int = GRID, answers: int = 6) -> None:
        super().__init__()
        self._cells = grid * grid
        self.first = nn.Conv2d(4 * CELL * CELL, CHANNELS, 1)
        self.conv = nn.ModuleList([nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1) for _ in range(LAYERS)])
        self.heat = nn.Conv2d(CHANNELS, 5, 1)
        self.offs = nn.Conv2d(CHANNELS, 10, 1)
        self.score = nn.Linear(CHANNELS, answers)
        middle = (torch.arange(grid) + 0.5) / grid
        centres = torch.stack((middle.repeat(grid), middle.repeat_interleave(grid)))
        self.register_buffer("grid", centres, persistent=False)

    def forward(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        """The heat's mean of where each cell thinks a point is, and what the whole looks like."""
        state = functional.leaky_relu(self.first(functional.pixel_unshuffle(seen, CELL)), SLOPE)
        for layer in self.conv:
            state = state + functional.leaky_relu(layer(state), SLOPE)
        share = self.heat(state).flatten(2).softmax(dim=-1)
        moved = self.offs(state).flatten(2).view(-1, 5, 2, self._cells) * REACH
        places = (share[:, :, None] * (self.get_buffer("grid") + moved)).sum(dim=-1)
        return places, self.score(state.mean(dim=(2, 3)))


def loss(told: tuple[Tensor, Tensor], points: Tensor, faces: Tensor) -> Tensor:
    """How wrong the answers are: distances as shares of eye to chin, how well they were expected, and the score."""
    places, score, expected = told[0], told[1][:, 0], told[1][:, 1:]
    tall = (points[:, 4] - points[:, :2].mean(dim=1)).norm(dim=-1).clamp(min=0.05)
    counted = ((points > -0.02) & (points < 1.02)).all(dim=-1).float() * faces[:, None]
    error = (places - points).norm(dim=-1) / tall[:, None]
    return misplaced(error, expected, counted) + functional.binary_cross_entropy_with_logits(score, faces)


def misplaced(error: Tensor, expected: Tensor, counted: Tensor) -> Tensor:
    """What errors [N, 5] cost, and how well their logarithms were `expected`, in the mean over those `counted`."""
    total = counted.sum().clamp(min=1)
    # The negative log likelihood of an error under Laplace's distribution.
    surprise = ((error / expected.exp() + expected) * counted).sum() / total
    distance = (error * counted).sum() / total
    cost: Tensor = 5 * distance + 0.3 * surprise
    return cost


def fit(examples: Examples, epochs: int, seed: int = 0) -> Iterator[tuple[Network, float]]:
    """Trains a network; yields it after each epoch with the mean loss of that epoch."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = Network()

    def wrong_on(chosen: NDArray[np.int64]) -> Tensor:
        seen, points, faces = _batch(examples, chosen, mirrored=bool(random.random() < 0.5))
        return loss(network(seen), points, faces)

    yield from learnt(network, wrong_on, len(examples.reliefs), epochs, random)


def learnt(
    network: Network,
    wrong_on: Callable[[NDArray[np.int64]], Tensor],
    count: int,
    epochs: int,
    random: np.random.Generator,
) -> Iterator[tuple[Network, float]]:
    """Trains a network on `count` examples by what it gets wrong on some; yields as `fit`."""
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=1e-3)
    batches = -(-count // BATCH)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_at(step, batches * epochs))
    for _ in range(epochs):
        losses = []
        for chosen in np.array_split(random.permutation(count), batches):
            wrong = wrong_on(chosen)
            optimizer.zero_grad()
            wrong.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            rate.step()
            losses.append(wrong.item())
        yield network, float(np.mean(losses))


def write(network: Network, path: Path) -> None:
    """Writes the weights as float16, those of 1 by 1 convolutions as matrices."""
    weights: dict[str, NDArray[np.float16]] = {}
    for name, value in network.state_dict().items():
        stored = value.numpy()
        weights[name] = (stored[:, :, 0, 0] if stored.shape[2:] == (1, 1) else stored).astype(np.float16)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **weights)  # type: ignore[arg-type]  # the stubs miss that these are arrays


def read(network: Network, path: Path) -> None:
    """Gives a network the weights that `write` has written."""
    with np.load(path, allow_pickle=False) as stored:
        known = network.state_dict()
        weights = {name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files}
    network.load_state_dict({name: value.reshape(known[name].shape) for name, value in weights.items()})


def learning_rate_at(step: int, steps: int) -> float:
    """Share of the rate at a step: it rises, stays, and falls, see `WARM_UP`."""
    done = step / steps
    return min(1.0, (step + 1) / min(WARM_UP, max(steps / 10, 1))) * (
        1.0 if done < 0.6 else max(0.02, (1 - done) / 0.4)
    )


def _batch(examples: Examples, chosen: NDArray[np.int64], mirrored: bool) -> tuple[Tensor, Tensor, Tensor]:
    reliefs, points = examples.reliefs[chosen].astype(np.float32), examples.points[chosen]
    if mirrored:
        reliefs, points = reliefs[:, :, ::-1], points[:, _MIRRORED]
        points[..., 0] = 1 - points[..., 0]
    seen = features(reliefs, 1.0)
    return torch.from_numpy(seen), torch.from_numpy(points), torch.from_numpy(examples.faces[chosen])
