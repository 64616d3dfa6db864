"""Heads, and the hair and hats on them. The chin is at z = 0, the crown at 0.225 m; the neck goes below."""

from collections.abc import Callable
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from .shapes import Points, Shape, circle, spread

__all__ = ["CROWN", "EYES", "FACE_SIDE", "HAIRCUTS", "face_plane", "hair_meshes", "head_mesh"]

CROWN = 0.225
EYES = 0.116
"""Height of the eyes above the chin."""
FACE_SIDE = 0.172
"""Side of a picture of a face: 62 mm between the eyes, which are 0.36 of it apart."""
_EYES_IN_PICTURE = 0.62
Hairline = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Lowest height of the hair (share of CROWN) by direction: 1 front, 0 the sides, -1 back."""
_SIDES = 48
_PROFILE = np.array(
    [
        # height / CROWN, half breadth, front, back
        (-0.55, 0.072, 0.050, 0.085),
        (-0.40, 0.060, 0.044, 0.078),
        (-0.20, 0.055, 0.046, 0.074),
        (-0.06, 0.055, 0.066, 0.070),
        (0.00, 0.048, 0.084, 0.066),
        (0.05, 0.046, 0.093, 0.064),
        (0.12, 0.056, 0.094, 0.066),
        (0.20, 0.063, 0.094, 0.074),
        (0.30, 0.068, 0.093, 0.086),
        (0.42, 0.073, 0.090, 0.096),
        (0.52, 0.075, 0.086, 0.101),
        (0.60, 0.076, 0.090, 0.103),
        (0.70, 0.076, 0.089, 0.102),
        (0.79, 0.072, 0.081, 0.096),
        (0.87, 0.063, 0.067, 0.084),
        (0.93, 0.050, 0.050, 0.067),
        (0.975, 0.031, 0.030, 0.043),
        (1.00, 0.010, 0.010, 0.014),
    ]
)


def head_mesh(skin: Any) -> bpy.types.Mesh:
    """A head of average build with its neck: nose, brow, eye sockets, lips and ears, no more."""
    shape = Shape()
    heights = [*spread(-0.55, 0.0, 7)[:-1], *spread(0.0, 0.9, 28)[:-1], *spread(0.9, 1.0, 7)]
    shape.lathe(_detail(np.array([_ring(height) for height in heights])))
    for side in (-1, 1):
        shape.ellipsoid((side * 0.077, 0.014, 0.52 * CROWN), (0.008, 0.018, 0.031), sides=10)
    return shape.mesh("Head", [skin])


def face_plane() -> bpy.types.Mesh:
    """The plane of a billboard: as large as a picture of a face, in front of where the head would be."""
    shape = Shape()
    bottom, half = EYES - _EYES_IN_PICTURE * FACE_SIDE, FACE_SIDE / 2
    corners = [[(-half, -0.075, z), (half, -0.075, z)] for z in (bottom, bottom + FACE_SIDE)]
    shape.grid(np.array(corners), closed=False)
    return shape.mesh("Face", [], smooth=False)


def hair_meshes(hair: Any, skin: Any, cloth: Any) -> dict[str, bpy.types.Mesh]:
    """Every haircut and hat by its name. hair, skin, cloth: the materials that they are made of."""
    meshes = {}
    for name, build in HAIRCUTS.items():
        shape = Shape()
        build(shape)
        meshes[name] = shape.mesh(f"Hair {name}", [hair, skin, cloth])
    return meshes


def _ring(height: float) -> Points:
    """The outline of the head at a height (share of CROWN): a circle drawn out to the front, the back and the sides."""
    breadth, front, back = (np.interp(height, _PROFILE[:, 0], _PROFILE[:, column]) for column in (1, 2, 3))
    flat = circle(_SIDES)
    rounded = np.sign(flat) * np.abs(flat) ** 0.92
    ring: Points = rounded * np.array([breadth, 1.0, 0.0])
    ring[:, 1] = np.where(flat[:, 1] < 0, rounded[:, 1] * front, rounded[:, 1] * back)
    ring[:, 2] = height * CROWN
    return ring


def _detail(rings: Points) -> Points:
    """Nose, eye sockets and lips, pushed out of and into the front."""
    x, z = rings[..., 0], rings[..., 2] / CROWN
    front = np.clip(-rings[..., 1] / 0.05, 0, 1)
    along_nose = np.interp(z, [0.31, 0.345, 0.37, 0.56, 0.60], [0, 0.019, 0.021, 0.004, 0])
    nose = along_nose * np.exp(-((x / (0.010 + 0.012 * np.clip(0.5 - z, 0, 0.2))) ** 2))
    sockets = 0.008 * np.exp(-(((np.abs(x) - 0.031) / 0.015) ** 2) - ((z - 0.515) / 0.055) ** 2)
    lips = 0.004 * np.exp(-((x / 0.022) ** 2) - ((z - 0.21) / 0.035) ** 2)
    bent = rings.copy()
    bent[..., 1] -= front * (nose - sockets + lips)
    return bent


def _shell(
    shape: Shape,
    hairline: Hairline,
    thickness: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    slot: int = 0,
    rows: int = 14,
    locks: float = 0.0,
) -> None:
    """A layer over the head from the hairline to the crown.

    thickness: metres by height, 0 at the hairline to 1 at the crown. locks: how much it differs from lock to lock, as
    a share of it.
    """
    ahead = -circle(_SIDES)[:, 1]
    lowest = hairline(ahead)
    rings = []
    around = np.linspace(0, 2 * np.pi, _SIDES, endpoint=False)
    for share in spread(0.0, 1.0, rows):
        heights = lowest + (1.0 - lowest) * share**0.8
        waves = np.sin(around * 17 + 4 * share) + np.sin(around * 11 - 3 * share) + np.sin(around * 5 + 1)
        strands = 1 + locks * waves / 3
        grown = float(thickness(np.array([share]))[0]) * strands
        ring = np.array([_ring(float(height))[column] for column, height in enumerate(heights)])
        ring[:, :2] *= 1 + grown[:, None] / 0.08
        ring[:, 2] += grown * share
        rings.append(ring)
    shape.lathe(np.array(rings), slot)


def _short(shape: Shape) -> None:
    _shell(shape, _line(0.85, 0.60, 0.12), lambda s: 0.002 + 0.015 * np.sqrt(np.minimum(s * 3, 1)), locks=0.4)


def _receding(shape: Shape) -> None:
    _shell(shape, _line(0.96, 0.60, 0.10), lambda s: 0.003 + 0.006 * np.sqrt(np.minimum(s * 4, 1)))


def _bald(shape: Shape) -> None:
    _shell(shape, _line(0.86, 0.60, 0.10), lambda _: np.array([0.0015]), slot=1)


def _bob(shape: Shape) -> None:
    _shell(
        shape, _curtain(0.90, -0.04, -0.12), lambda s: 0.012 + 0.010 * np.sin(np.minimum(s * 1.6, 1) * 3.1), locks=0.45
    )


def _long(shape: Shape) -> None:
    _shell(
        shape, _curtain(0.91, -0.45, -0.60), lambda s: 0.013 + 0.006 * np.sin(np.minimum(s * 1.4, 1) * 3.1), locks=0.55
    )


def _bun(shape: Shape) -> None:
    _shell(shape, _line(0.88, 0.56, 0.08), lambda s: 0.003 + 0.008 * np.sqrt(np.minimum(s * 4, 1)), locks=0.3)
    shape.ellipsoid((0, 0.105, 0.195), (0.042, 0.036, 0.040))


def _curly(shape: Shape) -> None:
    _shell(shape, _line(0.80, 0.42, 0.05), lambda s: 0.006 + 0.038 * np.minimum(s * 2.5, 1) ** 0.6, locks=0.3)


def _cap(shape: Shape) -> None:
    _shell(shape, _line(0.74, 0.62, 0.12), lambda _: np.array([0.004]))
    _shell(shape, _line(0.76, 0.68, 0.62), lambda s: 0.010 + 0.008 * np.minimum(s * 4, 1), slot=2)
    shape.ellipsoid((0, -0.115, 0.76 * CROWN), (0.066, 0.070, 0.007), slot=2)


def _beanie(shape: Shape) -> None:
    _shell(shape, _line(0.74, 0.52, 0.02), lambda _: np.array([0.005]))
    _shell(shape, _line(0.78, 0.60, 0.48), lambda s: 0.014 + 0.016 * np.minimum(s * 6, 1), slot=2)
    shape.ellipsoid((0, 0.0, CROWN + 0.045), (0.026, 0.026, 0.024), slot=2)


def _line(front: float, side: float, back: float) -> Hairline:
    """A hairline: high over the forehead, down past the temples, around the ears, to the nape."""
    where = np.array([-1.0, -0.35, 0.10, 0.45, 0.66, 0.82, 0.93, 1.0])
    drop = front - side
    heights = [back, back + 0.4 * (side - back), side, side + 0.12 * drop, side + 0.55 * drop, side + 0.88 * drop]
    return _through(where, np.array([*heights, front - 0.004, front]))


def _curtain(front: float, side: float, back: float) -> Hairline:
    """A hairline of long hair: parted over the forehead, and falling past the cheeks."""
    where = np.array([-1.0, 0.0, 0.40, 0.56, 0.70, 0.82, 0.92, 1.0])
    heights = [back, back + 0.6 * (side - back), side, side + 0.10, 0.42, 0.66, front - 0.06, front]
    return _through(where, np.array(heights))


def _through(where: NDArray[np.float64], heights: NDArray[np.float64]) -> Hairline:
    def hairline(ahead: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.interp(ahead, where, heights))

    return hairline


HAIRCUTS: dict[str, Callable[[Shape], None]] = {
    "short": _short,
    "receding": _receding,
    "bald": _bald,
    "bob": _bob,
    "long": _long,
    "bun": _bun,
    "curly": _curly,
    "cap": _cap,
    "beanie": _beanie,
}
