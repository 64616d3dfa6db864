"""Hair and hats on the average head: a cap over the scalp, and locks that grow out of it and fall."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tools.makehuman import BaseMesh, Points

from .hats import beanie, cap
from .scalp import EARS, HAIR, MEN, Cut, Head, Line, band, elevation, grid, shell
from .sheets import Faces

__all__ = ["Cut", "cuts"]

Flow = Callable[["Head", Points, Points], Points]
"""Where hair tends to at a point, given the skin's normal there."""
_WOMEN: Line = ((0, 38), (22, 37), (38, 33), (56, 23), *EARS, (128, -26), (180, -42))
_FRINGE: Line = ((0, 90), (65, 90), (70, 18), *EARS[1:], (128, -24), (180, -38))
"""Where those who go bald still have hair."""


@dataclass(frozen=True)
class Style:
    """How locks grow: how many, how long and wide (metres), over which part of the scalp, and where to.

    lift: how much they rise at the root. fall: how soon they hang, 0 to 1. body: height of the outermost over the skin.
    top: above this line nothing grows.
    """

    flow: Flow
    locks: int
    length: float
    width: float
    line: Line = MEN
    lift: float = 0.4
    fall: float = 0.0
    body: float = 0.014
    steps: int = 4
    top: Line | None = None
    waves: float = 0.0
    stray: float = 0.25


def cuts(base: BaseMesh, average: Points) -> dict[str, Cut]:
    """All haircuts and hats by name."""
    head = Head(base, average)
    made = {name: _grown(head, style, index) for index, (name, style) in enumerate(_STYLES.items())}
    made["buzz"] = _shell_only(head, MEN, 0.005)
    made["curly"] = _curled(head, MEN, 230, 0.016, 0.018)
    made["afro"] = _curled(head, _WOMEN, 300, 0.026, 0.040)
    made["bun"] = _with_knot(head, made.pop("tied"), 0.042)
    made["beanie"] = beanie(head)
    made["cap"] = cap(head)
    return made


def _from_crown(head: Head, point: Points, _normal: Points) -> Points:
    return point - head.surface(180, 52)[0]


def _swept(head: Head, point: Points, _normal: Points) -> Points:
    return np.array([0.25 * np.sign(point[0]), 1.0, -0.25 - 1.2 * float(point[1] > head.middle[1])])


def _parted(at: float) -> Flow:
    """To both sides of a parting, and down; at: its place, metres to the left."""

    def flow(head: Head, point: Points, _normal: Points) -> Points:
        aside = np.sign(point[0] - at) if point[1] < head.middle[1] + 0.05 else np.sign(point[0])
        return np.array([aside, 0.15 if point[1] < head.middle[1] else 0.4, -0.55])

    return flow


def _combed(head: Head, point: Points, _normal: Points) -> Points:
    """Over the top from a parting on the left; the sides down and back."""
    if point[2] > head.middle[2] + 0.055:
        return np.array([-1.0, -0.45, 0.0]) if point[0] < 0.035 else np.array([1.0, 0.1, -0.4])
    return np.array([0.0, 0.5, -1.0])


def _knotted(head: Head, point: Points, _normal: Points) -> Points:
    """To a knot at the back of the head."""
    return _knot(head) - point


def _knot(head: Head) -> Points:
    found, normal = head.surface(180, 18)
    return found + normal * 0.02


