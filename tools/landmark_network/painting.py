"""People of the reliefs painted and lit: skin, lips, brows, irises, hair and clothes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blender_facegan.core.billboards.plane import drawn_triangles
from blender_facegan.core.billboards.sight import SIZE
from blender_facegan.core.head.relief import Window
from blender_facegan.core.likeness.locus import on_locus

from .reliefs import Head, Random, bare, ellipsoid, hat, helper_hair, joined, thick_hair
from .shapes import Mesh, Points

__all__ = [
    "FINE",
    "Paint",
    "cloth_colour",
    "in_pixels",
    "light_on",
    "normals_of",
    "painted",
    "paints_of",
    "skin_colour",
]

Floats = NDArray[np.float32]
FINE = 2
"""People are drawn this many times finer than the network sees them."""


class Paint(NamedTuple):
    """A mesh with its colour: what it is, and its linear RGB."""

    mesh: Mesh
    kind: str
    color: Floats


def paints_of(head: Head, random: Random) -> list[Paint]:
    """The surfaces of a person with their colours."""
    person = head.person
    skin, hair = skin_colour(random), _hair(random)
    paints = [Paint(bare(head, random) if random.random() < 0.3 else Mesh(person.points, person.body), "skin", skin)]
    if random.random() < 0.85 and len(person.eyes):
        paints.append(Paint(Mesh(person.points, person.eyes), "eye", np.full(3, random.uniform(0.4, 0.9), np.float32)))
    if random.random() < 0.4 and len(person.lashes):
        paints.append(Paint(Mesh(person.points, person.lashes), "flat", np.full(3, 0.02, np.float32)))
    chance = random.random()
    if chance < 0.2 and len(person.hair):
        paints.append(Paint(helper_hair(head, random), "hair", hair))
    elif chance < 0.72:
        paints.append(Paint(thick_hair(head, random), "hair", hair))
    elif chance < 0.82:
        paints += [Paint(mesh, "cloth", cloth_colour(random)) for mesh in hat(head, random)]
    if random.random() < 0.3:
        centre = np.array((head.middle[0], head.chin[1] - head.tall * random.uniform(0.5, 0.9), head.skull[2]))
        radii = np.array((random.uniform(0.7, 1.3), 0.35, random.uniform(0.7, 1.1))) * head.tall
        paints.append(Paint(ellipsoid(centre, radii), "cloth", cloth_colour(random)))
    return paints


def skin_colour(random: Random) -> Floats:
    """A colour that skin can have, linear RGB."""
    light = float(np.exp(random.uniform(np.log(0.05), np.log(0.6))))
    ratios = on_locus([light])[0] + random.normal(0, 0.12, 2)
    color = np.exp(np.array((ratios[0], 0.0, ratios[1])))
    shown: Floats = (color * light / float(color @ (0.2126, 0.7152, 0.0722))).clip(0, 1).astype(np.float32)
    return shown


def _hair(random: Random) -> Floats:
    browns = np.array(((0.01, 0.008, 0.007), (0.03, 0.016, 0.01), (0.07, 0.035, 0.016), (0.2, 0.11, 0.05),
                       (0.45, 0.32, 0.16), (0.4, 0.39, 0.38), (0.7, 0.7, 0.69), (0.15, 0.04, 0.015)))  # fmt: skip
    color = browns[random.integers(len(browns))] * np.exp(random.normal(0, 0.25, 3))
    return (color if random.random() < 0.95 else random.random(3)).astype(np.float32)


def cloth_colour(random: Random) -> Floats:
    """Any colour, rather dark, linear RGB."""
    return (random.random(3) ** random.uniform(1, 3)).astype(np.float32)


def painted(paints: list[Paint], head: Head, turn: Points, window: Window, random: Random) -> Floats:
    """The surfaces as they are seen: linear RGB and cover, float32 [SIZE, SIZE, 4]."""
    size = FINE * SIZE
    mesh = joined([paint.mesh for paint in paints])
    kinds = np.repeat(np.arange(len(paints)), [len(paint.mesh.triangles) for paint in paints])
    turned = mesh.points @ turn.T
    place, owner, weights = drawn_triangles(in_pixels(turned, window, size), mesh.triangles, size, size)
    corners = mesh.triangles[owner]
    # Where each pixel is on the person, unturned, in eye distances from between the eyes.
    here = (np.einsum("nk,nkd->nd", weights, mesh.points[corners]) - head.middle) / head.apart
    normals = np.einsum("nk,nkd->nd", weights, normals_of(turned, mesh.triangles)[corners])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    normals[normals[:, 2] < 0] *= -1
    color = np.stack([paint.color for paint in paints])[kinds[owner]].astype(np.float64)
    for index, paint in enumerate(paints):
        chosen = kinds[owner] == index
        if chosen.any():
            color[chosen] = _detailed(paint.kind, color[chosen], here[chosen], head, random)
    light = light_on(normals, random)
    picture = np.zeros((size * size, 4), np.float32)
    picture[place, :3] = color * light
    picture[place, 3] = 1.0
    coarse: Floats = picture.reshape(SIZE, FINE, SIZE, FINE, 4).mean(axis=(1, 3))
    return coarse


def in_pixels(points: Points, window: Window, size: int) -> Points:
    """Points across and down in the pixels of a window."""
    scale = size / window.side
    across, down = (points[:, 0] - window.x) * scale + size / 2, (window.y - points[:, 1]) * scale + size / 2
    return np.stack((across, down, points[:, 2]), axis=1)


def normals_of(points: Points, triangles: NDArray[np.int32]) -> Points:
    """Normals of points, by the triangles that meet there: [V, 3]."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    flat = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for corner in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(triangles[:, corner], weights=flat[:, axis], minlength=len(points))
    unit: Points = total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-12)
    return unit


