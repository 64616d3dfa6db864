"""What becomes of a picture: backgrounds, coarse pixels, tints and noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blender_facegan.core.billboards.sight import SIZE, Seen
from blender_facegan.core.likeness.skin import srgb_from_linear

from .reliefs import Random

__all__ = ["Photograph", "PictureExample", "enlarged", "finished", "noise"]

Floats = NDArray[np.float32]
_COARSEST = 7.0
"""Pixels across a window of the coarsest pictures."""


@dataclass(frozen=True)
class Photograph:
    """pixels: uint8 [H, W, 3], sRGB. eyes: float64 [2, 2], x and y in pixels, the eye on the viewer's left first."""

    pixels: NDArray[np.uint8]
    eyes: NDArray[np.float64]


class PictureExample(NamedTuple):
    """One picture: uint8 [SIZE, SIZE, 4], sRGB and how much of a pixel is covered.

    points: float32 [5, 2], shares of the window from its upper left. weights: float32 [5], how far each is known.
    seen: a number of `Seen`.
    """

    picture: NDArray[np.uint8]
    points: Floats
    weights: Floats
    seen: int


def finished(
    picture: Floats, points: Floats, weights: Floats, seen: Seen, photographs: Sequence[Photograph], random: Random
) -> PictureExample:
    """A picture before a background, as a camera takes it: coarse, tinted, noisy, mirrored, each at times.

    picture: float32 [SIZE, SIZE, 4], linear RGB times cover, and cover.
    """
    cover: Floats = picture[..., 3:]
    color = picture[..., :3] / np.maximum(cover, 1e-3)
    color = srgb_from_linear(color * np.exp(random.normal(0, 0.25))).clip(0, 1)
    if random.random() < 0.5:
        behind = _background(photographs, random)
        color, cover = color * cover + behind * (1 - cover), np.ones_like(cover)
    shown: Floats = np.concatenate((color * cover, cover), axis=2).astype(np.float32)
    if random.random() < 0.6:
        across = int(np.exp(random.uniform(np.log(_COARSEST), np.log(SIZE))))
        shown = enlarged(_shrunk(shown, across))
    color = shown[..., :3] / np.maximum(shown[..., 3:], 1e-3)
    if random.random() < 0.08:
        color = np.repeat(color @ np.array((0.3, 0.6, 0.1), np.float32)[:, None], 3, axis=2)
    color = (color - 0.5) * random.uniform(0.75, 1.25) + 0.5 + random.normal(0, 0.04) + random.normal(0, 0.02, 3)
    color = color + random.normal(0, random.uniform(0, 0.025), color.shape)
    whole = np.concatenate((color.clip(0, 1), shown[..., 3:]), axis=2)
    if random.random() < 0.5:
        whole, points = whole[:, ::-1], points[[1, 0, 2, 3, 4]].copy()
        points[:, 0] = 1 - points[:, 0]
        weights = weights[[1, 0, 2, 3, 4]]
    return PictureExample(np.round(whole * 255).astype(np.uint8), points, weights, int(seen))


def _background(photographs: Sequence[Photograph], random: Random) -> Floats:
    chance = random.random()
    if chance < 0.45:
        plain = random.random(3) if chance < 0.25 else np.repeat(random.random(), 3)
        return np.tile(plain.astype(np.float32), (SIZE, SIZE, 1))
    if chance < 0.7 or not photographs:
        colors = random.random((2, 3)).astype(np.float32)
        mixed: Floats = colors[0] + (colors[1] - colors[0]) * noise(random)[..., None]
        return mixed
    pixels = photographs[int(random.integers(len(photographs)))].pixels
    # A corner of a photograph, upside down: there may be somebody in it.
    side = min(pixels.shape[:2]) // 3
    return enlarged((pixels[side::-1, :side][:, :, :3] / np.float32(255)).astype(np.float32))


def _shrunk(picture: Floats, across: int) -> Floats:
    """Area means: [across, across, C]."""
    edges = np.linspace(0, len(picture), across + 1)
    share = (
        np.minimum(edges[1:, None], np.arange(len(picture)) + 1) - np.maximum(edges[:-1, None], np.arange(len(picture)))
    ).clip(0)
    weights = (share / share.sum(axis=1, keepdims=True)).astype(np.float32)
    means: Floats = np.einsum("ai,bj,ijc->abc", weights, weights, picture, optimize=True)
    return means


def enlarged(picture: Floats) -> Floats:
    """Bilinear, to [SIZE, SIZE, C]."""
    rows, columns = picture.shape[:2]
    down, aside = _hats(rows), _hats(columns)
    shown: Floats = np.einsum("ai,bj,ijc->abc", down, aside, picture, optimize=True)
    return shown


def _hats(count: int) -> Floats:
    at = ((np.arange(SIZE) + 0.5) / SIZE * count - 0.5).clip(0, count - 1)
    hats: Floats = (1 - np.abs(at[:, None] - np.arange(count))).clip(0).astype(np.float32)
    return hats


def noise(random: Random) -> Floats:
    """Noise of all scales, 0 to 1: [SIZE, SIZE]."""
    total = np.zeros((SIZE, SIZE), np.float32)
    for cells in (2, 4, 8, 16, 32):
        total += random.uniform(0, 1) * enlarged(random.random((cells, cells, 1)).astype(np.float32))[..., 0]
    low, high = total.min(), total.max()
    result: Floats = (total - low) / max(high - low, 1e-6)
    return result
