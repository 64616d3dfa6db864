"""A flat mesh with a picture on it, as it is seen from its front, and a face laid flat on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..head.landmarks import MOUTH, Landmarks
from ..head.posture import Frame
from .picture import Picture

LONGEST = 640
"""Pixels of the longer side of what is looked at."""
_SHORTEST = 16
_UPRIGHT = 0.7
"""A plane whose normal goes up or down further than this lies: then its picture says where up is."""
_SAME = 0.9
_TEMPLATE = np.array((-0.5 + 0.0j, 0.5 + 0.0j, 1j * MOUTH))
"""Eyes and mouth of a drawn face: across and up in eye distances, as complex numbers."""

Sampler = Callable[[NDArray[np.float64], float], NDArray[np.float32]]
"""From UV places [N, 2], and texels for each pixel, to sRGB and cover, float32 [N, 4]."""


@dataclass(frozen=True)
class Plane:
    """corners: float64 [L, 3], of each corner of its polygons in the world. uv: float64 [L, 2].

    triangles: int32 [T, 3], corners of those that show the picture. texels: width and height of the picture.
    """

    corners: NDArray[np.float64]
    uv: NDArray[np.float64]
    triangles: NDArray[np.int32]
    texels: tuple[int, int]

    @property
    def normal(self) -> NDArray[np.float64] | None:
        """Where its front faces, of length 1; None without an area."""
        a, b, c = (self.corners[self.triangles[:, corner]] for corner in range(3))
        total = np.cross(b - a, c - a).sum(axis=0)
        length = float(np.linalg.norm(total))
        return total / length if length > 1e-18 else None


@dataclass(frozen=True)
class Seeing:
    """What is seen of a plane. frame: its axes in the world. left, top, step: of the picture and its pixels in it."""

    picture: Picture
    frame: Frame
    left: float
    top: float
    step: float

    def in_frame(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places of the picture [N, 2], from its upper left, in the frame: [N, 3]."""
        across, up = self.left + pixels[:, 0] * self.step, self.top - pixels[:, 1] * self.step
        return np.stack((across, up, np.zeros(len(pixels))), axis=1)

    def in_pixels(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places in the frame [N, 2 or 3] in the picture's pixels: [N, 2]."""
        return np.stack(((places[:, 0] - self.left) / self.step, (self.top - places[:, 1]) / self.step), axis=1)


def ups_of(plane: Plane) -> Iterator[NDArray[np.float64]]:
    """Where up may be on a plane, the likeliest first: as the world says, as the picture says, and across that."""
    normal = plane.normal
    if normal is None:
        return
    given: list[NDArray[np.float64]] = []
    painted = _picture_up(plane, normal)
    if abs(normal[2]) < _UPRIGHT:
        given.append(np.array([0.0, 0.0, 1.0]))
        given += [painted] if painted is not None else []
    else:
        first = painted if painted is not None else np.array([0.0, 1.0, 0.0])
        aside = np.cross(first, normal)
        given += [first, -first, aside, -aside]
    found: list[NDArray[np.float64]] = []
    for up in given:
        flat = up - normal * (up @ normal)
        flat /= max(float(np.linalg.norm(flat)), 1e-12)
        if all(flat @ before < _SAME for before in found):
            found.append(flat)
            yield flat


def _picture_up(plane: Plane, normal: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The direction in which the picture goes up, by the triangles' own coordinates."""
    a, b, c = (plane.triangles[:, corner] for corner in range(3))
    one, two = plane.uv[b] - plane.uv[a], plane.uv[c] - plane.uv[a]
    area = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    first, second = plane.corners[b] - plane.corners[a], plane.corners[c] - plane.corners[a]
    # Of dP = Pu du + Pv dv, solved for Pv, weighed by the area in the picture.
    up = ((second * one[:, :1] - first * two[:, :1]) * np.sign(area)[:, None]).sum(axis=0)
    flat: NDArray[np.float64] = up - normal * (up @ normal)
    return flat if np.linalg.norm(flat) > 1e-12 else None


def seen_on(plane: Plane, up: NDArray[np.float64], sample: Sampler) -> Seeing | None:
    """The plane's picture from its front, upright; None where there is nothing to see."""
    normal = plane.normal
    if normal is None:
        return None
    used = plane.corners[plane.triangles]
    frame = Frame(np.stack((np.cross(up, normal), up, normal)), used.reshape(-1, 3).mean(axis=0))
    points = frame.inside(plane.corners)
    shown = points[plane.triangles].reshape(-1, 3)
    low, high = shown[:, :2].min(axis=0), shown[:, :2].max(axis=0)
    extent = high - low
    if not (extent > 0).all():
        return None
    density = _density(plane, points)
    size = float(np.clip(density * extent.max(), _SHORTEST, LONGEST))
    step = float(extent.max()) / size
    columns, rows = (max(1, int(np.ceil(side / step - 0.01))) for side in extent)
    across, down = (points[:, 0] - low[0]) / step, (high[1] - points[:, 1]) / step
    flat = np.stack((across, down, np.zeros(len(points))), axis=1)
    place, owner, shares = drawn_triangles(flat, plane.triangles, columns, rows)
    pixels = np.zeros((rows * columns, 4), np.float32)
    uv = np.einsum("nk,nkd->nd", shares, plane.uv[plane.triangles[owner]])
    pixels[place] = sample(uv, density * step)
    return Seeing(Picture(pixels.reshape(rows, columns, 4)), frame, float(low[0]), float(high[1]), step)


def _density(plane: Plane, points: NDArray[np.float64]) -> float:
    """Texels of the picture to a unit of the plane."""
    a, b, c = (plane.triangles[:, corner] for corner in range(3))

    def areas(places: NDArray[np.float64]) -> float:
        one, two = places[b] - places[a], places[c] - places[a]
        return float(np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum())

    texels = areas(plane.uv * plane.texels)
    return float(np.sqrt(texels / max(areas(points[:, :2]), 1e-24)))


def laid_flat(points: NDArray[np.float64], landmarks: Landmarks) -> NDArray[np.float64]:
    """Face coordinates of points on the plane of a picture: [N, 2], across and up in eye distances from between eyes.

    points: [N, 2] or [N, 3] in the frame of the landmarks. Eyes and mouth come as near to those of a drawn face as
    turning, moving and scaling can bring them: least squares (Umeyama 1991, in the plane).
    """
    marks = landmarks.points[:3]
    seen = marks[:, 0] + 1j * marks[:, 1]
    centre, middle = seen.mean(), _TEMPLATE.mean()
    away = seen - centre
    factor = ((_TEMPLATE - middle) * away.conj()).sum() / max(float((np.abs(away) ** 2).sum()), 1e-24)
    laid = (points[:, 0] + 1j * points[:, 1] - centre) * factor + middle
    return np.stack((laid.real, laid.imag), axis=1)


def drawn_triangles(
    points: NDArray[np.float64], triangles: NDArray[np.int32], width: int, height: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The pixels of a picture that show something, the foremost triangle of each, and where on it.

    points: [V, 3], across and down in pixels from the upper left, and how far towards the viewer. Returns places
    int64 [N] in rows from the top, triangles int64 [N], and the shares of their corners float64 [N, 3].
    """
    corners = points[triangles]
    most = np.array((width, height))
    first = np.ceil(corners[:, :, :2].min(axis=1) - 0.5).clip(0, most).astype(np.int64)
    last = np.floor(corners[:, :, :2].max(axis=1) + 0.5).clip(0, most).astype(np.int64)
    extent = last - first
    chosen = np.flatnonzero((extent > 0).all(axis=1))
    counts = extent[chosen].prod(axis=1)
    owner = np.repeat(chosen, counts)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    column = first[owner, 0] + within % extent[owner, 0].clip(1)
    row = first[owner, 1] + within // extent[owner, 0].clip(1)
    shares, inside = _shares(corners[owner], column + 0.5, row + 0.5)
    place, owner, shares = (row * width + column)[inside], owner[inside], shares[inside]
    depth = (shares * corners[owner, :, 2]).sum(axis=1)
    order = np.lexsort((-depth, place))
    foremost = order[np.concatenate(([True], np.diff(place[order]) > 0))] if len(order) else order
    return place[foremost], owner[foremost], shares[foremost]


def _shares(
    corners: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Barycentric coordinates of places in triangles, and whether each is inside."""
    (ax, ay), (bx, by), (cx, cy) = (corners[:, corner, :2].T for corner in range(3))
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    safe = np.where(np.abs(area) > 1e-9, area, np.inf)
    to_b = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / safe
    to_c = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / safe
    shares = np.stack((1 - to_b - to_c, to_b, to_c), axis=1)
    return shares, (shares > -1e-6).all(axis=1) & np.isfinite(safe)
