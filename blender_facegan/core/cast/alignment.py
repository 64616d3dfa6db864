"""Puts the face of a photograph where a model has its own: eyes level, in the middle, always at the same place.

The steps are those by which the trainer prepares its photographs, so that the encoder sees what it has learnt from. A
test holds both to the same pictures.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import CrowdError

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

_MOST = 16
"""Pixels of the photograph to one of the picture, along each side, that are turned; a larger one is reduced before."""
_CUBIC = -0.75
"""The one free number of the cubic kernel (Keys, 1981), as OpenCV has it."""
_STEPS = 32
"""Places between two pixels that the cubic kernel tells apart, and _FINE those that a line across them is drawn in."""
_FINE = 1024
_LOBES = 3
"""Of the Lanczos kernel."""
_BAND = 128
"""Rows that are turned at a time, so that memory stays small."""
_LEAST = 8.0
"""Pixels from eye to eye that a photograph must have."""


@dataclass(frozen=True)
class Geometry:
    """Where the eyes stand: their distance, and their height from the top, as shares of the side. size: in pixels."""

    eye_distance: float
    eye_height: float
    size: int


def align(photograph: Pixels, eyes: Points, geometry: Geometry) -> Pixels:
    """The face as [size, size, 3] uint8.

    photograph: uint8 [H, W, 3], row 0 at the top. eyes: float64 [2, 2], the middles of the eye on the upright face's
    left, as the viewer sees it, and of that on its right, as (x, y) in pixels, whose centres lie at whole numbers.
    Beyond the photograph's edges it is mirrored. Raises CrowdError for eyes that are too close together, or beside the
    photograph.
    """
    height, width = photograph.shape[:2]
    check_eyes(eyes, width, height)
    between = float(np.linalg.norm(eyes[1] - eyes[0]))
    reduction = between / (geometry.eye_distance * geometry.size)
    factor = min(max(math.ceil(reduction), 1), _MOST)
    side = geometry.size * factor
    shrink = min(factor / reduction, 1.0) if reduction > factor else 1.0
    eyes = (eyes + 0.5) * shrink - 0.5
    back = _inverse(crop_transform(eyes, geometry, side))
    if shrink < 1:
        whole = round(height * shrink), round(width * shrink)
        rows, columns = (_reach(back, side, axis, whole[1 - axis]) for axis in (1, 0))
        reduced = _area_mean(photograph, shrink, rows, columns)
        turned = _turned(reduced, back, side, whole, (rows.start, columns.start))
    else:
        turned = _turned(photograph, back, side, (height, width), (0, 0))
    return turned if factor == 1 else _reduced(turned, geometry.size)


def check_eyes(eyes: Points, width: int, height: int) -> None:
    """Raises CrowdError for eyes beside the photograph, or too close together for a face to be seen."""
    if not np.isfinite(eyes).all() or (eyes < -0.5).any() or (eyes > np.array([width, height]) - 0.5).any():
        raise CrowdError("An eye lies beside the photograph", f"give pixels from 0, 0 to {width - 1}, {height - 1}")
    between = float(np.linalg.norm(eyes[1] - eyes[0]))
    if between < _LEAST:
        told = f"The eyes are {between:.1f} pixels apart"
        raise CrowdError(told, f"take a photograph in which they are at least {_LEAST:g}")


def crop_transform(eyes: Points, geometry: Geometry, side: int) -> Points:
    """The similarity [2, 3] that takes pixels of the photograph to those of a crop of `side` pixels."""
    line = eyes[1] - eyes[0]
    scale = geometry.eye_distance * side / float(np.linalg.norm(line))
    angle = -math.atan2(line[1], line[0])
    linear = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    target = np.array([side / 2 - 0.5, geometry.eye_height * side - 0.5])
    return np.column_stack([linear, target - linear @ ((eyes[0] + eyes[1]) / 2)])


def _inverse(transform: Points) -> Points:
    linear = np.linalg.inv(transform[:, :2])
    return np.column_stack([linear, -linear @ transform[:, 2]])


def _reach(back: Points, side: int, axis: int, length: int) -> range:
    """The pixels of an axis of the photograph, of `length`, that a crop of `side` pixels needs."""
    corners = np.array([[x, y, 1.0] for x in (0, side) for y in (0, side)]) @ back[axis]
    low, high = math.floor(corners.min()) - 3, math.ceil(corners.max()) + 3
    if low < -length or high > 2 * length:
        return range(length)
    mirrored = min(low, 2 * (length - 1) - high), max(high, -low)
    return range(max(mirrored[0], 0), min(mirrored[1], length - 1) + 1)


def _area_mean(photograph: Pixels, shrink: float, rows: range, columns: range) -> Pixels:
    """These rows and columns of the photograph reduced by `shrink`, each pixel the mean of the area that it covers."""
    step = 1 / shrink
    cut = photograph[
        math.floor(rows.start * step) : math.ceil(rows.stop * step),
        math.floor(columns.start * step) : math.ceil(columns.stop * step),
    ]
    # A column is summed up once, and the sum's differences are the areas.
    for axis, chosen, length in ((0, rows, photograph.shape[0]), (1, columns, photograph.shape[1])):
        edges = np.minimum(np.arange(chosen.start, chosen.stop + 1) * step, length)
        sums = np.cumsum(np.moveaxis(cut, axis, 0), axis=0, dtype=np.float64)
        sums = np.concatenate([np.zeros_like(sums[:1]), sums])
        at = edges - math.floor(chosen.start * step)
        low = np.minimum(at.astype(np.int64), len(sums) - 2)
        share = (at - low).reshape(-1, 1, 1)
        reached = sums[low] * (1 - share) + sums[low + 1] * share
        means = np.diff(reached, axis=0) / np.diff(edges).reshape(-1, 1, 1)
        cut = np.moveaxis(means, 0, axis)
    return np.clip(np.rint(cut), 0, 255).astype(np.uint8)


def _turned(photograph: Pixels, back: Points, side: int, whole: tuple[int, int], start: tuple[int, int]) -> Pixels:
    """The crop of `side` pixels by a cubic kernel: [side, side, 3] uint8.

    back: from its pixels to the photograph's, [2, 3]. whole: height and width of the photograph, of which only a part
    may be given, from the row and column `start`.
    """
    kernel, pixels = _cubic_weights(), photograph.reshape(-1, 3)
    out = np.empty((side, side, 3), np.uint8)
    across = np.arange(side)
    steps = [np.rint(back[axis, 0] * across * _FINE).astype(np.int64) for axis in (0, 1)]
    for top in range(0, side, _BAND):
        rows = np.arange(top, min(top + _BAND, side))
        places = [
            (step + np.rint((back[axis, 1] * rows + back[axis, 2]) * _FINE).astype(np.int64)[:, None] + 16) >> 5
            for axis, step in enumerate(steps)
        ]
        (x, right), (y, down) = ((place >> 5, kernel[place & (_STEPS - 1)]) for place in places)
        columns = [_mirrored(x + j - 1, whole[1]) - start[1] for j in range(4)]
        total = np.zeros((len(rows), side, 3), np.float32)
        for i in range(4):
            lines = (_mirrored(y + i - 1, whole[0]) - start[0]) * photograph.shape[1]
            for j, column in enumerate(columns):
                total += pixels.take(lines + column, axis=0) * (down[..., i] * right[..., j])[..., None]
        out[rows] = np.clip(np.rint(total), 0, 255)
    return out


def _cubic_weights() -> NDArray[np.float32]:
    """Of four pixels in a row, for each place between the second and the third: [_STEPS, 4]."""
    at = np.arange(_STEPS) / _STEPS
    first = ((_CUBIC * (at + 1) - 5 * _CUBIC) * (at + 1) + 8 * _CUBIC) * (at + 1) - 4 * _CUBIC
    second = ((_CUBIC + 2) * at - (_CUBIC + 3)) * at * at + 1
    third = ((_CUBIC + 2) * (1 - at) - (_CUBIC + 3)) * (1 - at) * (1 - at) + 1
    return np.stack([first, second, third, 1 - first - second - third], axis=1).astype(np.float32)


def _mirrored(places: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Places along an axis of `length` pixels, those beyond its ends mirrored at the outermost pixel."""
    if length == 1:
        return np.zeros_like(places)
    period = 2 * (length - 1)
    folded = np.abs(places) % period
    nearest: NDArray[np.int64] = np.minimum(folded, period - folded)
    return nearest


def _reduced(picture: Pixels, size: int) -> Pixels:
    """The picture [S, S, 3] with a side of `size` pixels, by a Lanczos kernel as wide as the reduction."""
    weights = _lanczos_weights(len(picture), size)
    wide = np.einsum("yxc,ox->yoc", picture.astype(np.float32), weights, optimize=True)
    wide = np.clip(np.floor(wide + 0.5), 0, 255)
    high = np.einsum("yxc,oy->oxc", wide, weights, optimize=True)
    reduced: Pixels = np.clip(np.floor(high + 0.5), 0, 255).astype(np.uint8)
    return reduced


def _lanczos_weights(before: int, after: int) -> NDArray[np.float32]:
    """How much each old pixel counts in every new one: [after, before], rows that sum to 1."""
    step = before / after
    places = np.arange(before) + 0.5 - (np.arange(after)[:, None] + 0.5) * step
    away = places / step
    weights = np.where(np.abs(away) < _LOBES, np.sinc(away) * np.sinc(away / _LOBES), 0.0)
    shares: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
