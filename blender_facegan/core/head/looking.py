"""Looking at a person from all sides for its face, from afar and then from near."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .detector import SIZE, Sighting, sight
from .person import Person
from .posture import Frame, Skeleton, fronts, upward
from .relief import Window

SEEN = 4.0
SURE = 8.0
"""Logits of the network: at the first a face is likelier than none, at the second the search can end."""
_UNLIKELY, _AGAINST = float(np.log(0.15)), 12.0
"""A side that is less likely the front than the first needs the second: what is at the back of a helmet has 7."""
_TIGHT = 1.8
"""Side of the window in which landmarks are measured, in eye to chin."""
_SETTLED = 0.008
"""A view is near enough when its points move less than this share of the window."""
_TRIED = 3
"""Windows that are looked into from nearer, the most promising first."""
_TURNED = np.radians(4.0)
"""A head turned further than this to one side in its rest pose is looked at from where it turns to."""
_AT_BONE = ((0.35, 2.0), (0.25, 2.8), (0.45, 1.5))
"""Height of the centre above the head's bone, and side, in heights of what is above that bone."""
_BELOW_HAT = ((0.15, 0.9),)
"""The same where what is above the bone is twice the head: a hat or raised hair of one mesh with it."""
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


@dataclass(frozen=True)
class Skins:
    """The surfaces that may be skin, as one: points in the world, triangles, the part and the slot of each triangle."""

    points: NDArray[np.float64]
    triangles: NDArray[np.int32]
    owner: NDArray[np.int64]
    slot: NDArray[np.int32]


def look_around(person: Person, bones: Skeleton, scene: Skins) -> tuple[Frame, Sighting] | None:
    """Looks from all sides from which the face may be seen; returns the best view, measured closely."""
    best = _looked(person, bones, scene, _AT_BONE)
    if best is None or best[2].score < SEEN:
        lower = _looked(person, bones, scene, _BELOW_HAT) if bones.heads() and not person.is_told else None
        if lower is not None and lower[2].score > SEEN:
            best = lower
    return (best[1], best[2]) if best is not None else None


def _looked(
    person: Person, bones: Skeleton, scene: Skins, at_bone: Sequence[tuple[float, float]]
) -> tuple[float, Frame, Sighting] | None:
    """The best view with its logit, by what is known of the front. at_bone: see `_AT_BONE`."""
    best: tuple[float, Frame, Sighting] | None = None
    for up in _ups(person, bones):
        views = _views(person, bones, scene, up, at_bone)
        for _, prior, frame, seen, window in sorted(views, key=lambda view: -view[0])[:_TRIED]:
            nearer = _approached(frame.inside(scene.points), scene.triangles, seen, window)
            if nearer is None or (prior < _UNLIKELY and nearer.score < _AGAINST):
                continue
            total = nearer.score + prior
            if best is None or total > best[0]:
                best = (total, frame, nearer)
            if total > SURE:
                return best
        if best is not None and best[2].score > SEEN:
            break
    return best


def _views(
    person: Person, bones: Skeleton, scene: Skins, up: NDArray[np.float64], at_bone: Sequence[tuple[float, float]]
) -> list[tuple[float, float, Frame, Sighting, Window]]:
    """A first look from each side into each window: score with what is known of the front, and that alone."""
    views = []
    for front, sure in fronts(person, bones, up):
        frame = Frame(np.stack((np.cross(up, front), up, front)), scene.points.mean(axis=0))
        points, prior = frame.inside(scene.points), float(np.log(sure))
        here = []
        for window in _windows(person, bones, frame, points, at_bone):
            seen = sight(points, scene.triangles, window)
            if seen is not None:
                here.append((seen.score + prior, prior, frame, seen, window))
                if seen.score > SURE:
                    break
        views += here
        if sure > 0.5 and any(view[0] > SURE for view in here):
            break
    return views


def _ups(person: Person, bones: Skeleton) -> Iterable[NDArray[np.float64]]:
    """Up as bones or the world say; without bones then as the axes of the largest mesh say: it may be lying."""
    first = upward(person, bones)
    yield first
    if bones.first("HEAD") is not None:
        return
    largest = max(person.parts, key=lambda part: len(part.surface.vertices))
    axes = largest.to_world[:3, :3].T / np.linalg.norm(largest.to_world[:3, :3], axis=0)[:, None]
    for up in (*axes[1:], *-axes[1:]):
        if abs(up @ first) < 0.9:
            yield up


def _windows(
    person: Person,
    bones: Skeleton,
    frame: Frame,
    points: NDArray[np.float64],
    at_bone: Sequence[tuple[float, float]],
) -> list[Window]:
    """What the artist has chosen, else the head's bone, else an object called a head, else the top of the figure."""
    if person.is_told:
        return _windows_of_chosen(frame.inside(person.chosen), bones, frame)
    if bones.heads():
        return _windows_at_bone(points, bones, frame, at_bone)
    heads = [part.world for part in person.parts if part.role == "HEAD" and len(part.surface.vertices)]
    if heads and len(person.parts) > 1:
        return _windows_of(frame.inside(np.concatenate(heads)))
    return _windows_at_top(points)


