"""Skin, eyes and clothes, cut out of the base mesh and its helpers, and made small enough for a crowd."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from tools.makehuman import BaseMesh, Points

from .sheets import Faces, Rim, Sheet, loops, normals, reduced, ring_smoothed, smoothed, triangles

__all__ = ["eyes", "jacket", "jumper", "shirt", "shoes", "skin", "trousers"]

_SKIN_TRIANGLES, _GARMENT = 4600, {"top": 1500, "trousers": 900, "shoes": 360}
_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
_HEM = Rim(((0.004, 0.003, 0.0), (0.006, -0.012, 0.0)))
_COLLAR = Rim(((0.000, 0.000, 0.012), (0.006, 0.000, 0.001), (0.010, 0.000, -0.020)))
_STAND = Rim(((-0.004, 0.000, 0.020), (-0.006, 0.000, 0.016), (0.007, 0.000, 0.000), (0.012, 0.0, -0.040)))


@dataclass(frozen=True)
class _Places:
    """Where faces of the tights are.

    middle: on the average body, [faces, 3]. arm: their place on it, 0 at the shoulder, 1 at the elbow, 2 at the wrist,
    negative off the arm. neck, wrist: how many rings of faces from the neck's edge, and from the nearer wrist's.
    """

    middle: Points
    arm: NDArray[np.float64]
    neck: NDArray[np.int64]
    wrist: NDArray[np.int64]


Region = Callable[[_Places], NDArray[np.bool_]]
"""Which faces belong to a garment."""


def skin(base: BaseMesh, average: Points) -> Sheet:
    """Head, neck, arms and hands: what clothes leave free. `marked`: the triangles that long sleeves cover."""
    faces = triangles(base.faces_of("body"))
    middle, arm = average[faces].mean(1), _on_the_arm(base, average)
    throat, wrist = _joint(base, average, "neck"), _joint(base, average, "l-hand")
    is_head = (middle[:, 2] > _neckline(middle, throat) - 0.035) & (np.abs(middle[:, 0]) < 0.11)
    chosen = faces[(is_head | (arm[faces].mean(1) > 0.35)) & _outside(base, average, faces)]
    chosen, names = _compact(chosen)
    points = average[names]
    face = np.exp(-(((points[:, 2] - _eye_height(base, average) + 0.03) / 0.09) ** 2)) * (points[:, 1] < -0.06)
    hands = np.abs(points[:, 0]) > wrist[0] - 0.01
    keep = np.where(hands, 0.35, np.maximum(0.25, 0.9 * face))
    sheet = reduced(points, chosen, _SKIN_TRIANGLES, keep)
    made = _on(sheet, names, base, average, lambda body: body)
    along = (arm[made.corners] * made.shares).sum(1)[made.faces].mean(1)
    return replace(made, marked=(along > 0) & (along < 1.85))


def eyes(base: BaseMesh, average: Points) -> Sheet:
    """Both eyeballs. Their coordinates are those of a picture of an eye, its middle at (0.5, 0.5), the ball 1 wide."""
    faces, names = _compact(triangles(base.faces_of("helper-l-eye", "helper-r-eye")))
    points = average[names]
    coordinates = np.zeros((len(names), 2))
    for side in (points[:, 0] < 0, points[:, 0] > 0):
        low, high = points[side].min(0), points[side].max(0)
        around = (points[side] - (low + high) / 2) / (high[0] - low[0])
        coordinates[side] = 0.5 + around[:, [0, 2]] * np.where(around[:, 1:2] < 0.1, 1, 4)
    corners = np.repeat(names[:, None], 3, axis=1)
    shares = np.tile([1.0, 0.0, 0.0], (len(names), 1))
    return Sheet(faces, lambda body: body, corners, shares, base.weights[names], coordinates)


def jumper(base: BaseMesh, average: Points) -> Sheet:
    """Long sleeves, a round neck, the hem over the hips."""
    return _top(base, average, loose=0.008, cuff=0, neckline=4, rim=_COLLAR)


def shirt(base: BaseMesh, average: Points) -> Sheet:
    """Short sleeves, a round neck."""
    return _top(base, average, loose=0.007, cuff=11, neckline=4, rim=_COLLAR, flare=0.014)


def jacket(base: BaseMesh, average: Points) -> Sheet:
    """Thicker, with a standing collar."""
    return _top(base, average, loose=0.013, cuff=0, neckline=4, rim=_STAND, hem=0.02)


def _top(
    base: BaseMesh,
    average: Points,
    loose: float,
    cuff: int,
    neckline: int,
    rim: Rim,
    flare: float = 0.0,
    hem: float = 0.0,
) -> Sheet:
    """cuff, neckline: how many rings of faces it leaves free at the wrist and at the neck. Others in metres."""
    hip, throat = _joint(base, average, "pelvis")[2], _joint(base, average, "neck")

    def covers(at: _Places) -> NDArray[np.bool_]:
        is_torso = at.middle[:, 2] > hip + 0.005 - hem
        return np.asarray((is_torso | (at.arm > 0.2)) & (at.wrist >= cuff) & (at.neck >= neckline))

    def ease(points: Points, arm: NDArray[np.float64]) -> NDArray[np.float64]:
        waist = np.exp(-(((points[:, 2] - hip - 0.10) / 0.16) ** 2)) * (arm < 0.2)
        opening = flare * np.clip((arm - 0.3) / 0.5, 0, 1)
        near_neck = np.clip((points[:, 2] - throat[2] + 0.06) / 0.05, 0, 1) * (np.abs(points[:, 0]) < 0.14)
        return np.asarray((loose + 0.010 * waist + opening) * (1 - 0.40 * near_neck))

    return _garment(base, average, covers, ease, _GARMENT["top"], lambda z: rim if z > hip + 0.42 else _HEM, 14)


def _neckline(points: Points, throat: Points) -> NDArray[np.float64]:
    """The height above which a top leaves the neck free: low in front, high behind."""
    return np.asarray(throat[2] - 0.030 + 0.42 * np.clip(points[:, 1] - throat[1] + 0.02, -0.09, 0.05))


def trousers(base: BaseMesh, average: Points) -> Sheet:
    """From under the hem to the ankles."""
    hip, ankle = (_joint(base, average, name)[2] for name in ("pelvis", "l-ankle"))

    def covers(at: _Places) -> NDArray[np.bool_]:
        height = at.middle[:, 2]
        return np.asarray((height < hip + 0.11) & (height > ankle + 0.005) & (at.arm < 0))

    def ease(points: Points, _arm: NDArray[np.float64]) -> NDArray[np.float64]:
        low = np.clip((hip - 0.25 - points[:, 2]) / 0.35, 0, 1)
        return np.asarray(0.004 + 0.010 * low)

    return _garment(base, average, covers, ease, _GARMENT["trousers"], lambda _: _HEM, 12)


def shoes(base: BaseMesh, average: Points) -> Sheet:
    """What the trousers leave of the feet, a little thicker."""
    ankle = _joint(base, average, "l-ankle")[2]
    return _garment(
        base,
        average,
        lambda at: at.middle[:, 2] < ankle + 0.03,
        lambda points, _arm: np.full(len(points), 0.010),
        _GARMENT["shoes"],
        lambda _: _HEM,
        4,
    )


def _garment(
    base: BaseMesh,
    average: Points,
    covers: Region,
    ease: Callable[[Points, NDArray[np.float64]], NDArray[np.float64]],
    count: int,
    rim: Callable[[float], Rim],
    smoothing: int,
) -> Sheet:
    """A part of the tights, eased off the body and made even. rim: by the height of the edge."""
    arm = _on_the_arm(base, average)
    whole = np.array(base.faces_of("helper-tights"))
    neck, *wrists = (_rings(whole, loop, len(average)) for loop in loops(triangles(whole.tolist())))
    places = _Places(average[whole].mean(1), arm[whole].mean(1), neck, np.minimum(*wrists))
    faces, names = _compact(triangles(whole[covers(places)].tolist()))
    loose = ease(average[names], arm[names])[:, None]

    def place(body: Points) -> Points:
        points = smoothed(body[names], faces, smoothing)
        return ring_smoothed(points + normals(points, faces) * loose, faces, 24)

    finest = place(average)
    keep = np.zeros(len(names))
    keep[[point for loop in loops(faces) for point in loop]] = 0.9
    sheet = reduced(finest, faces, count, keep)
    rest = (finest[sheet.corners] * sheet.shares[..., None]).sum(1)
    edges = tuple((loop, rim(float(rest[list(loop)][:, 2].mean()))) for loop in loops(sheet.faces))
    weights = (base.weights[names][sheet.corners] * sheet.shares[..., None]).sum(1)
    return replace(sheet, place=place, weights=weights, coordinates=_pattern(rest, sheet.faces), edges=edges)


def _rings(faces: NDArray[np.int64], loop: tuple[int, ...], count: int) -> NDArray[np.int64]:
    """How many faces lie between each face and a loop of vertices."""
    rings = np.full(len(faces), -1)
    reached = np.zeros(count, bool)
    reached[list(loop)] = True
    for ring in range(len(faces)):
        new = reached[faces].any(1) & (rings < 0)
        if not new.any():
            break
        rings[new] = ring
        reached[faces[new]] = True
    return np.where(rings < 0, len(faces), rings)


def _on_the_arm(base: BaseMesh, body: Points) -> NDArray[np.float64]:
    """For all vertices: 0 at the shoulder, 1 at the elbow, 2 at the wrist; -1 where arms have little say."""
    found = np.full(len(body), -1.0)
    names = list(base.bones)
    for side, sign in (("l", 1.0), ("r", -1.0)):
        fingers = [f"{finger}_0{i}" for finger in _FINGERS for i in (1, 2, 3)]
        bones = [names.index(f"{part}_{side}") for part in ("upperarm", "lowerarm", "hand", *fingers)]
        is_arm = (base.weights[:, bones].sum(1) > 0.5) & (body[:, 0] * sign > 0)
        marks = [_joint(base, body, f"{side}-{part}") for part in ("shoulder", "elbow", "hand")]
        along = [((body - a) @ (b - a)) / ((b - a) @ (b - a)) for a, b in itertools.pairwise(marks)]
        found[is_arm] = np.where(along[1] > 0, 1 + along[1], np.minimum(along[0], 1))[is_arm]
    return found


def _pattern(points: Points, faces: Faces) -> NDArray[np.float64]:
    """Across and up, in metres on the average body; the back is 2 m aside, so that a pattern can have a front."""
    back = normals(points, faces)[:, 1] > 0.1
    return np.stack([points[:, 0] + 2.0 * back, points[:, 2]], axis=1)


def _on(
    sheet: Sheet, names: NDArray[np.int64], base: BaseMesh, average: Points, place: Callable[[Points], Points]
) -> Sheet:
    """The sheet on vertices of the base mesh."""
    corners = names[sheet.corners]
    weights = (base.weights[corners] * sheet.shares[..., None]).sum(1)
    rest = (average[corners] * sheet.shares[..., None]).sum(1)
    around = np.stack([np.arctan2(rest[:, 0], -rest[:, 1]) / (2 * np.pi) + 0.5, rest[:, 2] / 2], axis=1)
    return replace(sheet, corners=corners, place=place, weights=weights, coordinates=around)


def _compact(faces: Faces) -> tuple[Faces, NDArray[np.int64]]:
    """The faces by new numbers without gaps, and the old number of each."""
    names, new = np.unique(faces, return_inverse=True)
    return new.reshape(faces.shape).astype(np.int64), names.astype(np.int64)


def _joint(base: BaseMesh, body: Points, name: str) -> Points:
    return np.asarray(body[base.groups[f"joint-{name}"]].mean(0))


def _eye_height(base: BaseMesh, body: Points) -> float:
    return float(_joint(base, body, "l-eye")[2])


def _outside(base: BaseMesh, body: Points, faces: Faces) -> NDArray[np.bool_]:
    """The faces that light from somewhere reaches; mouth, nostrils and eye sockets inside are not among them."""
    solid = np.concatenate([triangles(base.faces_of("body")), triangles(base.faces_of("helper-l-eye", "helper-r-eye"))])
    tree = BVHTree.FromPolygons(body.tolist(), solid.tolist())
    turns = np.arange(48) * np.pi * (3 - np.sqrt(5))
    heights = 1 - 2 * (np.arange(48) + 0.5) / 48
    ways = np.stack([np.cos(turns) * np.sqrt(1 - heights**2), np.sin(turns) * np.sqrt(1 - heights**2), heights], 1)
    a, b, c = (body[faces[:, i]] for i in range(3))
    across = np.cross(b - a, c - a)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    start = (a + b + c) / 3 + across * 1e-4
    seen = np.zeros(len(faces), bool)
    for index in range(len(faces)):
        for way in ways[across[index] @ ways.T > 0.25]:
            if tree.ray_cast(Vector(start[index].tolist()), Vector(way.tolist()), 2.0)[0] is None:
                seen[index] = True
                break
    return seen
