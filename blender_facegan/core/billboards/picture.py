"""A picture as it is looked at: in windows of any place, size and turn, and by what is covered."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .sight import SIZE

Floats = NDArray[np.float32]

_PLAIN = 0.7
"""Share of a picture's border that has one colour, where its background is plain."""
_ALIKE, _OTHER = 0.06, 0.1
"""Distances in sRGB within which colours are one, and from which they are not."""
_CUT_OUT = 0.01
"""Share of a picture that is clear, at least, where its figure is cut out."""


class View(NamedTuple):
    """A square part of a picture: its centre in pixels from the upper left, its side in pixels, its turn in radians.

    A turned view shows upright what leans to the right by that angle.
    """

    x: float
    y: float
    side: float
    turn: float = 0.0

    def places(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where shares of the view, [..., 2] from its upper left, are in the picture."""
        across, down = (shares[..., 0] - 0.5) * self.side, (shares[..., 1] - 0.5) * self.side
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        return np.stack((self.x + cos * across - sin * down, self.y + sin * across + cos * down), axis=-1)


class Picture:
    """pixels: float32 [H, W, 4], sRGB and how far a pixel is covered, 0 to 1; row 0 at the top."""

    def __init__(self, pixels: Floats) -> None:
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]

    @cached_property
    def background(self) -> Floats | None:
        """The sRGB colour of a plain background; None where there is another, or none at all."""
        if self.is_cut_out:
            return None
        edge = np.concatenate([self.pixels[0], self.pixels[:, 0], self.pixels[:, -1]])[:, :3]
        colour: Floats = np.median(edge, axis=0)
        alike = np.linalg.norm(edge - colour, axis=1) < _ALIKE
        return colour if alike.mean() > _PLAIN else None

    @property
    def is_cut_out(self) -> bool:
        """Whether the picture is clear around what it shows."""
        return bool((self.pixels[..., 3] < 0.5).mean() > _CUT_OUT)

    @cached_property
    def figure(self) -> NDArray[np.bool_] | None:
        """The silhouette: bool [H, W]; None before a background that cannot be told."""
        if self.is_cut_out:
            return np.asarray(self.pixels[..., 3] > 0.5)
        if self.background is None:
            return None
        return np.asarray(np.linalg.norm(self.pixels[..., :3] - self.background, axis=2) > _OTHER)

    def shown_in(self, views: list[View]) -> Floats:
        """The views, SIZE pixels wide: float32 [N, SIZE, SIZE, 4]. Beside the picture nothing is covered."""
        grid = (np.arange(SIZE) + 0.5) / SIZE
        shares = np.stack(np.meshgrid(grid, grid), axis=-1)
        shown = np.empty((len(views), SIZE, SIZE, 4), np.float32)
        for index, view in enumerate(views):
            level = int(np.clip(np.floor(np.log2(max(view.side / SIZE, 1.0))), 0, len(self._levels) - 1))
            shown[index] = _sampled(self._levels[level], view.places(shares) / 2**level)
        shown[..., :3] /= np.maximum(shown[..., 3:], 1e-3)
        return shown

    @cached_property
    def _levels(self) -> list[Floats]:
        """The picture, its colours times their cover, halved again and again."""
        levels = [np.concatenate((self.pixels[..., :3] * self.pixels[..., 3:], self.pixels[..., 3:]), axis=2)]
        while min(levels[-1].shape[:2]) >= 8:
            last = levels[-1]
            rows, columns = last.shape[0] // 2 * 2, last.shape[1] // 2 * 2
            levels.append(last[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2, 4).mean(axis=(1, 3)))
        return levels


def _sampled(pixels: Floats, places: NDArray[np.float64]) -> Floats:
    """Bilinear values at places [..., 2] in pixels; nothing beside the picture."""
    height, width = pixels.shape[:2]
    x, y = places[..., 0] - 0.5, places[..., 1] - 0.5
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    aside, down = (x - left).astype(np.float32)[..., None], (y - top).astype(np.float32)[..., None]
    inside = (x > -1) & (x < width) & (y > -1) & (y < height)
    columns = left.clip(0, width - 1), (left + 1).clip(0, width - 1)
    rows = top.clip(0, height - 1), (top + 1).clip(0, height - 1)
    upper = pixels[rows[0], columns[0]] * (1 - aside) + pixels[rows[0], columns[1]] * aside
    lower = pixels[rows[1], columns[0]] * (1 - aside) + pixels[rows[1], columns[1]] * aside
    values: Floats = (upper * (1 - down) + lower * down) * inside[..., None]
    return values
