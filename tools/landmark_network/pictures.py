"""Pictures of random heads as billboards show them, with the places of five landmarks and what is seen.

The people are those of the reliefs, painted and lit; photographs are given with the places of their eyes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blender_facegan.core.billboards.drawing import drawn_triangles
from blender_facegan.core.billboards.sight import SIZE, Seen
from blender_facegan.core.head.relief import Window
from blender_facegan.core.likeness.locus import on_locus
from blender_facegan.core.likeness.skin import srgb_from_linear

from . import reliefs
from .reliefs import Random, Sources
from .shapes import Mesh, Points

__all__ = ["Photograph", "PictureExample", "PictureExamples", "collect_pictures", "draw_picture"]

Floats = NDArray[np.float32]
_FINE = 2
"""People are drawn this many times finer than the network sees them."""
_MOUTH, _CHIN = 1.066, 1.752
"""Heights of mouth and chin below the eyes of most people, in eye distances; of a photograph nothing else is known."""
_GUESSED = 0.15
"""What such a guess weighs beside a known place."""
_COARSEST = 7.0
"""Pixels across a window of the coarsest pictures."""


@dataclass(frozen=True)
class Photograph:
    """pixels: uint8 [H, W, 3], sRGB. eyes: float64 [2, 2], x and y in pixels, the eye on the viewer's left first."""

    pixels: NDArray[np.uint8]
    eyes: NDArray[np.float64]


class PictureExample(NamedTuple):
    """One picture: uint8 [SIZE, SIZE, 4], sRGB and how much of a pixel is covered.

    points: float32 [5, 2], shares of the window from its upper left. weights: float32 [5], how far each is known.
    seen: a number of `Seen`.
    """

    picture: NDArray[np.uint8]
    points: Floats
    weights: Floats
    seen: int


class PictureExamples(NamedTuple):
    """Many: pictures uint8 [N, SIZE, SIZE, 4], points float32 [N, 5, 2], weights float32 [N, 5], seen int64 [N]."""

    pictures: NDArray[np.uint8]
    points: Floats
    weights: Floats
    seen: NDArray[np.int64]


def collect_pictures(
    sources: Sources, photographs: Sequence[Photograph], count: int, random: Random, photographed: float = 0.5
) -> PictureExamples:
    """Draws this many examples. photographed: the share of them that comes from photographs, when there are any."""
    drawn: list[PictureExample] = []
    while len(drawn) < count:
        example = draw_picture(sources, photographs, random, photographed)
        if example is not None:
            drawn.append(example)
    pictures, points, weights, seen = zip(*drawn, strict=True)
    return PictureExamples(np.stack(pictures), np.stack(points), np.stack(weights), np.array(seen, np.int64))


def draw_picture(
    sources: Sources, photographs: Sequence[Photograph], random: Random, photographed: float = 0.5
) -> PictureExample | None:
    """One example, or None when its window happens to show nothing."""
    chance = random.random()
    if chance < 0.06:
        return _of_nothing(random)
    if sources.things and chance < 0.14:
        return _of_thing(sources.things[random.integers(len(sources.things))], photographs, random)
    if photographs and random.random() < photographed:
        photograph = photographs[random.integers(len(photographs))]
        return _of_photograph(photograph, photographs, random)
    return _of_person(sources, photographs, random)


# People, drawn.


class _Paint(NamedTuple):
    """A mesh with its colour: what it is, and its linear RGB."""

    mesh: Mesh
    kind: str
    color: Floats