def closest(points: NDArray[np.float64], triangles: NDArray[np.int32], windows: Sequence[Window]) -> Sighting | None:
    """The best of the windows, looked at again from nearer."""
    seen = [(sight(points, triangles, window), window) for window in windows]
    found = sorted(((one, window) for one, window in seen if one is not None), key=lambda pair: -pair[0].score)
    best: Sighting | None = None
    for first, window in found[:_TRIED]:
        nearer = _approached(points, triangles, first, window)
        if nearer is not None and (best is None or nearer.score > best.score):
            best = nearer
        if best is not None and best.score > SURE:
            break
    return best


def _approached(
    points: NDArray[np.float64], triangles: NDArray[np.int32], seen: Sighting, coarse: Window
) -> Sighting | None:
    """A sighting looked at from nearer, three times; None where the view drifts off the window that it began in."""
    for _ in range(3):
        window = tight(seen)
        if window is None or abs(window.x - coarse.x) > coarse.side / 2 or abs(window.y - coarse.y) > coarse.side / 2:
            return None
        if not 0.2 < window.side / coarse.side < 2.0:
            return None
        nearer = sight(points, triangles, window)
        if nearer is None:
            return None
        moved = float(np.abs(nearer.points - seen.points).max())
        seen = nearer
        if moved < _SETTLED * window.side:
            break
    return seen


def tight(seen: Sighting) -> Window | None:
    """The window in which a face is measured; None where eyes and chin are upside down."""
    eyes, chin = (seen.points[0] + seen.points[1]) / 2, seen.points[4]
    tall = eyes[1] - chin[1]
    if tall <= 0:
        return None
    return Window(float((eyes[0] + chin[0]) / 2), float((eyes[1] + chin[1]) / 2 + 0.1 * tall), _TIGHT * float(tall))


def faced(scene: Skins, frame: Frame, seen: Sighting) -> tuple[Frame, Sighting]:
    """The view from where a head turns to, if that is not the front of its rest pose."""
    turn = _turn_of(seen)
    if abs(turn) < _TURNED:
        return frame, seen
    cos, sin = np.cos(turn), np.sin(turn)
    right, up, front = frame.axes
    turned = Frame(np.stack((cos * right - sin * front, up, cos * front + sin * right)), frame.origin)
    eyes, chin = (seen.points[0] + seen.points[1]) / 2, seen.points[4]
    tall = float(eyes[1] - chin[1])
    known = seen.relief[np.isfinite(seen.relief)]
    middle = np.array([(eyes[0] + chin[0]) / 2, (eyes[1] + chin[1]) / 2, float(np.quantile(known, 0.8))])
    place = turned.inside(frame.world(middle[None]))[0]
    window = Window(float(place[0]), float(place[1]), 2.2 * tall)
    again = closest(turned.inside(scene.points), scene.triangles, [window])
    return (turned, again) if again is not None and again.score > seen.score - 1.0 else (frame, seen)


def _turn_of(seen: Sighting) -> float:
    """Angle about the vertical by which the middle of the face looks to the viewer's right, in radians."""
    tall = float((seen.points[0, 1] + seen.points[1, 1]) / 2 - seen.points[4, 1])
    rows, columns = np.nonzero(np.isfinite(seen.relief))
    side = _TIGHT * tall
    across, down = (columns + 0.5) / SIZE * side, (rows + 0.5) / SIZE * side
    near = (np.abs(across - side / 2) < 0.4 * tall) & (np.abs(down - side * 0.55) < 0.35 * tall)
    if near.sum() < 20:
        return 0.0
    slope = np.polyfit(across[near], seen.relief[rows, columns][near].astype(np.float64), 1)[0]
    return float(-np.arctan(slope))


def _windows_at_bone(
    points: NDArray[np.float64], bones: Skeleton, frame: Frame, at_bone: Sequence[tuple[float, float]]
) -> list[Window]:
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
        found += [Window(joint[0], joint[1] + rise * height, side * height) for rise, side in at_bone]
    return found


def _windows_of(points: NDArray[np.float64]) -> list[Window]:
    """Windows around points that are known to be a head: [V, 3] in the head's frame."""
    low, high = points.min(axis=0), points.max(axis=0)
    height = high[1] - low[1]
    middle = (low[0] + high[0]) / 2
    return [Window(middle, low[1] + rise * height, side * height) for rise, side in _AROUND]


def _windows_of_chosen(points: NDArray[np.float64], bones: Skeleton, frame: Frame) -> list[Window]:
    """Windows around what an artist has chosen, [V, 3] in the frame: a head, or a figure with or without bones."""
    low, high = points.min(axis=0), points.max(axis=0)
    joints = [frame.inside(bone.head[None])[0] for bone in bones.heads()]
    if any(((low < joint) & (joint < high)).all() for joint in joints):
        return _windows_at_bone(points, bones, frame, _AT_BONE) + _windows_of(points)
    return _windows_of(points) + _windows_at_top(points)


def _windows_at_top(points: NDArray[np.float64]) -> list[Window]:
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