_STYLES = {
    "crop": Style(_from_crown, 210, 0.034, 0.020, lift=0.3, body=0.012, stray=0.15),
    "swept": Style(_swept, 200, 0.060, 0.021, lift=0.5, body=0.020, stray=0.12),
    "combed": Style(_combed, 200, 0.050, 0.021, lift=0.4, body=0.017, stray=0.12),
    "receding": Style(
        _from_crown,
        120,
        0.026,
        0.019,
        lift=0.15,
        body=0.008,
        stray=0.12,
        line=_FRINGE,
        top=((0, 0), (66, 16), (80, 34), (180, 34)),
    ),
    "bob": Style(_parted(0.02), 190, 0.200, 0.028, _WOMEN, fall=0.8, body=0.024, steps=7, waves=0.002, stray=0.1),
    "long": Style(_parted(0.0), 190, 0.34, 0.030, _WOMEN, fall=0.85, body=0.022, steps=9, waves=0.003, stray=0.1),
    "wavy": Style(_parted(-0.025), 190, 0.28, 0.030, _WOMEN, fall=0.75, body=0.030, steps=9, waves=0.010, stray=0.2),
    "ponytail": Style(_knotted, 190, 0.17, 0.018, _WOMEN, lift=0.05, body=0.010, steps=6, stray=0.05),
    "tied": Style(_knotted, 190, 0.15, 0.018, _WOMEN, lift=0.05, body=0.010, steps=6, stray=0.05),
    "short": Style(_parted(0.03), 200, 0.075, 0.023, _WOMEN, lift=0.4, fall=0.3, body=0.021, steps=5, stray=0.12),
}


def _grown(head: Head, style: Style, seed: int) -> Cut:
    """Cap and locks."""
    chance = np.random.default_rng(100 + seed)
    cut = Cut()
    if style.top is None:
        shell(head, cut, style.line, lambda _: 0.003, HAIR)
    else:
        band(head, cut, style.line, style.top, 0.003)
    for azimuth, height in _roots(style, chance):
        path, across = _lock(head, style, azimuth, height, chance)
        _ribbon(cut, path, across, style.width * chance.uniform(0.75, 1.2), float(chance.random()))
    if style.flow is _knotted and style.length > 0.16:
        _tail(head, cut, chance)
    return cut


def _roots(style: Style, chance: np.random.Generator) -> list[tuple[float, float]]:
    """Directions spread evenly over the part of the scalp that has hair."""
    found = []
    turn = np.pi * (3 - np.sqrt(5))
    count = style.locks * 4
    for index in range(count):
        height = float(np.degrees(np.arcsin(1 - 2 * (index + 0.5) / count)))
        azimuth = float(np.degrees((index * turn) % (2 * np.pi)))
        azimuth = azimuth - 360 if azimuth > 180 else azimuth
        low = elevation(style.line, abs(azimuth)) + 1.0
        high = 90.0 if style.top is None else elevation(style.top, abs(azimuth))
        if low <= height <= high:
            found.append((azimuth, height))
    picked = chance.permutation(len(found))[: style.locks]
    return [found[index] for index in sorted(picked)]


def _lock(
    head: Head, style: Style, azimuth: float, height: float, chance: np.random.Generator
) -> tuple[Points, Points]:
    """The points along a lock, and the outward normal at each."""
    point, normal = head.surface(azimuth, height)
    layer, step = chance.random(), style.length * chance.uniform(0.8, 1.1) / style.steps
    path, across = [point + normal * 0.001], [normal]
    swing, sign = chance.uniform(0, 6.3), chance.normal(0, 1, 3) * style.stray
    for index in range(style.steps):
        share = index / style.steps
        _, normal = head.above(path[-1])
        tangent = style.flow(head, path[-1], normal) + sign * 0.3
        tangent = tangent - (tangent @ normal) * normal
        tangent /= max(float(np.linalg.norm(tangent)), 1e-9)
        hang = style.fall * np.clip(share * 2.5, 0, 1)
        way = tangent * (1 - hang) + np.array([0.0, 0.02, -1.0]) * hang + normal * style.lift * (1 - share) ** 2
        wave = np.sin(swing + index * 1.9) * style.waves
        point = path[-1] + way / max(float(np.linalg.norm(way)), 1e-9) * step
        point = point + np.cross(tangent, normal) * wave
        over, normal = head.above(point)
        wanted = style.body * (0.45 + 0.55 * layer) * (1 - 0.35 * share)
        # Out of the skin at once, and back to it as far as hair has weight.
        point = point + normal * (wanted - over if over < wanted else -min(over - wanted, 0.45 * step))
        path.append(point)
        across.append(normal)
    return np.array(path), np.array(across)