def _of_person(sources: Sources, photographs: Sequence[Photograph], random: Random) -> PictureExample | None:
    head = reliefs._Head(sources.person(random))
    kind = random.random()
    seen, yaw, pitch, roll = Seen.FRONT, 0.0, 0.0, random.normal(0, 4)
    if kind < 0.68:
        yaw = random.normal(0, 7) if random.random() < 0.7 else random.uniform(-28, 28)
        pitch = random.normal(0, 7)
    elif kind < 0.79:
        seen, yaw, pitch = Seen.ASIDE, random.choice((-1, 1)) * random.uniform(62, 120), random.normal(0, 7)
    elif kind < 0.92:
        seen, yaw, pitch = Seen.BEHIND, 180 + random.uniform(-50, 50), random.normal(0, 7)
    else:
        seen = Seen.NOTHING
        roll += random.uniform(60, 300) if random.random() < 0.6 else 0.0
    turn = reliefs._turn(yaw, pitch, roll) @ (reliefs._stretch(random) if random.random() < 0.4 else np.eye(3))
    marks = head.person.landmarks @ turn.T
    tall = float(np.linalg.norm((marks[:2].mean(axis=0) - marks[4])[:2])) if seen == Seen.FRONT else head.tall
    window = _window(marks, max(tall, 0.5 * head.tall), random)
    if seen == Seen.NOTHING and abs(roll) < 30:
        aside = random.choice((-1, 1)) * random.uniform(0.6, 1.3) * (random.random() < 0.4)
        window = Window(window.x + aside * window.side, window.y - random.uniform(0.75, 1.6) * window.side, window.side)
    picture = _painted(_paints(head, random), head, turn, window, random)
    if (picture[..., 3] > 0.5).sum() < reliefs._EMPTIEST:
        return None
    across = (marks[:, 0] - window.x) / window.side + 0.5
    down = 0.5 - (marks[:, 1] - window.y) / window.side
    points = np.stack((across, down), axis=1).astype(np.float32)
    return _finished(picture, points, np.ones(5, np.float32), seen, photographs, random)


def _window(marks: Points, tall: float, random: Random) -> Window:
    """A window around the face, close or wide, not quite in its middle."""
    close = random.random() < 0.6
    side = tall * (random.uniform(1.5, 2.2) if close else random.uniform(1.8, 3.6))
    off = random.uniform(-1, 1, 2) * (0.12 if close else 0.2) * side
    middle = (marks[:2].mean(axis=0) + marks[4]) / 2
    return Window(float(middle[0] + off[0]), float(middle[1] + 0.1 * tall + off[1]), float(side))


def _paints(head: "reliefs._Head", random: Random) -> list[_Paint]:
    """The surfaces of a person with their colours."""
    person = head.person
    skin, hair = _skin(random), _hair(random)
    paints = [
        _Paint(reliefs._bare(head, random) if random.random() < 0.3 else Mesh(person.points, person.body), "skin", skin)
    ]
    if random.random() < 0.85 and len(person.eyes):
        paints.append(_Paint(Mesh(person.points, person.eyes), "eye", np.full(3, random.uniform(0.4, 0.9), np.float32)))
    if random.random() < 0.4 and len(person.lashes):
        paints.append(_Paint(Mesh(person.points, person.lashes), "flat", np.full(3, 0.02, np.float32)))
    chance = random.random()
    if chance < 0.2 and len(person.hair):
        paints.append(_Paint(reliefs._helper_hair(head, random), "hair", hair))
    elif chance < 0.72:
        paints.append(_Paint(reliefs._thick_hair(head, random), "hair", hair))
    elif chance < 0.82:
        paints += [_Paint(mesh, "cloth", _cloth(random)) for mesh in reliefs._hat(head, random)]
    if random.random() < 0.3:
        centre = np.array((head.middle[0], head.chin[1] - head.tall * random.uniform(0.5, 0.9), head.skull[2]))
        radii = np.array((random.uniform(0.7, 1.3), 0.35, random.uniform(0.7, 1.1))) * head.tall
        paints.append(_Paint(reliefs._ellipsoid(centre, radii), "cloth", _cloth(random)))
    return paints


def _skin(random: Random) -> Floats:
    light = float(np.exp(random.uniform(np.log(0.05), np.log(0.6))))
    ratios = on_locus([light])[0] + random.normal(0, 0.12, 2)
    color = np.exp(np.array((ratios[0], 0.0, ratios[1])))
    return (color * light / float(color @ (0.2126, 0.7152, 0.0722))).clip(0, 1).astype(np.float32)


def _hair(random: Random) -> Floats:
    browns = np.array(((0.01, 0.008, 0.007), (0.03, 0.016, 0.01), (0.07, 0.035, 0.016), (0.2, 0.11, 0.05),
                       (0.45, 0.32, 0.16), (0.4, 0.39, 0.38), (0.7, 0.7, 0.69), (0.15, 0.04, 0.015)))  # fmt: skip
    color = browns[random.integers(len(browns))] * np.exp(random.normal(0, 0.25, 3))
    return (color if random.random() < 0.95 else random.random(3)).astype(np.float32)


