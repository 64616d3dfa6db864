"""Reliefs of random heads as the detector would meet them, with the places of five landmarks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blender_facegan.core.head.detector import SIZE
from blender_facegan.core.head.relief import Window, relief

from .shapes import Mesh, Person, Points, Triangles

__all__ = [
    "EMPTIEST",
    "Example",
    "Examples",
    "Head",
    "Sources",
    "bare",
    "collect",
    "draw",
    "ellipsoid",
    "hat",
    "helper_hair",
    "joined",
    "stretch",
    "thick_hair",
    "turned_by",
]

_THINGS, _KIT_FACES = 0.07, 0.12
"""Shares of the examples that are of things and of ICT-FaceKit, when there are any."""
_FRONT, _AROUND = 0.72, 0.86
"""Of people: how many are seen from the front, and up to where the rest are seen from the side or from behind."""
EMPTIEST = 50
"""Pixels that show something, at least."""
_DEEPEST = 1.5

Random = np.random.Generator


class Example(NamedTuple):
    """One relief.

    relief: float16 [SIZE, SIZE], depth in window sides from its median, -inf where nothing is. points: float32 [5, 2],
    shares of the window from its upper left. face: 1 for a face seen from the front, 0 for anything else.
    """

    relief: NDArray[np.float16]
    points: NDArray[np.float32]
    face: float


class Examples(NamedTuple):
    """Many: reliefs float16 [N, SIZE, SIZE], points float32 [N, 5, 2], faces float32 [N]."""

    reliefs: NDArray[np.float16]
    points: NDArray[np.float32]
    faces: NDArray[np.float32]


@dataclass(frozen=True)
class Sources:
    """Where shapes come from: people always; faces of ICT-FaceKit and things without a face when given."""

    person: Callable[[Random], Person]
    kit_face: Callable[[Random], Person] | None = None
    things: list[Mesh] = field(default_factory=list)


def collect(sources: Sources, count: int, random: Random) -> Examples:
    """Draws this many examples."""
    drawn: list[Example] = []
    while len(drawn) < count:
        example = draw(sources, random)
        if example is not None:
            drawn.append(example)
    reliefs, points, faces = zip(*drawn, strict=True)
    return Examples(np.stack(reliefs), np.stack(points), np.array(faces, np.float32))


def draw(sources: Sources, random: Random) -> Example | None:
    """One example, or None when its window happens to show nothing."""
    chance = random.random()
    if sources.things and chance < _THINGS:
        return _of_thing(sources.things[random.integers(len(sources.things))], random)
    if sources.kit_face is not None and chance > 1 - _KIT_FACES:
        person = sources.kit_face(random)
        return _seen_from_front(Head(person), bare(Head(person), random), random)
    head = Head(sources.person(random))
    surface = joined(_dressed(head, random))
    kind = random.random()
    if kind < _FRONT:
        return _seen_from_front(head, surface, random)
    return _seen_otherwise(head, surface, kind < _AROUND, random)


class Head:
    """A person's measures: the middle of the eyes, eye to eye, eye to chin, and the middle of the skull."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.left, self.right, self.tip, _, self.chin = person.landmarks
        self.middle = (self.left + self.right) / 2
        self.apart = float(np.linalg.norm(self.right - self.left))
        self.tall = float(self.middle[1] - self.chin[1])
        self.skull = self.middle + np.array((0.0, 0.35, -0.55)) * self.tall


def _dressed(head: Head, random: Random) -> list[Mesh]:
    """The surfaces of a person: skin, eyes and lashes or those of a cartoon, hair or a hat, glasses, a collar."""
    person = head.person
    cartoon = random.random() < 0.13
    parts = [_cartoon_skin(head, random) if cartoon else bare(head, random)]
    if cartoon:
        parts += _cartoon_features(head, parts[0], random)
    elif random.random() < 0.65:
        out = random.uniform(-0.1, 0.12) * head.apart if random.random() < 0.2 else 0.0
        parts.append(Mesh(person.points + np.array((0.0, 0.0, out)), person.eyes))
    if random.random() < 0.3:
        parts.append(Mesh(person.points, person.lashes))
    parts += _on_the_head(head, random)
    if random.random() < 0.12:
        parts += _glasses(head, random)
    if random.random() < 0.15:
        centre = np.array((head.middle[0], head.chin[1] - head.tall * random.uniform(0.5, 0.9), head.skull[2]))
        radii = np.array((random.uniform(0.7, 1.3), 0.35, random.uniform(0.7, 1.1))) * head.tall
        parts.append(ellipsoid(centre, radii))
    return parts


