"""Where the eyes are, from what the artist has modelled: eye objects, eye materials, eye bones, eyeballs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .names import part_role
from .person import Part
from .posture import Frame, Skeleton
from .surface import welded_islands

__all__ = ["eye_bones", "eyeballs", "named_eyes"]

_LIKE = 0.25
"""Two eyes differ by less than this share of their size."""
_ABOUT = 1.3
"""Eyeballs are looked for this far from between the eyes, in eye distances."""
_SHAPES = (0.6, 2.2)
"""Height over breadth of eyes: drawn figures have tall ones; brows and lashes are flatter."""


def named_eyes(parts: Sequence[Part], frame: Frame) -> NDArray[np.float64] | None:
    """Centres of the two eyes, [2, 3] in the frame from left to right, of what is called an eye; None without."""
    pieces = []
    for part in parts:
        triangles, owner = part.surface.fans
        if part.role == "EYE":
            of_eye = np.ones(len(triangles), bool)
        else:
            slots = [index for index, name in enumerate(part.materials) if part_role(name) == "EYE"]
            of_eye = np.isin(part.surface.materials[owner], slots)
            if of_eye.all():
                continue
        if of_eye.any():
            pieces.append(frame.inside(part.world[np.unique(triangles[of_eye])]))
    return _two_centres(np.concatenate(pieces)) if pieces else None


def eye_bones(bones: Skeleton, frame: Frame) -> NDArray[np.float64] | None:
    """Heads of the two eye bones, [2, 3] in the frame from left to right; None where there is no pair."""
    pair = bones.pair("EYE")
    if pair is None:
        return None
    points = frame.inside(np.stack([bone.head for bone in pair]))
    return points[np.argsort(points[:, 0])]


def eyeballs(
    points: NDArray[np.float64], triangles: NDArray[np.int32], near: NDArray[np.float64], distance: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
    """The pair of separate round pieces at about the places of the eyes.

    points: [V, 3] in the frame; near: [2, 2], where the eyes are thought to be; distance: between them. Returns their
    centres [2, 3], and which vertices are theirs or of something small beside them, such as a cornea or lashes.
    """
    about = (np.abs(points[:, :2] - near.mean(axis=0)) < _ABOUT * distance).all(axis=1)
    close = about[triangles].all(axis=1)
    if not close.any():
        return None
    used = np.zeros(len(points), bool)
    used[triangles[close]] = True
    number = np.cumsum(used) - 1
    label = welded_islands(points[used], number[triangles[close]])
    names, inverse = np.unique(label, return_inverse=True)
    if len(names) < 2:
        return None
    low, high = _bounds(points[used], inverse, len(names))
    centre, size = (low + high) / 2, high - low
    centres, theirs = [], np.zeros(len(names), bool)
    for place in near:
        away = np.hypot(*(centre[:, :2] - place).T)
        small = (away < 0.4 * distance) & (size[:, :2].max(axis=1) < 0.95 * distance)
        shape = size[:, 1] / np.maximum(size[:, 0], 1e-9)
        round_one = small & (size[:, 0] > 0.2 * distance) & (shape > _SHAPES[0]) & (shape < _SHAPES[1])
        if not round_one.any():
            return None
        ball = int(np.argmax(np.where(round_one, size[:, 0], 0)))
        centres.append(centre[ball])
        theirs |= small
    first, second = (size[np.argmin(np.abs(centre - one).sum(axis=1)), 0] for one in centres)
    if abs(first - second) > _LIKE * max(first, second):
        return None
    mine = np.zeros(len(points), bool)
    mine[used] = theirs[inverse]
    return np.array(centres), mine


def _two_centres(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The middles of the two boxes around what lies left and right of the middle."""
    middle = (points[:, 0].min() + points[:, 0].max()) / 2
    sides = [points[points[:, 0] < middle], points[points[:, 0] >= middle]]
    if not all(len(side) for side in sides):
        return None
    boxes = [(side.min(axis=0), side.max(axis=0)) for side in sides]
    widths = [high[0] - low[0] for low, high in boxes]
    gap = boxes[1][0][0] - boxes[0][1][0]
    if abs(widths[0] - widths[1]) > _LIKE * max(widths) or gap < 0.05 * max(widths):
        return None
    return np.array([(low + high) / 2 for low, high in boxes])


def _bounds(
    points: NDArray[np.float64], owner: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low = np.full((count, 3), np.inf)
    high = np.full((count, 3), -np.inf)
    np.minimum.at(low, owner, points)
    np.maximum.at(high, owner, points)
    return low, high