def _cloth(random: Random) -> Floats:
    return (random.random(3) ** random.uniform(1, 3)).astype(np.float32)


def _painted(paints: list[_Paint], head: "reliefs._Head", turn: Points, window: Window, random: Random) -> Floats:
    """The surfaces as they are seen: linear RGB and cover, float32 [SIZE, SIZE, 4]."""
    size = _FINE * SIZE
    mesh = reliefs._joined([paint.mesh for paint in paints])
    kinds = np.repeat(np.arange(len(paints)), [len(paint.mesh.triangles) for paint in paints])
    turned = mesh.points @ turn.T
    place, owner, weights = drawn_triangles(_in_pixels(turned, window, size), mesh.triangles, size, size)
    corners = mesh.triangles[owner]
    # Where each pixel is on the person, unturned, in eye distances from between the eyes.
    here = (np.einsum("nk,nkd->nd", weights, mesh.points[corners]) - head.middle) / head.apart
    normals = np.einsum("nk,nkd->nd", weights, _normals(turned, mesh.triangles)[corners])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    normals[normals[:, 2] < 0] *= -1
    color = np.stack([paint.color for paint in paints])[kinds[owner]].astype(np.float64)
    for index, paint in enumerate(paints):
        chosen = kinds[owner] == index
        if chosen.any():
            color[chosen] = _detailed(paint.kind, color[chosen], here[chosen], head, random)
    light = _light(normals, random)
    picture = np.zeros((size * size, 4), np.float32)
    picture[place, :3] = color * light
    picture[place, 3] = 1.0
    return picture.reshape(SIZE, _FINE, SIZE, _FINE, 4).mean(axis=(1, 3))


def _in_pixels(points: Points, window: Window, size: int) -> Points:
    scale = size / window.side
    across, down = (points[:, 0] - window.x) * scale + size / 2, (window.y - points[:, 1]) * scale + size / 2
    return np.stack((across, down, points[:, 2]), axis=1)


def _normals(points: Points, triangles: NDArray[np.int32]) -> Points:
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    flat = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for corner in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(triangles[:, corner], weights=flat[:, axis], minlength=len(points))
    return total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-12)


def _light(normals: Points, random: Random) -> Points:
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
    return (direct[:, None] + sky * above[:, None]) * tint