def _ribbon(cut: Cut, path: Points, across: Points, width: float, shade: float) -> None:
    """A lock as a bent ribbon, three points across, drawn to a tip."""
    along = np.gradient(path, axis=0)
    side = np.cross(along, across)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    share = np.linspace(0, 1, len(path))
    half = (width / 2 * np.interp(share, [0, 0.3, 0.8, 1], [0.8, 1.0, 0.85, 0.25]))[:, None]
    rows = np.stack([path - side * half, path + across * half * 0.38, path + side * half], axis=1)
    coordinates = np.stack([np.full((len(path), 3), shade), np.repeat(share[:, None], 3, 1)], axis=2)
    cut.add(rows.reshape(-1, 3), grid(len(path), 3, closed=False), coordinates.reshape(-1, 2))


def _tail(head: Head, cut: Cut, chance: np.random.Generator) -> None:
    """The tail behind the knot."""
    start = _knot(head)
    for _ in range(26):
        spread = chance.normal(0, 0.012, 3)
        path = np.array(
            [
                start + spread * (0.3 + t) + np.array([0, 0.035 * np.sin(2.2 * t), -0.21 * t**1.25])
                for t in np.linspace(0, 1, 7)
            ]
        )
        out = path - (start + np.array([0, -0.05, -0.1]))
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        _ribbon(cut, path, out, 0.026, float(chance.random()))


def _with_knot(head: Head, cut: Cut, size: float) -> Cut:
    chance = np.random.default_rng(5)
    middle = _knot(head) + np.array([0, 0.018, 0.004])
    for _ in range(34):
        turn, tilt = chance.uniform(0, 2 * np.pi), chance.normal(0, 0.5)
        angles = turn + np.linspace(0, 1.7, 5)
        ring = np.stack([np.cos(angles), np.sin(angles) * np.sin(tilt) * 0.4, np.sin(angles) * np.cos(tilt)], 1)
        out = ring / np.linalg.norm(ring, axis=1, keepdims=True)
        out = out + np.array([0, 0.5, 0])
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        _ribbon(cut, middle + out * size * chance.uniform(0.75, 1.0) / 1.25, out, 0.022, float(chance.random()))
    return cut


def _shell_only(head: Head, line: Line, thickness: float) -> Cut:
    cut = Cut()
    shell(head, cut, line, lambda share: thickness * min(share * 5, 1.0) + 0.0007, HAIR, rows=9)
    return cut


def _curled(head: Head, line: Line, count: int, size: float, body: float) -> Cut:
    """Hair of many small curls, each a lump."""
    chance = np.random.default_rng(count)
    cut = Cut()
    shell(head, cut, line, lambda share: 0.55 * body * min(share * 3, 1.0) + 0.002, HAIR)
    points, faces = _lump()
    for azimuth, height in _roots(Style(_from_crown, count, 0, 0, line), chance):
        low = elevation(line, abs(azimuth))
        rise = np.clip((height - low) / 25, 0.15, 1)
        found, normal = head.surface(azimuth, height)
        scale = size * chance.uniform(0.6, 1.1) * (0.6 + 0.4 * rise)
        shaped = points * chance.uniform(0.8, 1.2, 3) * scale + chance.normal(0, 0.12, points.shape) * scale
        coordinates = np.stack([np.full(len(points), chance.random()), 0.5 + points[:, 2] / 2], axis=1)
        cut.add(found + normal * body * rise * 0.8 + shaped, faces, coordinates)
    return cut


def _lump() -> tuple[Points, Faces]:
    """An icosahedron."""
    golden = (1 + np.sqrt(5)) / 2
    points = [(0, s, t * golden) for s in (-1, 1) for t in (-1, 1)]
    points = (
        points
        + [(s, t * golden, 0) for s in (-1, 1) for t in (-1, 1)]
        + [(s * golden, 0, t) for s in (-1, 1) for t in (-1, 1)]
    )
    found = np.array(points, float) / np.sqrt(1 + golden**2)
    faces = []
    near = np.linalg.norm(found[:, None] - found[None], axis=2) < 1.2
    for a in range(12):
        for b in range(a + 1, 12):
            for c in range(b + 1, 12):
                if near[a, b] and near[b, c] and near[a, c]:
                    outward = np.cross(found[b] - found[a], found[c] - found[a]) @ found[a] > 0
                    faces.append((a, b, c) if outward else (a, c, b))
    return found, np.array(faces, np.int64)
