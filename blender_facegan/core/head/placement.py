"""What is written into a mesh: where each corner lies in the face's picture, and how much of the face shows there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..model.card import Card
from .eyes import eyeballs
from .landmarks import Landmarks
from .names import part_role
from .person import Part
from .posture import Frame
from .relief import Window, relief
from .unrolling import eased, unroll

_NOT_PAINTED = frozenset({"EYE", "HAIR", "HAT", "GLASSES", "LASHES", "BROWS", "TEETH", "CLOTHES"})
_NEAR = 2.6
"""The face ends this far from the middle between the eyes, in eye distances: hands and knees are further away."""
_BEHIND = (0.45, 0.8)
"""Depth behind the foremost surface, in eye distances, at which the face fades and is gone: in the mouth, in the
sockets, on the skull's inside."""
_SIDE = (np.radians(40.0), np.radians(60.0))
"""From here to there the surface turns away, and what stands before what says less and less: the nose's wing before the
cheek, the cheek before the ear."""
_SIZE, _COARSE = 96, 32
_LID = (0.21, 0.125)
"""Half the breadth and height of the open eye in a drawn face, in eye distances: there a mesh's own eyeballs are seen,
and lids take the skin's colour."""
_LEAST_SHARE = 0.04
"""A slot with less than this share of the shown face is not given one."""


@dataclass(frozen=True)
class Placement:
    """A face laid on a mesh.

    values: float32 [C, 3] for each corner: across and up in eye distances from the middle between the eyes, and 1 where
    the face shows, 0 where it does not. slots: the material slots that show it, the largest share first.
    """

    values: NDArray[np.float32]
    slots: tuple[int, ...]


def place(part: Part, frame: Frame, landmarks: Landmarks, lids: bool, by_hand: bool = False) -> Placement:
    """Lays the face on a part, in its rest shape. lids: whether the mesh's own eyes are seen, and stay.

    Corners of what is not skin, by their material or as eyeballs of the same mesh, show nothing of it. by_hand: whether
    the artist has said where the face lies; then it does so on a visor or a mask, too.
    """
    surface = part.surface
    points = frame.inside(part.world)
    triangles, owner = surface.fans
    skin = _skin_polygons(part)
    skin &= ~_beside_the_skin(part, points, landmarks)
    if by_hand and _is_behind(points, triangles, skin[owner], landmarks):
        skin[:] = True
    unit = landmarks.eye_distance
    balls = eyeballs(points, triangles, landmarks.points[:2, :2], unit)
    away = _lengths(points - landmarks.eyes) / unit
    head = (away < _NEAR) & surface.shown
    if balls is not None:
        head &= ~balls[1]
    painted = triangles if skin.all() else triangles[skin[owner]]
    bare = np.zeros(len(points), bool)
    bare[painted] = True
    bare &= head
    unrolled = unroll(points, landmarks, points[bare if bare.any() else head])
    mask: NDArray[np.float64] = unrolled.mask * head * _foremost(points, painted, landmarks)
    if lids or balls is not None:
        mask = mask * _between_lids(unrolled.coordinates)
    corners = surface.corners
    values = np.concatenate((unrolled.coordinates, mask[:, None]), axis=1).take(corners, axis=0)
    values[:, 2] *= np.repeat(skin, surface.sizes)
    return Placement(values.astype(np.float32), _slots(part, values[:, 2]))


def _skin_polygons(part: Part) -> NDArray[np.bool_]:
    """Polygons whose material is not called something else than skin; all of them where that leaves nothing."""
    other = [index for index, name in enumerate(part.materials) if part_role(name) in _NOT_PAINTED]
    skin = ~np.isin(part.surface.materials, other)
    return skin if skin.any() else np.ones(len(skin), bool)


def _beside_the_skin(part: Part, points: NDArray[np.float64], landmarks: Landmarks) -> NDArray[np.bool_]:
    """Polygons of other materials than skin, where what is called skin has all of the face: a helmet, a beard."""
    surface = part.surface
    called = [index for index, name in enumerate(part.materials) if part_role(name) == "SKIN"]
    others = ~np.isin(surface.materials, called)
    if not called or not others.any():
        return np.zeros(len(others), bool)
    triangles, owner = surface.fans
    tall = float(landmarks.eyes[1] - landmarks.chin[1])
    for place, side, share in ((landmarks.eyes * 0.4 + landmarks.chin * 0.6, 0.8, 0.6), (landmarks.mouth, 0.2, 0.5)):
        window = Window(float(place[0]), float(place[1]), side * tall)
        seen = relief(points, triangles, window, _COARSE)
        skin = relief(points, triangles[~others[owner]], window, _COARSE)
        known = np.isfinite(seen)
        if not known.any() or (skin >= seen)[known].mean() < share:
            return np.zeros(len(others), bool)
    return others