def _detailed(kind: str, color: Points, here: Points, head: "reliefs._Head", random: Random) -> Points:
    """Lips, brows, blush and beard; irises; locks; the clothes below the neck."""
    x, y = here[:, 0], here[:, 1]
    aside = np.abs(x) - 0.5
    mouth = (head.person.landmarks[3] - head.middle) / head.apart
    chin = float((head.chin - head.middle)[1] / head.apart)
    if kind == "skin":
        front = here[:, 2] > -1.0
        dark = np.exp(random.uniform(-3.2, -0.5)) * (random.random() < 0.7)
        if dark:
            brow = 0.36 + random.normal(0, 0.05) - 0.5 * aside**2
            near = np.exp(-(((y - brow) / random.uniform(0.05, 0.11)) ** 2) - (aside / 0.3) ** 4) * front
            color = color * (1 - near[:, None] * (1 - dark))
        if random.random() < 0.7:
            wide, high = random.uniform(0.3, 0.45), random.uniform(0.1, 0.2)
            near = np.exp(-(((x - mouth[0]) / wide) ** 4) - ((y - mouth[1]) / high) ** 2) * front
            tone = np.array((random.uniform(0.7, 1.2), random.uniform(0.3, 0.8), random.uniform(0.35, 0.8)))
            color = color * (1 + near[:, None] * (tone - 1))
        if random.random() < 0.6:
            near = np.exp(-(((x - mouth[0]) / 0.4) ** 4) - ((y - mouth[1]) / 0.035) ** 2) * front
            color = color * (1 - near[:, None] * random.uniform(0.3, 0.8))
        if random.random() < 0.4:
            near = np.exp(-((np.abs(aside) / 0.27) ** 4) - (np.abs(y) / 0.17) ** 4) * front
            color = color * (1 - near[:, None] * random.uniform(0.1, 0.6))
        if random.random() < 0.2:
            low = ((mouth[1] + 0.45 - y) / 0.2).clip(0, 1) * (np.hypot(x / 1.3, y - mouth[1]) > 0.2) * front
            color = color * (1 - low[:, None] * random.uniform(0.2, 0.85))
        if random.random() < 0.12:
            ring = np.abs(np.hypot(aside / 0.42, y / random.uniform(0.28, 0.42)) - 1) < 0.09
            ring |= (np.abs(y - 0.03) < 0.03) & (np.abs(x) < 1.3)
            color = np.where((ring & front)[:, None], 0.03, color)
        if random.random() < 0.75:
            below = y < chin - random.uniform(0.35, 1.2) - 0.25 * (here[:, 2] < -0.5)
            color = np.where(below[:, None], _cloth(random), color)
        return color
    if kind == "eye":
        away = np.hypot(aside - random.normal(0, 0.02), y - random.normal(0, 0.015))
        iris = random.random(3) * np.array((0.2, 0.15, 0.15)) + 0.01
        color = np.where((away < 0.105)[:, None], iris, color)
        return np.where((away < random.uniform(0.03, 0.07))[:, None], 0.004, color)
    if kind == "hair":
        wave = np.sin(here @ random.normal(0, 12, 3)) * np.sin(here @ random.normal(0, 25, 3))
        return color * (1 + 0.45 * wave)[:, None]
    return color


# Photographs.


def _of_photograph(photograph: Photograph, others: Sequence[Photograph], random: Random) -> PictureExample | None:
    left, right = photograph.eyes
    apart = float(np.hypot(*(right - left)))
    across = (right - left) / apart
    down = np.array((-across[1], across[0]))
    middle = (left + right) / 2
    marks = np.stack((left, right, middle + 0.75 * apart * down, middle + _MOUTH * apart * down,
                      middle + _CHIN * apart * down))  # fmt: skip
    tall = _CHIN * apart
    close = random.random() < 0.65
    side = tall * (random.uniform(1.5, 2.2) if close else random.uniform(1.8, 3.4))
    off = random.uniform(-1, 1, 2) * (0.12 if close else 0.2) * side
    centre = (middle + marks[4]) / 2 - (0, 0.1 * tall) + off
    seen, roll = Seen.FRONT, random.normal(0, 6)
    chance = random.random()
    if chance < 0.07:
        seen, roll = Seen.NOTHING, random.uniform(70, 290)
    elif chance < 0.22:
        seen = Seen.NOTHING
        side *= random.uniform(0.3, 0.9)
        angle = random.uniform(0, 2 * np.pi)
        centre = middle + np.array((0.0, 0.5 * tall)) + np.array((np.cos(angle), np.sin(angle))) * (tall + 0.55 * side)
    turn = np.array(
        ((np.cos(np.radians(roll)), -np.sin(np.radians(roll))), (np.sin(np.radians(roll)), np.cos(np.radians(roll))))
    )
    grid = (np.arange(SIZE * _FINE) + 0.5) / (SIZE * _FINE) - 0.5
    shares = np.stack(np.meshgrid(grid, grid), axis=-1) * side
    places = shares @ turn.T + centre
    picture = _sampled(photograph.pixels, places)
    inside = (
        _cut_out(places, middle, across, down, apart, random) if random.random() < 0.5 and seen == Seen.FRONT else None
    )
    if inside is not None:
        picture[..., 3] *= inside
    picture[..., :3] *= picture[..., 3:]
    picture = picture.reshape(SIZE, _FINE, SIZE, _FINE, 4).mean(axis=(1, 3))
    covered = picture[..., 3] > 0.5
    if covered.sum() < 200:
        return None
    points = ((marks - centre) @ turn / side + 0.5).astype(np.float32)
    weights = np.array((1, 1, 0, _GUESSED, _GUESSED), np.float32)
    return _finished(picture, points, weights, seen, others, random)


