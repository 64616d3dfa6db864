"""The generic head that light is fitted on, resampled to a crop (`tools/generic_head.py` makes its file)."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.data.light.colour import Floats

FILE = Path(__file__).with_name("generic_head.npz")
NORMAL, TEMPLATE, WEIGHT = 127, 100, 255
"""What the file's integers stand for 1 in."""


@dataclass(frozen=True)
class Head:
    """A head in a crop of H x W pixels, all float32 and mirror-symmetric.

    `normals` [H, W, 3]: right, up, towards the viewer, of unit length, (0, 0, 1) where no head is. `cover` [H, W]: 1 on
    the head, 0 off it. `template` [H, W]: luminance of a face over that of its skin, in even light. `weight` [H, W]:
    how much a pixel tells of the light, 0 to 1.
    """

    normals: Floats
    cover: Floats
    template: Floats
    weight: Floats


@lru_cache(maxsize=8)
def generic_head(height: int, width: int, eye_distance: float, eye_height: float) -> Head:
    """The head in a crop of this size, its eyes at these shares of the side."""
    with np.load(FILE, allow_pickle=False) as stored:
        left, top, pixels = (float(value) for value in stored["frame"])
        rasters = np.concatenate(
            [
                stored["normals"] / np.float32(NORMAL),
                (stored["normals"] != 0).any(axis=2, keepdims=True).astype(np.float32),
                stored["template"][..., None] / np.float32(TEMPLATE),
                stored["weight"][..., None] / np.float32(WEIGHT),
            ],
            axis=2,
        )
    unit = eye_distance * width
    x = ((np.arange(width) + 0.5 - width / 2) / unit - left) * pixels - 0.5
    y = ((np.arange(height) + 0.5 - eye_height * height) / unit - top) * pixels - 0.5
    there = _resampled(rasters, x, y)
    length = np.linalg.norm(there[..., :3], axis=2, keepdims=True)
    normals = np.where(length > 0.1, there[..., :3] / np.maximum(length, 0.1), np.array([0, 0, 1], np.float32))
    return Head(*(np.asarray(part, np.float32) for part in (normals, there[..., 3], there[..., 4], there[..., 5])))


def _resampled(rasters: Floats, x: NDArray[Any], y: NDArray[Any]) -> Floats:
    """The rasters [h, w, C] at columns `x` and rows `y`, bilinear; beyond the edge no head, its edge's template."""
    inside = (x >= 0) & (x <= rasters.shape[1] - 1), (y >= 0) & (y <= rasters.shape[0] - 1)
    for axis, places in ((1, x), (0, y)):
        places = np.clip(places, 0, rasters.shape[axis] - 1)
        low = np.minimum(places.astype(np.int64), rasters.shape[axis] - 2)
        share = (places - low).astype(np.float32).reshape([-1 if axis == own else 1 for own in range(3)])
        rasters = rasters.take(low, axis) * (1 - share) + rasters.take(low + 1, axis) * share
    outside = ~(inside[1][:, None] & inside[0][None, :])
    rasters[outside] = np.array([0, 0, 0, 0, 1, 0], np.float32)
    return rasters
