"""Pictures of random heads as billboards show them, with the places of five landmarks and what is seen.

The people are those of the reliefs, painted and lit; photographs are given with the places of their eyes.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blender_facegan.core.billboards.plane import drawn_triangles
from blender_facegan.core.billboards.sight import SIZE, Seen
from blender_facegan.core.head.relief import Window

from .camera import Photograph, PictureExample, finished, noise
from .painting import FINE, cloth_colour, in_pixels, light_on, normals_of, painted, paints_of, skin_colour
from .reliefs import EMPTIEST, Head, Random, Sources, stretch, turned_by
from .shapes import Mesh, Points

__all__ = ["PictureExamples", "collect_pictures", "draw_picture"]

Floats = NDArray[np.float32]
_MOUTH, _CHIN = 1.066, 1.752
"""Heights of mouth and chin below the eyes of most people, in eye distances; of a photograph nothing else is known."""
_GUESSED = 0.15
"""What such a guess weighs beside a known place."""


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
        photograph = photographs[int(random.integers(len(photographs)))]
        return _of_photograph(photograph, photographs, random)
    return _of_person(sources, photographs, random)


def _of_person(sources: Sources, photographs: Sequence[Photograph], random: Random) -> PictureExample | None:
    head = Head(sources.person(random))
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
    turn = turned_by(yaw, pitch, roll) @ (stretch(random) if random.random() < 0.4 else np.eye(3))
    marks = head.person.landmarks @ turn.T
    tall = float(np.linalg.norm((marks[:2].mean(axis=0) - marks[4])[:2])) if seen == Seen.FRONT else head.tall
    window = _window(marks, max(tall, 0.5 * head.tall), random)
    if seen == Seen.NOTHING and abs(roll) < 30:
        aside = random.choice((-1, 1)) * random.uniform(0.6, 1.3) * (random.random() < 0.4)
        window = Window(window.x + aside * window.side, window.y - random.uniform(0.75, 1.6) * window.side, window.side)
    picture = painted(paints_of(head, random), head, turn, window, random)
    if (picture[..., 3] > 0.5).sum() < EMPTIEST:
        return None
    across = (marks[:, 0] - window.x) / window.side + 0.5
    down = 0.5 - (marks[:, 1] - window.y) / window.side
    points = np.stack((across, down), axis=1).astype(np.float32)
    return finished(picture, points, np.ones(5, np.float32), seen, photographs, random)


def _window(marks: Points, tall: float, random: Random) -> Window:
    """A window around the face, close or wide, not quite in its middle."""
    close = random.random() < 0.6
    side = tall * (random.uniform(1.5, 2.2) if close else random.uniform(1.8, 3.6))
    off = random.uniform(-1, 1, 2) * (0.12 if close else 0.2) * side
    middle = (marks[:2].mean(axis=0) + marks[4]) / 2
    return Window(float(middle[0] + off[0]), float(middle[1] + 0.1 * tall + off[1]), float(side))


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
    grid = (np.arange(SIZE * FINE) + 0.5) / (SIZE * FINE) - 0.5
    shares = np.stack(np.meshgrid(grid, grid), axis=-1) * side
    places = shares @ turn.T + centre
    picture = _sampled(photograph.pixels, places)
    inside = (
        _cut_out(places, middle, across, down, apart, random) if random.random() < 0.5 and seen == Seen.FRONT else None
    )
    if inside is not None:
        picture[..., 3] *= inside
    picture[..., :3] *= picture[..., 3:]
    picture = picture.reshape(SIZE, FINE, SIZE, FINE, 4).mean(axis=(1, 3))
    covered = picture[..., 3] > 0.5
    if covered.sum() < 200:
        return None
    points = ((marks - centre) @ turn / side + 0.5).astype(np.float32)
    weights = np.array((1, 1, 0, _GUESSED, _GUESSED), np.float32)
    return finished(picture, points, weights, seen, others, random)


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


def _of_thing(thing: Mesh, photographs: Sequence[Photograph], random: Random) -> PictureExample | None:
    points = thing.points @ turned_by(random.uniform(0, 360), random.normal(0, 10), 0.0).T
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max()) * random.uniform(0.2, 1.2)
    centre = low + (high - low) * random.random(3)
    window = Window(float(centre[0]), float(centre[1]), side)
    mesh = Mesh(points, thing.triangles)
    place, owner, weights = drawn_triangles(
        in_pixels(points, window, FINE * SIZE), mesh.triangles, FINE * SIZE, FINE * SIZE
    )
    normals = np.einsum("nk,nkd->nd", weights, normals_of(points, mesh.triangles)[mesh.triangles[owner]])
    normals[normals[:, 2] < 0] *= -1
    colors = np.stack([skin_colour(random) if random.random() < 0.4 else cloth_colour(random) for _ in range(12)])
    picture = np.zeros(((FINE * SIZE) ** 2, 4), np.float32)
    picture[place, :3] = colors[owner * 12 // max(len(mesh.triangles), 1)] * light_on(normals, random)
    picture[place, 3] = 1
    picture = picture.reshape(SIZE, FINE, SIZE, FINE, 4).mean(axis=(1, 3))
    if (picture[..., 3] > 0.5).sum() < EMPTIEST:
        return None
    nowhere = np.full((5, 2), 0.5, np.float32)
    return finished(picture, nowhere, np.zeros(5, np.float32), Seen.NOTHING, photographs, random)


def _of_nothing(random: Random) -> PictureExample:
    """Leaves, bark, bricks, cloth: noise of all scales in a few colours, cut out by noise."""
    picture = np.ones((SIZE, SIZE, 4), np.float32)
    colors = np.stack([skin_colour(random) if random.random() < 0.4 else cloth_colour(random) for _ in range(3)])
    first, second = noise(random), noise(random)
    picture[..., :3] = (
        colors[0] + (colors[1] - colors[0]) * first[..., None] + (colors[2] - colors[0]) * second[..., None]
    )
    picture[..., :3] = picture[..., :3].clip(0, 1)
    if random.random() < 0.6:
        picture[..., 3] = noise(random) > random.uniform(0.1, 0.6)
        picture[..., :3] *= picture[..., 3:]
    nowhere = np.full((5, 2), 0.5, np.float32)
    return finished(picture, nowhere, np.zeros(5, np.float32), Seen.NOTHING, (), random)