def _sampled(pixels: NDArray[np.uint8], places: NDArray[np.float64]) -> Floats:
    """Linear RGB and whether the photograph reaches there, bilinear: float32 [..., 4]."""
    height, width = pixels.shape[:2]
    x, y = places[..., 0] - 0.5, places[..., 1] - 0.5
    inside = (x > -0.5) & (x < width - 0.5) & (y > -0.5) & (y < height - 0.5)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right_share, lower_share = (x - left)[..., None], (y - top)[..., None]
    light = (pixels.astype(np.float32) / 255) ** 2.2
    total = np.zeros((*x.shape, 3), np.float32)
    for down, rows in ((0, 1 - lower_share), (1, lower_share)):
        for aside, columns in ((0, 1 - right_share), (1, right_share)):
            total += light[(top + down).clip(0, height - 1), (left + aside).clip(0, width - 1)] * (rows * columns)
    return np.concatenate((total, inside[..., None]), axis=-1).astype(np.float32)


def _cut_out(
    places: NDArray[np.float64], middle: NDArray[np.float64], across: NDArray[np.float64], down: NDArray[np.float64],
    apart: float, random: Random,
) -> NDArray[np.float64]:  # fmt: skip
    """A person's outline as somebody would cut it out: head, hair, shoulders."""
    x, y = (places - middle) @ across / apart, (places - middle) @ down / apart
    wide, high = random.uniform(1.2, 1.5), random.uniform(1.75, 2.0)
    head = np.hypot(x / wide, (y - 0.2) / high) < 1
    neck = (np.abs(x) < random.uniform(0.7, 1.0)) & (y > 0.5)
    shoulders = np.hypot(x / random.uniform(2.2, 3.2), (y - 4.2) / random.uniform(1.8, 2.2)) < 1
    return (head | neck | shoulders | (y > 4.2)).astype(np.float64)


# What is no person.