def light_on(normals: Points, random: Random) -> Points:
    """Light by a lamp and a sky: [N, 1], or [N, 3] where they are tinted."""
    if random.random() < 0.12:
        return np.full((len(normals), 1), random.uniform(0.7, 1.2))
    lamp = np.array((random.normal(0, 0.7), random.uniform(-0.2, 1.2), random.uniform(0.2, 1.2)))
    lamp /= np.linalg.norm(lamp)
    sky = random.uniform(0.15, 0.7)
    direct = (normals @ lamp).clip(0, 1) * random.uniform(0.5, 1.3)
    above = 0.5 + 0.5 * normals[:, 1]
    tint = np.exp(random.normal(0, 0.08, 3)) if random.random() < 0.5 else np.ones(3)
    # Hollows, as the sockets are, get less of the sky: as far as the normal tells.
    light: Points = (direct[:, None] + sky * above[:, None]) * tint
    return light


def _detailed(kind: str, color: Points, here: Points, head: Head, random: Random) -> Points:
    """Lips, brows, blush and beard; irises; locks; the clothes below the neck. here: [N, 3], see `painted`."""
    if kind == "skin":
        front = here[:, 2] > -1.0
        mouth = (head.person.landmarks[3] - head.middle) / head.apart
        chin = float((head.chin - head.middle)[1] / head.apart)
        color = _with_mouth(_with_eyes(color, here, front, random), here - mouth, front, random)
        below = here[:, 1] < chin - random.uniform(0.35, 1.2) - 0.25 * (here[:, 2] < -0.5)
        return np.where(below[:, None] & (random.random() < 0.75), cloth_colour(random), color)
    if kind == "eye":
        away = np.hypot(np.abs(here[:, 0]) - 0.5 - random.normal(0, 0.02), here[:, 1] - random.normal(0, 0.015))
        iris = random.random(3) * np.array((0.2, 0.15, 0.15)) + 0.01
        color = np.where((away < 0.105)[:, None], iris, color)
        return np.where((away < random.uniform(0.03, 0.07))[:, None], 0.004, color)
    if kind == "hair":
        wave = np.sin(here @ random.normal(0, 12, 3)) * np.sin(here @ random.normal(0, 25, 3))
        return color * (1 + 0.45 * wave)[:, None]
    return color


def _with_eyes(color: Points, here: Points, front: NDArray[np.bool_], random: Random) -> Points:
    """Skin with brows, shadows about the eyes, and glasses, each at times."""
    y, aside = here[:, 1], np.abs(here[:, 0]) - 0.5
    if random.random() < 0.7:
        dark, height = np.exp(random.uniform(-3.2, -0.5)), 0.36 + random.normal(0, 0.05)
        near = np.exp(-(((y - height + 0.5 * aside**2) / random.uniform(0.05, 0.11)) ** 2) - (aside / 0.3) ** 4)
        color = color * (1 - (near * front)[:, None] * (1 - dark))
    if random.random() < 0.4:
        near = np.exp(-((np.abs(aside) / 0.27) ** 4) - (np.abs(y) / 0.17) ** 4) * front
        color = color * (1 - near[:, None] * random.uniform(0.1, 0.6))
    if random.random() < 0.12:
        ring = np.abs(np.hypot(aside / 0.42, y / random.uniform(0.28, 0.42)) - 1) < 0.09
        ring |= (np.abs(y - 0.03) < 0.03) & (np.abs(here[:, 0]) < 1.3)
        color = np.where((ring & front)[:, None], 0.03, color)
    return color


def _with_mouth(color: Points, away: Points, front: NDArray[np.bool_], random: Random) -> Points:
    """Skin with lips, the line between them, and a beard, each at times. away: from the mouth, in eye distances."""
    x, y = away[:, 0], away[:, 1]
    if random.random() < 0.7:
        wide, high = random.uniform(0.3, 0.45), random.uniform(0.1, 0.2)
        near = np.exp(-((x / wide) ** 4) - (y / high) ** 2) * front
        tone = np.array((random.uniform(0.7, 1.2), random.uniform(0.3, 0.8), random.uniform(0.35, 0.8)))
        color = color * (1 + near[:, None] * (tone - 1))
    if random.random() < 0.6:
        near = np.exp(-((x / 0.4) ** 4) - (y / 0.035) ** 2) * front
        color = color * (1 - near[:, None] * random.uniform(0.3, 0.8))
    if random.random() < 0.2:
        low = ((0.45 - y) / 0.2).clip(0, 1) * (np.hypot(x / 1.3, y) > 0.2) * front
        color = color * (1 - low[:, None] * random.uniform(0.2, 0.85))
    return color