def bare(head: Head, random: Random) -> Mesh:
    """The skin: often cut off below, sometimes with eyes of another size, smooth, or of few triangles."""
    points, body = head.person.points, _cut(head, random)
    if random.random() < 0.3:
        points = _eyes_resized(head, points, random.uniform(0.7, 1.9))
    chance = random.random()
    if chance < 0.3:
        points = _smoothed(points, head.person.body, int(random.integers(1, 25)))
    elif chance < 0.4:
        points = _smoothed(points, head.person.body, int(random.integers(25, 80)))
    if random.random() < 0.25:
        return _clustered(Mesh(points, body), head.apart * random.uniform(0.12, 0.45), random)
    return Mesh(points, body)


def _cut(head: Head, random: Random) -> Triangles:
    chance = random.random()
    if chance > 0.5:
        return head.person.body
    below = random.uniform(0.02, 0.9) if chance < 0.3 else random.uniform(0.9, 2.5)
    heights = head.person.points[head.person.body][:, :, 1].mean(axis=1)
    kept: Triangles = head.person.body[heights > head.chin[1] - head.tall * below]
    return kept


def _eyes_resized(head: Head, points: Points, size: float) -> Points:
    for eye in (head.left, head.right):
        away = (points - eye) / head.apart
        near = np.exp(-(away[:, 0] ** 2 + away[:, 1] ** 2) / (2 * 0.35**2) - away[:, 2] ** 2)
        points = points + (points - eye) * (size - 1) * near[:, None] * (1.0, 1.0, 0.4)
    return points


def _cartoon_skin(head: Head, random: Random) -> Mesh:
    return Mesh(_smoothed(head.person.points, head.person.body, int(random.integers(30, 160))), _cut(head, random))


def _cartoon_features(head: Head, skin: Mesh, random: Random) -> list[Mesh]:
    """Discs for eyes laid on the skin, and at times a ball for a nose."""
    parts = []
    for eye in (head.left, head.right):
        size = random.uniform(0.15, 0.34) * head.apart
        depth = _depth(skin.points, eye, 1.5 * size, head.skull[2]) + random.uniform(-0.01, 0.05) * head.apart
        radii = np.array((size, size * random.uniform(1, 1.8), 0.05 * head.apart))
        parts.append(ellipsoid(np.array((eye[0], eye[1], depth)), radii))
    if random.random() < 0.5:
        size = random.uniform(0.1, 0.25) * head.apart
        depth = _depth(skin.points, head.tip, 2 * size, head.skull[2])
        radii = np.array((size, size * random.uniform(0.7, 1.5), size))
        parts.append(ellipsoid(np.array((head.tip[0], head.tip[1], depth)), radii))
    return parts


def _depth(points: Points, at: Points, reach: float, behind: float) -> float:
    """How far forward the points in front stand around a place."""
    near = (np.abs(points[:, :2] - at[:2]) < reach).all(axis=1) & (points[:, 2] > behind)
    return float(points[near, 2].mean()) if near.any() else float(at[2])


def _on_the_head(head: Head, random: Random) -> list[Mesh]:
    chance = random.random()
    if chance < 0.2 and len(head.person.hair):
        return [helper_hair(head, random)]
    if chance < 0.55:
        return [thick_hair(head, random)]
    return hat(head, random) if chance < 0.68 else []


def helper_hair(head: Head, random: Random) -> Mesh:
    """The base mesh's own form for hair, without what would hang before the face."""
    points = head.person.points + random.normal(0, 0.03 * head.tall, 3)
    middle = points[head.person.hair].mean(axis=1)
    hairline = head.middle[1] + random.uniform(0.3, 0.7) * head.tall
    kept = (middle[:, 2] < head.skull[2] + 0.1 * head.tall) | (middle[:, 1] > hairline)
    return Mesh(points, head.person.hair[kept])


def thick_hair(head: Head, random: Random) -> Mesh:
    """The scalp pushed outwards in waves, from a hairline to the nape, sometimes beside the face as well."""
    points, body = head.person.points, head.person.body
    hairline = head.middle[1] + head.tall * random.uniform(0.22, 0.75)
    back = head.middle[2] + (random.uniform(-0.1, 0.4) - 0.8) * head.tall
    low = head.chin[1] - head.tall * random.uniform(-1.0, 1.5)
    aside = np.abs(points[:, 0] - head.middle[0])
    grown = (points[:, 2] < back) & (points[:, 1] > low) & (aside < 1.2 * head.tall)
    grown |= points[:, 1] > hairline
    if random.random() < 0.3:
        beside = (aside > head.apart * random.uniform(0.95, 1.2)) & (aside < head.tall)
        grown |= beside & (points[:, 1] > low) & (points[:, 2] < head.middle[2])
    outwards = points - head.skull
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True) + 1e-9
    waves = 1 + 0.4 * np.sin(points @ random.normal(0, 4 / head.tall, 3))[:, None]
    points = points + outwards * waves * head.tall * random.uniform(0.02, 0.3)
    points = points + random.normal(0, 0.012 * head.tall, points.shape)
    return Mesh(_smoothed(points, body, int(random.integers(0, 4))), body[grown[body].all(axis=1)])


