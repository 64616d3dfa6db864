"""From a head's surface to the picture of its face: coordinates that are unrolled around the head, and where they show.

Face coordinates are in eye distances from the middle between the eyes, across and up, so that they do not hang on a
model: its card says how many eye distances its picture shows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .landmarks import CHIN, MOUTH, Landmarks

_MOST_STRETCH = 1.35
"""How far the picture is stretched on a cheek that turns away, before it is laid on along the surface instead."""
_BINS = 96
_FADE = (np.radians(72.0), np.radians(104.0))
"""Angles around the head, from the front, at which the face begins to fade and is gone: before the ears."""
_INSIDE = (0.7, 0.85)
"""What is nearer to the axis than the first of these shares of the girth lies inside the head; after the second not."""
_MOST_LEAN = 0.2
"""A mouth further from the middle than this share of its distance from the eyes is a wrong one."""


@dataclass(frozen=True)
class Unrolling:
    """coordinates: float64 [V, 2], in eye distances. mask: float64 [V], 1 where the face shows, 0 where it does not."""

    coordinates: NDArray[np.float64]
    mask: NDArray[np.float64]


def unroll(points: NDArray[np.float64], landmarks: Landmarks, outside: NDArray[np.float64]) -> Unrolling:
    """Lays the vertices of a head out in its face's picture.

    points: [V, 3] in the head's frame. outside: [W, 3], points of the head's outer surface, from which its girth is
    measured. The eyes come to half an eye distance from the middle, mouth and chin to where drawn faces have them.
    Near the front the picture is laid on straight, as it was taken; where the surface turns away it follows the
    surface, no more than stretched by `_MOST_STRETCH`.
    """
    upright = _Upright(landmarks)
    flat, girth_points = upright.inside(points), upright.inside(outside)
    axis = _axis_depth(girth_points)
    angle = np.arctan2(np.abs(flat[:, 0]), flat[:, 2] - axis)
    further = _Further(girth_points, axis)
    extra = further(_as_seen(flat, angle, axis, further))
    at_eye = float(further(np.array([np.arctan2(0.5, -axis)]))[0])
    across = np.sign(flat[:, 0]) * (np.abs(flat[:, 0]) + extra) * (0.5 / (0.5 + at_eye))
    mask = 1.0 - eased(angle, *_FADE)
    return Unrolling(np.stack((across, upright.height(flat[:, 1])), axis=1), mask)


def _as_seen(
    flat: NDArray[np.float64], angle: NDArray[np.float64], axis: float, further: "_Further"
) -> NDArray[np.float64]:
    """The angle to unroll by: of what lies inside the head, a socket or a mouth, that of the surface before it."""
    outside = further.radius(angle)
    depth = np.hypot(flat[:, 0], flat[:, 2] - axis) / outside
    before = np.arcsin((np.abs(flat[:, 0]) / outside).clip(0.0, 1.0))
    inside = (1.0 - eased(depth, *_INSIDE)) * (flat[:, 2] > axis)
    seen: NDArray[np.float64] = angle + inside * (np.minimum(before, angle) - angle)
    return seen


class _Upright:
    """The head's frame in eye distances from the middle between the eyes, with the eyes level and the mouth below."""

    def __init__(self, landmarks: Landmarks) -> None:
        between = landmarks.right_eye - landmarks.left_eye
        tilt = float(np.arctan2(between[1], between[0]))
        cos, sin = np.cos(tilt), np.sin(tilt)
        self._turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
        self._middle, self._unit = landmarks.eyes, landmarks.eye_distance
        self._lean = 0.0
        below = self.inside(np.stack((landmarks.mouth, landmarks.chin)))
        self._mouth, self._chin = float(below[0, 1]), float(below[1, 1])
        self._lean = float(np.clip(below[:, 0].sum() / below[:, 1].sum(), -_MOST_LEAN, _MOST_LEAN))

    def inside(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of the head's frame, [V, 3]. What is below the eyes is sheared so that the mouth is in the middle."""
        local: NDArray[np.float64] = (points - self._middle) @ self._turn.T / self._unit
        local[:, 0] -= self._lean * local[:, 1].clip(None, 0.0)
        return local

    def height(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights on the head as heights in the picture: straight from eyes to mouth to chin, and on beyond."""
        upper = y * (MOUTH / self._mouth)
        lower = MOUTH + (y - self._mouth) * (CHIN - MOUTH) / (self._chin - self._mouth)
        result: NDArray[np.float64] = np.where(y > self._mouth, upper, lower)
        return result


def _axis_depth(girth: NDArray[np.float64]) -> float:
    """Depth of the axis that the picture is unrolled around: half the head's breadth behind the root of the nose."""
    band = girth[(girth[:, 1] > -1.0) & (girth[:, 1] < 0.4) & (np.abs(girth[:, 0]) < 2.2)]
    if not len(band):
        return -1.2
    half = float(np.clip(np.quantile(np.abs(band[:, 0]), 0.97), 0.9, 1.6))
    front = float(np.quantile(band[np.abs(band[:, 0]) < 0.5][:, 2], 0.9)) if (np.abs(band[:, 0]) < 0.5).any() else 0.1
    return min(front, 0.4) - half


class _Further:
    """How much further around the head the picture is laid than a projection from the front would, by angle."""

    def __init__(self, girth: NDArray[np.float64], axis: float) -> None:
        middle = (np.arange(_BINS) + 0.5) * np.pi / _BINS
        radius = self._girth = _radii(girth, axis)
        across, forward = radius * np.sin(middle), radius * np.cos(middle)
        steps = np.abs(np.diff(across, prepend=0.0))
        along = np.hypot(np.diff(across, prepend=0.0), np.diff(forward, prepend=forward[0]))
        laid = np.cumsum(np.maximum(steps, along / _MOST_STRETCH))
        self._angles = np.concatenate(([0.0], middle))
        self._extra = np.concatenate(([0.0], np.maximum.accumulate((laid - across).clip(0.0, None))))

    def radius(self, angle: NDArray[np.float64]) -> NDArray[np.float64]:
        """The girth's radius by angle."""
        return np.interp(angle, self._angles[1:], self._girth)

    def __call__(self, angle: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(angle, self._angles, self._extra)


def _radii(girth: NDArray[np.float64], axis: float) -> NDArray[np.float64]:
    """Distance of the surface from the axis, by angle from the front, both sides together: [_BINS], smooth."""
    band = girth[(girth[:, 1] > -1.1) & (girth[:, 1] < 0.3)]
    angle = np.arctan2(np.abs(band[:, 0]), band[:, 2] - axis)
    radius = np.hypot(band[:, 0], band[:, 2] - axis)
    place = (angle / np.pi * _BINS).astype(int).clip(0, _BINS - 1)
    typical = np.full(_BINS, np.nan)
    # The medians of all bins at once: a sorted run for each, and the mean of the two in its middle.
    ordered = radius[np.lexsort((radius, place))]
    counts = np.bincount(place, minlength=_BINS)
    first, filled_bins = np.cumsum(counts) - counts, counts > 0
    low, high = (first + (counts - 1) // 2)[filled_bins], (first + counts // 2)[filled_bins]
    typical[filled_bins] = (ordered[low] + ordered[high]) / 2
    known = np.flatnonzero(np.isfinite(typical))
    if not len(known):
        return np.full(_BINS, 1.2)
    filled = np.interp(np.arange(_BINS), known, typical[known])
    padded = np.concatenate((filled[:8][::-1], filled, filled[-8:][::-1]))
    kernel = np.hanning(15) / np.hanning(15).sum()
    smooth: NDArray[np.float64] = np.convolve(padded, kernel, mode="same")[8:-8]
    return smooth


def eased(values: NDArray[np.float64], start: float, stop: float) -> NDArray[np.float64]:
    """0 at `start` to 1 at `stop`, rising smoothly, and the same beyond."""
    share = ((values - start) / (stop - start)).clip(0.0, 1.0)
    result: NDArray[np.float64] = share * share * (3 - 2 * share)
    return result
