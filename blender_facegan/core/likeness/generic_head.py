"""The generic head that light is measured on, resampled to a crop. `generic_head.md` tells where its file is from."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_FILE = Path(__file__).with_name("generic_head.npz")
_NORMAL, _TEMPLATE, _WEIGHT = 127, 100, 255
"""What the file's integers stand for 1 in."""


@dataclass(frozen=True)
class GenericHead:
    """A head in a crop of H x W pixels, all float32.

    `normals` [H, W, 3]: right, up, towards the viewer, of unit length, (0, 0, 1) where no head is. `template` [H, W]:
    luminance of a face over that of its skin, in even light. `weight` [H, W]: how much a pixel tells of the light, 0 to
    1: nothing where hair may be, little on eyes and mouth.
    """

    normals: Floats
    template: Floats
    weight: Floats


@lru_cache(maxsize=8)
def generic_head(height: int, width: int, eye_distance: float, eye_height: float) -> GenericHead:
    """The head in a crop of this size whose eyes stand at these shares of its side."""
    with np.load(_FILE, allow_pickle=False) as stored:
        left, top, pixels = (float(value) for value in stored["frame"])
        rasters = np.concatenate(
            [
                stored["normals"] / np.float32(_NORMAL),
                stored["template"][..., None] / np.float32(_TEMPLATE),
                stored["weight"][..., None] / np.float32(_WEIGHT),
            ],
            axis=2,
        )
    unit = eye_distance * width
    x = ((np.arange(width) + 0.5 - width / 2) / unit - left) * pixels - 0.5
    y = ((np.arange(height) + 0.5 - eye_height * height) / unit - top) * pixels - 0.5
    there = _resampled(rasters, x, y)
    length = np.linalg.norm(there[..., :3], axis=2, keepdims=True)
    normals = np.where(length > 0.1, there[..., :3] / np.maximum(length, 0.1), np.array([0, 0, 1], np.float32))
    return GenericHead(*(np.asarray(part, np.float32) for part in (normals, there[..., 3], there[..., 4])))


def _resampled(rasters: Floats, x: NDArray[Any], y: NDArray[Any]) -> Floats:
    """The rasters [h, w, C] at columns `x` and rows `y`, bilinear; beyond their edge no head: see `GenericHead`."""
    inside = (x >= 0) & (x <= rasters.shape[1] - 1), (y >= 0) & (y <= rasters.shape[0] - 1)
    for axis, places in ((1, x), (0, y)):
        within = np.clip(places, 0, rasters.shape[axis] - 1)
        low = np.minimum(within.astype(np.int64), rasters.shape[axis] - 2)
        share = (within - low).astype(np.float32).reshape([-1 if axis == own else 1 for own in range(3)])
        rasters = rasters.take(low, axis) * (1 - share) + rasters.take(low + 1, axis) * share
    rasters[~(inside[1][:, None] & inside[0][None, :])] = np.array([0, 0, 0, 1, 0], np.float32)
    return rasters