def hat(head: Head, random: Random) -> list[Mesh]:
    """A hat or a cap, with or without a brim."""
    centre = np.array((head.middle[0], head.middle[1] + head.tall * random.uniform(0.25, 0.6), head.skull[2]))
    radii = np.array((random.uniform(0.75, 1.0), random.uniform(0.5, 1.2), random.uniform(0.95, 1.2))) * head.tall
    crown = ellipsoid(centre, radii, lowest=0.0 if random.random() < 0.6 else -0.3)
    if random.random() < 0.4:
        return [crown]
    brim = radii * (random.uniform(1.1, 1.7), 0.06, random.uniform(1.1, 1.7))
    return [crown, ellipsoid(centre, brim)]


def _glasses(head: Head, random: Random) -> list[Mesh]:
    depth = max(head.left[2], head.right[2]) + head.apart * random.uniform(0.15, 0.35)
    half = np.array((random.uniform(0.3, 0.45), random.uniform(0.2, 0.36), 0.03)) * head.apart
    lenses = [_box(np.array((eye[0], eye[1] - 0.05 * head.apart, depth)), half) for eye in (head.left, head.right)]
    bar = np.array((0.9, 0.03, 0.03)) * head.apart
    return [*lenses, _box(np.array((head.middle[0], head.middle[1], depth)), bar)]


def _seen_from_front(head: Head, surface: Mesh, random: Random) -> Example | None:
    """A face, turned a little, in a window around it."""
    yaw = random.normal(0, 6) if random.random() < 0.6 else random.uniform(-25, 25)
    turn = turned_by(yaw, random.normal(0, 6), random.normal(0, 2.5)) @ stretch(random)
    marks = head.person.landmarks @ turn.T
    tall = float(np.linalg.norm((marks[:2].mean(axis=0) - marks[4])[:2]))
    window = _window(marks, tall, random)
    return _example(surface.points @ turn.T, surface.triangles, window, marks, face=1.0)


def _seen_otherwise(head: Head, surface: Mesh, around: bool, random: Random) -> Example | None:
    """No face: from the side or behind; or from above, from below, rolled over, or a window beside the face."""
    yaw, pitch, roll = (random.uniform(70, 290) if around else 0.0), random.normal(0, 10), random.normal(0, 2.5)
    kind = -1 if around else int(random.integers(4))
    if kind == 0:
        pitch = random.uniform(60, 120) * random.choice((-1, 1))
    elif kind == 1:
        roll = random.uniform(60, 300)
    turn = turned_by(yaw, pitch, roll) @ stretch(random)
    marks = head.person.landmarks @ turn.T
    window = _window(marks, head.tall, random)
    if kind >= 2:
        aside = random.choice((-1, 1)) * random.uniform(0.7, 1.5) * (random.random() < 0.5)
        window = Window(window.x + aside * window.side, window.y - random.uniform(0.7, 2.0) * window.side, window.side)
    return _example(surface.points @ turn.T, surface.triangles, window, marks, face=0.0)


def _of_thing(thing: Mesh, random: Random) -> Example | None:
    """Any part of a thing from any side; every other time its top, where a head would be."""
    yaw = random.uniform(0, 360) if random.random() < 0.5 else 90.0 * random.integers(4)
    points = thing.points @ turned_by(yaw, 0.0, 0.0).T
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max()) * random.uniform(0.2, 1.1)
    centre = low + (high - low) * random.random(3)
    if random.random() < 0.5:
        centre[1] = high[1] - side * random.uniform(0.3, 0.5)
        centre[0] = points[points[:, 1] > high[1] - 0.8 * side, 0].mean()
    nowhere = np.tile((centre[0], centre[1], 0.0), (5, 1))
    return _example(points, thing.triangles, Window(centre[0], centre[1], side), nowhere, face=0.0)


def _window(marks: Points, tall: float, random: Random) -> Window:
    """A window around the face, close or wide, not quite in its middle."""
    close = random.random() < 0.6
    side = tall * (random.uniform(1.5, 2.1) if close else random.uniform(1.7, 4.0))
    off = random.uniform(-1, 1, 2) * (0.12 if close else 0.22) * side
    middle = (marks[:2].mean(axis=0) + marks[4]) / 2
    return Window(float(middle[0] + off[0]), float(middle[1] + 0.1 * tall + off[1]), float(side))


