"""A small network that sees in a window of a picture whether there is a face, and where eyes, mouth and chin are."""

import functools
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..head.detector import answers, read_weights

SIZE = 64
"""Side of the windows that the network looks at, in pixels."""
_WEIGHTS = Path(__file__).with_name("face_network.npz")
_SOFTEST = 0.12
"""Standard deviation of brightness that a window is taken to have at least: what is plain stays plain."""
_MIRRORED = (1, 0, 2, 3, 4)

Floats = NDArray[np.float32]


class Seen(IntEnum):
    """What a window shows: nothing of use, a face from the front, a head from the side or from behind."""

    NOTHING = 0
    FRONT = 1
    ASIDE = 2
    BEHIND = 3


class Sights(NamedTuple):
    """What was seen in N windows.

    points: float64 [N, 5, 2], shares of the window from its upper left: the eyes from the viewer's left to right, the
    nose, the mouth, the chin. chances: float64 [N, 4], of each `Seen`. spread: float64 [N, 5], the error that the
    network expects of each point, as a share of eye to chin.
    """

    points: NDArray[np.float64]
    chances: NDArray[np.float64]
    spread: NDArray[np.float64]


def glance(windows: Floats) -> Sights:
    """Looks at windows as they are: float32 [N, SIZE, SIZE, 4], sRGB and cover, 0 to 1."""
    places, last = answers(_weights(), features(windows))
    return Sights(places, _chances(last[:, :4]), np.exp(last[:, 4:]))


def look(windows: Floats) -> Sights:
    """Looks at windows as they are and mirrored, which is truer than a glance and takes twice as long."""
    shown = features(np.concatenate((windows, windows[:, :, ::-1])))
    places, last = answers(_weights(), shown)
    count = len(windows)
    places[count:, :, 0] = 1.0 - places[count:, :, 0]
    places[count:] = places[count:][:, _MIRRORED]
    spread = np.exp(last[:, 4:])
    spread[count:] = spread[count:][:, _MIRRORED]
    chances = _chances((last[:count, :4] + last[count:, :4]) / 2)
    return Sights((places[:count] + places[count:]) / 2, chances, (spread[:count] + spread[count:]) / 2)


def _chances(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    share = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: NDArray[np.float64] = share / share.sum(axis=1, keepdims=True)
    return chances


def features(windows: Floats) -> Floats:
    """What the network is given, in training as well: colours evened within what is covered, and what is covered.

    windows: float32 [N, SIZE, SIZE, 4]. Returns float32 [N, 4, SIZE, SIZE].
    """
    cover = windows[..., 3:]
    total = np.maximum(cover.sum(axis=(1, 2), keepdims=True), 1.0)
    mean = (windows[..., :3] * cover).sum(axis=(1, 2), keepdims=True) / total
    away = (windows[..., :3] - mean.mean(axis=3, keepdims=True)) * cover
    bright = away.mean(axis=3, keepdims=True)
    spread = np.sqrt((bright**2).sum(axis=(1, 2), keepdims=True) / total)
    evened = away / np.maximum(spread, _SOFTEST) * 0.7
    shown = np.concatenate((evened.clip(-3, 3), cover), axis=3)
    return np.ascontiguousarray(shown.transpose(0, 3, 1, 2)).astype(np.float32)


@functools.cache
def _weights() -> dict[str, Floats]:
    return read_weights(_WEIGHTS)
