"""Looking at a person from all sides for its face, from afar and then from near."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .detector import SIZE, Sighting, sight
from .person import Person
from .posture import Frame, Skeleton, fronts, upward
from .relief import Window
from .windows import windows_at_bone, windows_at_top, windows_of

SEEN = 4.0
SURE = 8.0
"""Logits of the network: at the first a face is likelier than none, at the second the search can end."""
_TIGHT = 1.8
"""Side of the window in which landmarks are measured, in eye to chin."""
_SETTLED = 0.008
"""A view is near enough when its points move less than this share of the window."""
_TRIED = 3
"""Windows that are looked into from nearer, the most promising first."""
_TURNED = np.radians(4.0)
"""A head turned further than this to one side in its rest pose is looked at from where it turns to."""


@dataclass(frozen=True)
class Skins:
    """The surfaces that may be skin, as one: points in the world, triangles, and the part of each triangle."""

    points: NDArray[np.float64]
    triangles: NDArray[np.int32]
    owner: NDArray[np.int64]


def look_around(person: Person, bones: Skeleton, scene: Skins) -> tuple[Frame, Sighting] | None:
    """Looks from all sides from which the face may be seen; returns the best view, measured closely."""
    best: tuple[float, Frame, Sighting] | None = None
    for up in _ups(person, bones):
        views = _views(person, bones, scene, up)
        for _, prior, frame, seen, window in sorted(views, key=lambda view: -view[0])[:_TRIED]:
            nearer = _approached(frame.inside(scene.points), scene.triangles, seen, window)
            if nearer is None:
                continue
            total = nearer.score + prior
            if best is None or total > best[0]:
                best = (total, frame, nearer)
            if total > SURE:
                return frame, nearer
        if best is not None and best[2].score > SEEN:
            break
    return (best[1], best[2]) if best is not None else None


def _views(
    person: Person, bones: Skeleton, scene: Skins, up: NDArray[np.float64]
) -> list[tuple[float, float, Frame, Sighting, Window]]:
    """A first look from each side into each window: score with what is known of the front, and that alone."""
    views = []
    for front, sure in fronts(person, bones, up):
        frame = Frame(np.stack((np.cross(up, front), up, front)), scene.points.mean(axis=0))
        points, prior = frame.inside(scene.points), float(np.log(sure))
        here = []
        for window in _windows(person, bones, frame, points):
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


def _windows(person: Person, bones: Skeleton, frame: Frame, points: NDArray[np.float64]) -> list[Window]:
    """What the artist has named, else the head's bone, else an object called a head, else the top of the figure."""
    chosen = [part.world[part.chosen] for part in person.parts if part.chosen is not None and part.chosen.any()]
    if chosen:
        return windows_of(frame.inside(np.concatenate(chosen)))
    if bones.heads():
        return windows_at_bone(points, bones, frame)
    heads = [part.world for part in person.parts if part.role == "HEAD" and len(part.surface.vertices)]
    if heads and len(person.parts) > 1:
        return windows_of(frame.inside(np.concatenate(heads)))
    return windows_at_top(points)


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
