"""Hats, with the hair that shows under them."""

import numpy as np

from .scalp import CLOTH, HAIR, MEN, Cut, Head, Line, elevation, grid, shell

__all__ = ["beanie", "cap"]

_BANDED: Line = ((0, 20), (40, 17), (70, 4), (90, -4), (112, -6), (130, -14), (180, -22))
_CAPPED: Line = ((0, 25), (45, 22), (80, 14), (105, 12), (130, 4), (180, -4))


def beanie(head: Head) -> Cut:
    """A woollen hat with its rim turned up."""
    cut = Cut()
    shell(head, cut, MEN, lambda _: 0.004, HAIR)
    shell(head, cut, _BANDED, lambda s: 0.012 + 0.034 * s**1.5, CLOTH, rows=9)
    _roll(head, cut, _BANDED, 0.020, 0.011)
    return cut


def _roll(head: Head, cut: Cut, line: Line, height: float, thickness: float) -> None:
    """The turned-up band of a woollen hat."""
    columns, rows = 36, 7
    points = []
    for angle in np.linspace(-0.5, np.pi + 0.5, rows):
        for azimuth in np.linspace(-180, 180, columns, endpoint=False):
            low = elevation(line, abs(azimuth))
            found, _ = head.surface(azimuth, low + 8 - 14 * np.cos(angle))
            out = found - head.middle
            points.append(found + out / np.linalg.norm(out) * (0.010 + thickness * np.sin(angle)))
    coordinates = np.stack(np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, height, rows)), axis=2)
    cut.add(np.array(points), grid(rows, columns, closed=True), coordinates.reshape(-1, 2), CLOTH)


def cap(head: Head) -> Cut:
    """A cap with a peak."""
    cut = Cut()
    shell(head, cut, MEN, lambda _: 0.004, HAIR)
    shell(head, cut, _CAPPED, lambda s: 0.009 + 0.012 * min(s * 4, 1), CLOTH, rows=9)
    rows, columns = 5, 15
    points = []
    for out in np.linspace(0, 1, rows):
        for azimuth in np.linspace(-58, 58, columns):
            found, _ = head.surface(azimuth, elevation(_CAPPED, abs(azimuth)) + 3)
            ahead = 0.075 * out * np.cos(np.radians(azimuth * 1.5)) ** 0.6
            points.append(
                found + np.array([0, -0.004 - ahead, 0.006 - 0.016 * out - 0.022 * out * (azimuth / 58) ** 2])
            )
    coordinates = np.zeros((len(points), 2))
    cut.add(np.array(points), grid(rows, columns, closed=False), coordinates, CLOTH)
    return cut
