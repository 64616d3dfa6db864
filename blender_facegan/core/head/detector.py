"""A small network that finds eyes, nose, mouth and chin in the relief of a head."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .relief import Window, relief

SIZE = 96
"""Side of the reliefs that the network looks at, in pixels."""
CELL = 8
GRID = SIZE // CELL
REACH = 0.1
"""How far a cell's own correction moves a point for each unit of the network's output, in window sides."""
SLOPE = 0.2
"""Of the leaky rectifiers."""
_DEEPEST = 1.5
"""Depths are clipped to this many window sides from their median."""
_STEEP = 3.0
_WEIGHTS = Path(__file__).with_name("landmark_network.npz")

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sighting:
    """What the network saw in a window.

    points: float64 [5, 2], x and y in the unit of the window: the eyes from the viewer's left to right, the tip of the
    nose, the mouth, the chin. score: logit of this being a face seen from the front. spread: float64 [5], the error
    that the network expects of each point, as a share of eye to chin. relief: what it looked at, see `relief`.
    """

    points: NDArray[np.float64]
    score: float
    spread: NDArray[np.float64]
    relief: Floats


def sight(points: NDArray[np.float64], triangles: NDArray[np.int32], window: Window) -> Sighting | None:
    """Looks for a face in a window on a surface, as it is and mirrored; None where there is nothing in the window.

    points: [V, 3], x to the right, y up, z towards the viewer. triangles: [T, 3].
    """
    seen = relief(points, triangles, window, SIZE)
    if np.isfinite(seen).sum() < SIZE:
        return None
    places, scores, spreads = _run(np.stack((seen, seen[:, ::-1])), window.side)
    places[1, :, 0] = 1.0 - places[1, :, 0]
    places[1] = places[1, (1, 0, 2, 3, 4)]
    spread = (spreads[0] + spreads[1, (1, 0, 2, 3, 4)]) / 2
    place = places.mean(axis=0)
    across = window.x + (place[:, 0] - 0.5) * window.side
    up = window.y + (0.5 - place[:, 1]) * window.side
    return Sighting(np.stack((across, up), axis=1), float(scores.mean()), spread, seen)


@functools.cache
def _weights() -> dict[str, Floats]:
    return read_weights(_WEIGHTS)


def read_weights(path: Path) -> dict[str, Floats]:
    """A network's weights by name; those of the convolutions as matrices, [9 * C, K]."""
    with np.load(path, allow_pickle=False) as stored:
        weights = {name: stored[name].astype(np.float32) for name in stored.files}
    for name, weight in weights.items():
        if weight.ndim == 4:
            weights[name] = weight.transpose(2, 3, 1, 0).reshape(-1, len(weight))
    return weights


def _run(reliefs: Floats, side: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Places [N, 5, 2] as shares of the window from its upper left, logits [N], expected errors [N, 5]."""
    places, last = answers(_weights(), features(reliefs, side))
    return places, last[:, 0], np.exp(last[:, 1:])


def answers(weights: Mapping[str, Floats], shown: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a network of this architecture says of features, float32 [N, 4, S, S].

    Places [N, 5, 2] as shares of the window from its upper left, and the numbers of the whole, [N, K].
    """
    cells = _cells(shown)
    state = _leaky(cells @ weights["first.weight"].T + weights["first.bias"])
    for layer in range(sum(name.startswith("conv.") for name in weights) // 2):
        state = state + _leaky(_convolved(state, weights[f"conv.{layer}.weight"], weights[f"conv.{layer}.bias"]))
    grid = state.shape[1]
    flat = state.reshape(len(state), grid * grid, -1)
    heat = flat @ weights["heat.weight"].T + weights["heat.bias"]
    share = np.exp(heat - heat.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    moved = (flat @ weights["offs.weight"].T + weights["offs.bias"]).reshape(len(flat), -1, 5, 2) * REACH
    middle = (np.arange(grid) + 0.5) / grid
    centres = np.stack((np.tile(middle, grid), np.repeat(middle, grid)), axis=1)
    places = (share[..., None] * (centres[None, :, None, :] + moved)).sum(axis=1)
    last = flat.mean(axis=1) @ weights["score.weight"].T + weights["score.bias"]
    return places.astype(np.float64), last.astype(np.float64)


def features(reliefs: Floats, side: float) -> Floats:
    """What the network is given, in training as well: what is there, its depth, and its slopes across and down.

    reliefs: [N, SIZE, SIZE] of windows of one side, see `relief`. Returns float32 [N, 4, SIZE, SIZE].
    """
    there = np.isfinite(reliefs)
    middle = np.array([np.median(one[found]) for one, found in zip(reliefs, there, strict=True)], np.float32)
    depth = np.where(there, (reliefs - middle[:, None, None]) / np.float32(side), 0.0)
    depth = depth.clip(-_DEEPEST, _DEEPEST).astype(np.float32)
    out = np.zeros((len(reliefs), 4, SIZE, SIZE), np.float32)
    out[:, 0] = there
    out[:, 1] = (depth * _STEEP).clip(-_DEEPEST, _DEEPEST)
    across, down = np.zeros_like(depth), np.zeros_like(depth)
    across[:, :, 1:-1] = (depth[:, :, 2:] - depth[:, :, :-2]) * (SIZE / 2)
    down[:, 1:-1] = (depth[:, 2:] - depth[:, :-2]) * (SIZE / 2)
    known = np.zeros_like(there)
    known[:, 1:-1, 1:-1] = there[:, 1:-1, 2:] & there[:, 1:-1, :-2] & there[:, 2:, 1:-1] & there[:, :-2, 1:-1]
    facing = known / np.sqrt(1 + across**2 + down**2)
    out[:, 2], out[:, 3] = across * facing, down * facing
    return out


def _cells(shown: Floats) -> Floats:
    """Each cell's pixels as its channels: [N, S / CELL, S / CELL, 4 * CELL * CELL]."""
    count, grid = len(shown), shown.shape[-1] // CELL
    split = shown.reshape(count, 4, grid, CELL, grid, CELL)
    return np.ascontiguousarray(split.transpose(0, 2, 4, 1, 3, 5)).reshape(count, grid, grid, -1)


def _convolved(state: Floats, weight: Floats, bias: Floats) -> Floats:
    """A 3 by 3 convolution with a border of zeros. state: [N, H, W, C]; weight: see `read_weights`."""
    count, height, width, channels = state.shape
    padded = np.zeros((count, height + 2, width + 2, channels), np.float32)
    padded[:, 1:-1, 1:-1] = state
    around = np.stack([padded[:, y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=3)
    flat = around.reshape(count, height, width, -1) @ weight
    result: Floats = flat + bias
    return result


def _leaky(values: Floats) -> Floats:
    result: Floats = np.where(values > 0, values, values * np.float32(SLOPE))
    return result