def _of_thing(thing: Mesh, photographs: Sequence[Photograph], random: Random) -> PictureExample | None:
    points = thing.points @ reliefs._turn(random.uniform(0, 360), random.normal(0, 10), 0.0).T
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max()) * random.uniform(0.2, 1.2)
    centre = low + (high - low) * random.random(3)
    window = Window(float(centre[0]), float(centre[1]), side)
    mesh = Mesh(points, thing.triangles)
    place, owner, weights = drawn_triangles(
        _in_pixels(points, window, _FINE * SIZE), mesh.triangles, _FINE * SIZE, _FINE * SIZE
    )
    normals = np.einsum("nk,nkd->nd", weights, _normals(points, mesh.triangles)[mesh.triangles[owner]])
    normals[normals[:, 2] < 0] *= -1
    colors = np.stack([_skin(random) if random.random() < 0.4 else _cloth(random) for _ in range(12)])
    picture = np.zeros(((_FINE * SIZE) ** 2, 4), np.float32)
    picture[place, :3] = colors[owner * 12 // max(len(mesh.triangles), 1)] * _light(normals, random)
    picture[place, 3] = 1
    picture = picture.reshape(SIZE, _FINE, SIZE, _FINE, 4).mean(axis=(1, 3))
    if (picture[..., 3] > 0.5).sum() < reliefs._EMPTIEST:
        return None
    nowhere = np.full((5, 2), 0.5, np.float32)
    return _finished(picture, nowhere, np.zeros(5, np.float32), Seen.NOTHING, photographs, random)


def _of_nothing(random: Random) -> PictureExample:
    """Leaves, bark, bricks, cloth: noise of all scales in a few colours, cut out by noise."""
    picture = np.ones((SIZE, SIZE, 4), np.float32)
    colors = np.stack([_skin(random) if random.random() < 0.4 else _cloth(random) for _ in range(3)])
    first, second = _noise(random), _noise(random)
    picture[..., :3] = (
        colors[0] + (colors[1] - colors[0]) * first[..., None] + (colors[2] - colors[0]) * second[..., None]
    )
    picture[..., :3] = picture[..., :3].clip(0, 1)
    if random.random() < 0.6:
        picture[..., 3] = _noise(random) > random.uniform(0.1, 0.6)
        picture[..., :3] *= picture[..., 3:]
    nowhere = np.full((5, 2), 0.5, np.float32)
    return _finished(picture, nowhere, np.zeros(5, np.float32), Seen.NOTHING, (), random)


def _noise(random: Random) -> Floats:
    total = np.zeros((SIZE, SIZE), np.float32)
    for cells in (2, 4, 8, 16, 32):
        total += random.uniform(0, 1) * _enlarged(random.random((cells, cells, 1)).astype(np.float32))[..., 0]
    low, high = total.min(), total.max()
    result: Floats = (total - low) / max(high - low, 1e-6)
    return result


# Backgrounds, and what cameras and compression do.


def _finished(
    picture: Floats, points: Floats, weights: Floats, seen: Seen, photographs: Sequence[Photograph], random: Random
) -> PictureExample:
    """picture: linear RGB and cover, as premultiplied by its own means."""
    cover = picture[..., 3:]
    color = picture[..., :3] / np.maximum(cover, 1e-3)
    color = srgb_from_linear(color * np.exp(random.normal(0, 0.25))).clip(0, 1)
    if random.random() < 0.5:
        behind = _background(photographs, random)
        color, cover = color * cover + behind * (1 - cover), np.ones_like(cover)
    shown = np.concatenate((color * cover, cover), axis=2)
    if random.random() < 0.6:
        across = int(np.exp(random.uniform(np.log(_COARSEST), np.log(SIZE))))
        shown = _enlarged(_shrunk(shown, across))
    color = shown[..., :3] / np.maximum(shown[..., 3:], 1e-3)
    if random.random() < 0.08:
        color = np.repeat(color @ np.array((0.3, 0.6, 0.1), np.float32)[:, None], 3, axis=2)
    color = (color - 0.5) * random.uniform(0.75, 1.25) + 0.5 + random.normal(0, 0.04) + random.normal(0, 0.02, 3)
    color = color + random.normal(0, random.uniform(0, 0.025), color.shape)
    whole = np.concatenate((color.clip(0, 1), shown[..., 3:]), axis=2)
    if random.random() < 0.5:
        whole, points = whole[:, ::-1], points[[1, 0, 2, 3, 4]].copy()
        points[:, 0] = 1 - points[:, 0]
        weights = weights[[1, 0, 2, 3, 4]]
    return PictureExample(np.round(whole * 255).astype(np.uint8), points, weights, int(seen))


def _background(photographs: Sequence[Photograph], random: Random) -> Floats:
    chance = random.random()
    if chance < 0.45:
        return np.tile(
            random.random(3).astype(np.float32) if chance < 0.25 else np.float32(random.random()),
            (SIZE, SIZE, 1 if chance < 0.25 else 3),
        )
    if chance < 0.7 or not photographs:
        colors = random.random((2, 3)).astype(np.float32)
        return colors[0] + (colors[1] - colors[0]) * _noise(random)[..., None]
    pixels = photographs[random.integers(len(photographs))].pixels
    # A corner of a photograph, upside down: there may be somebody in it.
    side = min(pixels.shape[:2]) // 3
    return _enlarged((pixels[side::-1, :side][:, :, :3] / np.float32(255)).astype(np.float32))


def _shrunk(picture: Floats, across: int) -> Floats:
    """Area means: [across, across, C]."""
    edges = np.linspace(0, len(picture), across + 1)
    weights = (
        np.minimum(edges[1:, None], np.arange(len(picture)) + 1) - np.maximum(edges[:-1, None], np.arange(len(picture)))
    ).clip(0)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return np.einsum("ai,bj,ijc->abc", weights, weights, picture, optimize=True)


def _enlarged(picture: Floats) -> Floats:
    """Bilinear, to [SIZE, SIZE, C]."""
    rows, columns = picture.shape[:2]
    down, aside = _hats(rows), _hats(columns)
    return np.einsum("ai,bj,ijc->abc", down, aside, picture, optimize=True)


def _hats(count: int) -> Floats:
    at = ((np.arange(SIZE) + 0.5) / SIZE * count - 0.5).clip(0, count - 1)
    return (1 - np.abs(at[:, None] - np.arange(count))).clip(0).astype(np.float32)