def _is_behind(
    points: NDArray[np.float64], triangles: NDArray[np.int32], skin: NDArray[np.bool_], landmarks: Landmarks
) -> bool:
    """Whether most of what is seen where the face lies is no skin. skin: bool [T]."""
    tall = float(landmarks.eyes[1] - landmarks.chin[1])
    place = landmarks.eyes * 0.4 + landmarks.chin * 0.6
    window = Window(float(place[0]), float(place[1]), 0.8 * tall)
    seen, behind = (relief(points, chosen, window, _COARSE) for chosen in (triangles, triangles[skin]))
    known = np.isfinite(seen)
    return bool(known.any() and (behind >= seen)[known].mean() < 0.5)


def _foremost(points: NDArray[np.float64], triangles: NDArray[np.int32], landmarks: Landmarks) -> NDArray[np.float64]:
    """1 for what is seen from the front, 0 for what lies behind it, for each vertex; beside the face 1."""
    unit = landmarks.eye_distance
    middle = (landmarks.eyes + landmarks.chin) / 2
    window = Window(float(middle[0]), float(middle[1]), 4.0 * unit)
    seen = relief(points, triangles, window, _SIZE)
    column = ((points[:, 0] - window.x) / window.side * _SIZE + _SIZE / 2).astype(int).clip(0, _SIZE - 1)
    row = ((window.y - points[:, 1]) / window.side * _SIZE + _SIZE / 2).astype(int).clip(0, _SIZE - 1)
    depth = seen[row, column].astype(np.float64)
    behind = np.where(np.isfinite(depth), depth - points[:, 2], 0.0) / unit
    front = 1.0 - eased(behind, *_BEHIND)
    aside = eased(np.arctan2(np.abs(points[:, 0] - middle[0]), points[:, 2] - middle[2] + 1.2 * unit), *_SIDE)
    shown: NDArray[np.float64] = front + (1.0 - front) * aside
    return shown


def _between_lids(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 inside the two open eyes of the picture, 1 outside."""
    distance = np.hypot((np.abs(coordinates[:, 0]) - 0.5) / _LID[0], coordinates[:, 1] / _LID[1])
    return eased(distance, 0.85, 1.15)


def _slots(part: Part, shown: NDArray[np.float64]) -> tuple[int, ...]:
    """Slots by how much of the shown face their polygons have, without those that have next to nothing."""
    surface = part.surface
    first = np.repeat(np.arange(len(surface.sizes)), surface.sizes)
    per_polygon = np.bincount(first, weights=shown, minlength=len(surface.sizes)) / surface.sizes.clip(1)
    weight = per_polygon * _areas(part, per_polygon > 0)
    total = np.bincount(surface.materials, weights=weight)
    order = [int(slot) for slot in np.argsort(-total, kind="stable") if total[slot] > _LEAST_SHARE * total.sum()]
    return tuple(order)


def _areas(part: Part, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The areas of the chosen polygons, 0 of others: [P]."""
    triangles, owner = part.surface.fans
    triangles, owner = triangles[chosen[owner]], owner[chosen[owner]]
    world = part.world
    a, b, c = (world[triangles[:, corner]] for corner in range(3))
    areas = _lengths(np.cross(b - a, c - a)) / 2
    total: NDArray[np.float64] = np.bincount(owner, weights=areas, minlength=len(part.surface.sizes)).astype(np.float64)
    return total


def _lengths(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lengths of vectors [N, 3], column by column: along so short an axis numpy is slow."""
    x, y, z = vectors.T
    lengths: NDArray[np.float64] = np.sqrt(x * x + y * y + z * z)
    return lengths


def picture_fit(card: Card) -> tuple[float, float, float, float]:
    """Height of the eyes, width and height of the picture, all in eye distances, and height of the eyes in the picture.

    Face coordinates begin between the eyes; so the first is 0. The last is a share of the picture from its lower edge.
    """
    side = 1.0 / max(card.eye_distance, 1e-6)
    return 0.0, side, side, 1.0 - card.eye_height
