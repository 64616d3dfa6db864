"""Where the eyes are, from what the artist has modelled: eye objects, eye materials, eye bones, eyeballs."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .names import is_iris, part_role
from .person import Part, welded_islands
from .posture import Frame, Skeleton
from .relief import Window, relief

_LIKE = 0.25
"""Two eyes differ by less than this share of their size."""
_ABOUT = 1.3
"""Eyeballs are looked for this far from between the eyes, in eye distances."""
_FINE, _FEWEST_SEEN = 96, 4
"""Side of the picture in which it is looked what of eyeballs is seen, and columns of it that show them, at least."""
_SHAPES = (0.6, 2.2)
"""Height over breadth of eyes: drawn figures have tall ones; brows and lashes are flatter."""


def named_eyes(parts: Sequence[Part], frame: Frame) -> NDArray[np.float64] | None:
    """Centres of the two eyes, [2, 3] in the frame from left to right, of what is called an eye; None without.

    Irises tell it where there are two: whites are larger than what is seen of them, and not evenly.
    """
    pieces = [piece for part in parts for piece in _called_eyes(part)]
    irises = [frame.inside(points) for name, points in pieces if is_iris(name)]
    found = _two_centres(np.concatenate(irises)) if irises else None
    if found is None and pieces:
        found = _two_centres(np.concatenate([frame.inside(points) for _, points in pieces]))
    return found


def _called_eyes(part: Part) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Name and points, in the world, of what of a part is called an eye."""
    triangles, owner = part.surface.fans
    slots = part.surface.materials[owner]
    called = {index for index, name in enumerate(part.materials) if part_role(name) == "EYE"}
    if part.role != "EYE" and np.isin(slots, list(called)).all():
        return
    for slot in np.unique(slots):
        name = part.materials[slot] if slot < len(part.materials) else ""
        if part.role == "EYE" or int(slot) in called:
            yield name or part.name, part.world[np.unique(triangles[slots == slot])]


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


def as_seen(
    points: NDArray[np.float64],
    triangles: NDArray[np.int32],
    balls: tuple[NDArray[np.float64], NDArray[np.bool_]],
) -> NDArray[np.float64]:
    """Centres of eyeballs, [2, 3], half way to the middle of what is seen of them between the lids.

    points: [V, 3] in the frame; balls: see `eyeballs`. Drawn figures have balls of which the outer part alone shows.
    """
    centres, mine = balls[0].copy(), balls[1][triangles].all(axis=1)
    apart = float(centres[1, 0] - centres[0, 0])
    window = Window(float(centres[:, 0].mean()), float(centres[:, 1].mean()), 2.4 * apart)
    ball, rest = relief(points, triangles[mine], window, _FINE), relief(points, triangles[~mine], window, _FINE)
    shown = np.isfinite(ball) & (ball > rest)
    for centre in centres:
        column = (np.arange(_FINE) + 0.5) / _FINE * window.side + window.x - window.side / 2
        seen = column[shown.any(axis=0) & (np.abs(column - centre[0]) < apart / 2)]
        if len(seen) >= _FEWEST_SEEN:
            centre[0] = (centre[0] + (seen.min() + seen.max()) / 2) / 2
    return centres


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
