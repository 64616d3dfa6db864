"""Where on a person to look for its face: windows around what may be the head."""

import itertools

import numpy as np
from numpy.typing import NDArray

from .posture import Frame, Skeleton
from .relief import Window

__all__ = ["windows_at_bone", "windows_at_top", "windows_of"]

_AT_BONE = ((0.35, 2.0), (0.25, 2.8), (0.45, 1.5))
"""Height of the centre above the head's bone, and side, in heights of what is above that bone."""
_AROUND = ((0.5, 1.15), (0.4, 1.6), (0.55, 0.85))
"""The same for a head of its own: heights from its lower end, in its height."""
_SHARES = (0.13, 0.17, 0.22, 0.3, 0.42, 0.6, 0.85, 1.15)
"""Sides of the windows at the top of a figure of unknown proportions, in its height: from eight heads to one."""
_SIDE_BY_SIDE = 4
"""Figures of one mesh that are looked at, from the left."""
_LEAST = 0.03
"""What stands less above its bone, in the height of the figure, is no head: the neck of a body that has none."""
_REACH = 1.2
"""How far from the head's axis a vertex may be to count as the head's, in heights above the bone."""


def windows_at_bone(points: NDArray[np.float64], bones: Skeleton, frame: Frame) -> list[Window]:
    """Windows around the head's bone, by the height of what stands above it. points: [V, 3] in the frame."""
    found = []
    for bone in bones.heads():
        joint = frame.inside(bone.head[None])[0]
        top = _top_above(points, joint)
        if top is None:
            continue
        height = top - joint[1]
        if height < _LEAST * np.ptp(points[:, 1]):
            continue
        found += [Window(joint[0], joint[1] + rise * height, side * height) for rise, side in _AT_BONE]
    return found


def windows_of(points: NDArray[np.float64]) -> list[Window]:
    """Windows around points that are known to be a head: [V, 3] in the head's frame."""
    low, high = points.min(axis=0), points.max(axis=0)
    height = high[1] - low[1]
    middle = (low[0] + high[0]) / 2
    return [Window(middle, low[1] + rise * height, side * height) for rise, side in _AROUND]


def windows_at_top(points: NDArray[np.float64]) -> list[Window]:
    """Windows at the top of a figure: [V, 3] in a frame whose y goes up."""
    low, high = points[:, 1].min(), points[:, 1].max()
    tall = high - low
    found = []
    for share in _SHARES:
        side = share * tall
        upper = points[points[:, 1] > high - 0.8 * side]
        found += [Window(middle, high - 0.42 * side, side) for middle in _middles(upper[:, 0], 0.3 * side)]
    return found


def _middles(across: NDArray[np.float64], gap: float) -> list[float]:
    """The middles of what stands side by side: of each run of places without a gap.

    Between its left and right ends: a mean would go where the vertices are dense.
    """
    placed = np.sort(across)
    ends = np.concatenate(([-1], np.flatnonzero(np.diff(placed) > gap), [len(placed) - 1]))
    runs = [placed[first + 1 : last + 1] for first, last in itertools.pairwise(ends)]
    return [float((np.quantile(run, 0.02) + np.quantile(run, 0.98)) / 2) for run in runs[:_SIDE_BY_SIDE] if len(run)]


def _top_above(points: NDArray[np.float64], joint: NDArray[np.float64]) -> float | None:
    """The highest point above a joint: hats of other people and raised arms are further away than it is high."""
    above = points[points[:, 1] > joint[1]]
    if not len(above):
        return None
    height = above[:, 1].max() - joint[1]
    for _ in range(3):
        near = above[np.hypot(above[:, 0] - joint[0], above[:, 2] - joint[2]) < _REACH * height]
        if not len(near):
            return None
        height = near[:, 1].max() - joint[1]
    return float(joint[1] + height)