def _example(points: Points, triangles: Triangles, window: Window, marks: Points, face: float) -> Example | None:
    depth = relief(points, triangles, window, SIZE)
    there = np.isfinite(depth)
    if there.sum() < EMPTIEST:
        return None
    middle = np.median(depth[there])
    even = np.where(there, ((depth - middle) / window.side).clip(-_DEEPEST, _DEEPEST), -np.inf)
    across = (marks[:, 0] - window.x) / window.side + 0.5
    down = 0.5 - (marks[:, 1] - window.y) / window.side
    return Example(even.astype(np.float16), np.stack((across, down), axis=1).astype(np.float32), face)


def turned_by(yaw: float, pitch: float, roll: float) -> Points:
    """A rotation by these degrees about y, then x, then z: float64 [3, 3]."""
    (a, b, c), (s, t, u) = np.cos(np.radians((yaw, pitch, roll))), np.sin(np.radians((yaw, pitch, roll)))
    about_y = np.array(((a, 0, s), (0, 1, 0), (-s, 0, a)))
    about_x = np.array(((1, 0, 0), (0, b, -t), (0, t, b)))
    about_z = np.array(((c, -u, 0), (u, c, 0), (0, 0, 1)))
    product: Points = about_z @ about_x @ about_y
    return product


def stretch(random: Random) -> Points:
    """A change of proportions, every other time."""
    if random.random() < 0.5:
        return np.eye(3)
    return np.diag(random.uniform((0.8, 0.85, 0.75), (1.25, 1.2, 1.25)))


def joined(parts: list[Mesh]) -> Mesh:
    """Meshes as one."""
    starts = np.cumsum([0, *(len(part.points) for part in parts[:-1])])
    triangles = [part.triangles + start for part, start in zip(parts, starts, strict=True)]
    return Mesh(np.concatenate([part.points for part in parts]), np.concatenate(triangles).astype(np.int32))


def _smoothed(points: Points, triangles: Triangles, times: int) -> Points:
    """Each point of the triangles drawn three fifths of the way to the mean of its neighbours, several times."""
    edges = np.concatenate((triangles[:, (0, 1)], triangles[:, (1, 2)], triangles[:, (2, 0)]))
    here, there = np.concatenate((edges, edges[:, ::-1])).T
    degree = np.bincount(here, minlength=len(points))[:, None]
    for _ in range(times):
        sums = [np.bincount(here, weights=points[there, axis], minlength=len(points)) for axis in range(3)]
        mean = np.stack(sums, axis=1) / degree.clip(1)
        points = np.where(degree > 0, 0.4 * points + 0.6 * mean, points)
    return points


def _clustered(mesh: Mesh, size: float, random: Random) -> Mesh:
    """A mesh of few triangles: the points of each cell of a grid as one (Rossignac and Borrel, 1993)."""
    cells = np.floor(mesh.points / size + random.random(3)).astype(np.int64)
    _, owner = np.unique(cells, axis=0, return_inverse=True)
    owner = owner.reshape(-1)
    sums = np.stack([np.bincount(owner, weights=mesh.points[:, axis]) for axis in range(3)], axis=1)
    corners = owner[mesh.triangles].astype(np.int32)
    whole = (corners != np.roll(corners, 1, axis=1)).all(axis=1)
    return Mesh(sums / np.bincount(owner)[:, None], corners[whole])


def ellipsoid(centre: Points, radii: Points, lowest: float = -1.0, rings: int = 14) -> Mesh:
    """An ellipsoid; `lowest` is the sine of the latitude from which upwards it is kept."""
    latitude, longitude = np.meshgrid(
        np.linspace(np.arcsin(lowest), np.pi / 2, rings),
        np.linspace(0, 2 * np.pi, 2 * rings, endpoint=False),
        indexing="ij",
    )
    flat = np.cos(latitude)
    unit = np.stack((flat * np.sin(longitude), np.sin(latitude), flat * np.cos(longitude)), axis=-1).reshape(-1, 3)
    here = np.arange((rings - 1) * 2 * rings).reshape(rings - 1, -1)
    beside = np.roll(here, -1, axis=1)
    above, across = here + 2 * rings, beside + 2 * rings
    corners = np.concatenate([np.stack(sides, axis=-1) for sides in ((here, beside, above), (beside, across, above))])
    return Mesh(unit * radii + centre, corners.reshape(-1, 3).astype(np.int32))


def _box(centre: Points, half: Points) -> Mesh:
    """A box's front: what is seen of it."""
    corners = np.array(((-1, -1, 1), (1, -1, 1), (1, 1, 1), (-1, 1, 1)), float)
    return Mesh(centre + corners * half, np.array(((0, 1, 2), (0, 2, 3)), np.int32))
