"""Pictures of people drawn from ellipses, and of trees."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CLEAR = (0.0, 0.0, 0.0, 0.0)

Color = tuple[float, float, float]


class Drawn(NamedTuple):
    """pixels: float32 [H, W, 4], sRGB and cover. points: eyes, mouth and chin in pixels, [4, 2]."""

    pixels: NDArray[np.float32]
    points: NDArray[np.float64]


def drawn(head: int, skin: Color, background: tuple[float, float, float, float] = CLEAR) -> Drawn:
    """Somebody from head to foot, a head so many pixels high; drawn four times finer and made coarse."""
    fine = 4
    unit = head * fine / 2.2
    height, width = int(unit * 15), int(unit * 6)
    down, across = np.mgrid[:height, :width]
    x, y = (across - width / 2) / unit, down / unit - 2.0
    pixels = np.empty((height, width, 4), np.float32)
    pixels[:] = background
    tone = np.array(skin)

    def paint(where: NDArray[np.bool_], color: NDArray[np.float64] | Color, soft: float = 1.0) -> None:
        pixels[where, :3] = pixels[where, :3] * (1 - soft) + np.array(color) * soft
        pixels[where, 3] = 1.0

    paint(np.hypot(x / 1.05, (y + 0.25) / 1.25) < 1, (0.15, 0.1, 0.08))
    paint((np.abs(x) < 0.42) & (y > 0) & (y < 1.9), tone * 0.85)
    paint(np.hypot(x / 2.1, (y - 4.3) / 2.9) < 1, (0.2, 0.3, 0.6))
    paint((np.abs(x) < 1.3) & (y > 5) & (y < 12.5), (0.25, 0.25, 0.3))
    face = np.hypot(x / 0.86, y / 1.18) < 1
    shade = 1.0 - 0.25 * (x / 0.86) ** 2 - 0.08 * np.sin(2 * x)
    pixels[face, :3] = (tone * shade[..., None])[face]
    pixels[face, 3] = 1.0
    for side in (-0.38, 0.38):
        paint(np.hypot((x - side) / 0.24, (y + 0.1) / 0.13) < 1, tone * 0.8)
        paint(np.hypot((x - side) / 0.17, (y + 0.08) / 0.085) < 1, (0.92, 0.92, 0.9))
        paint(np.hypot(x - side, y + 0.08) < 0.075, (0.1, 0.07, 0.05))
        paint((np.abs(x - side) < 0.24) & (np.abs(y + 0.33 + 0.3 * (x - side) ** 2) < 0.04), tone * 0.35)
    paint((np.abs(x) < 0.05 + 0.12 * y) & (y > 0) & (y < 0.38), tone * 0.88)
    paint(np.hypot(x / 0.13, (y - 0.4) / 0.05) < 1, tone * 0.7)
    paint(np.hypot(x / 0.3, (y - 0.72) / 0.09) < 1, tone * (0.85, 0.55, 0.55))
    paint((np.abs(x) < 0.28) & (np.abs(y - 0.72) < 0.015), tone * 0.4)
    rows, columns = height // fine * fine, width // fine * fine
    four = pixels[:rows, :columns].reshape(rows // fine, fine, columns // fine, fine, 4)
    cover = four[..., 3:].mean(axis=(1, 3))
    color = (four[..., :3] * four[..., 3:]).mean(axis=(1, 3)) / np.maximum(cover, 1e-3)
    points = np.array(((-0.38, -0.08), (0.38, -0.08), (0.0, 0.72), (0.0, 1.18)))
    places = (points * unit + (width / 2, 2.0 * unit)) / fine
    return Drawn(np.concatenate((color, cover), axis=2).astype(np.float32), places)


def tree(seed: int) -> NDArray[np.float32]:
    """A trunk, and leaves in many greens, cut out."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[:320, :200]
    pixels = np.zeros((320, 200, 4), np.float32)
    pixels[(np.abs(across - 100) < random.uniform(6, 18)) & (down > 160)] = (0.35, 0.22, 0.12, 1)
    for _ in range(700):
        leaf = np.hypot(across - random.normal(100, 38), down - random.normal(100, 42)) < random.uniform(3, 9)
        pixels[leaf] = (*(np.array((0.1, 0.3, 0.08)) + random.random(3) * 0.3), 1)
    return pixels
