"""Bodies on a seat, in the poses of a crowd. The seat is at z = 0, the chin at CHIN; -Y is the front."""

from typing import Any

import bpy
import numpy as np

from .shapes import Points, Shape, circle

__all__ = ["CHIN", "POSES", "body_meshes"]

CHIN = 0.635
"""Height of the chin above the seat."""
CLOTH, LEGS, SKIN, SCARF = range(4)
_TORSO = np.array(
    [
        # height, half breadth, half depth, middle's y
        (-0.06, 0.170, 0.125, 0.02),
        (0.06, 0.172, 0.125, 0.01),
        (0.20, 0.162, 0.120, 0.00),
        (0.34, 0.166, 0.120, -0.01),
        (0.43, 0.174, 0.114, 0.00),
        (0.50, 0.166, 0.098, 0.01),
        (0.545, 0.132, 0.084, 0.02),
        (0.575, 0.088, 0.070, 0.025),
        (0.600, 0.066, 0.062, 0.025),
    ]
)
POSES: dict[str, tuple[tuple[Points, Points], tuple[Points, Points]]] = {
    # elbow and wrist, left and right
    name: tuple((np.array(elbow), np.array(wrist)) for elbow, wrist in arms)  # type: ignore[misc]
    for name, arms in {
        "resting": (((-0.25, -0.08, 0.22), (-0.12, -0.31, 0.11)), ((0.25, -0.08, 0.22), (0.12, -0.30, 0.11))),
        "clapping": (((-0.26, -0.16, 0.28), (-0.045, -0.33, 0.42)), ((0.26, -0.16, 0.28), (0.045, -0.33, 0.44))),
        "cheering": (((-0.34, -0.06, 0.62), (-0.27, -0.12, 0.88)), ((0.34, -0.06, 0.62), (0.29, -0.12, 0.86))),
        "waving": (((-0.34, -0.06, 0.60), (-0.30, -0.14, 0.85)), ((0.25, -0.08, 0.22), (0.12, -0.30, 0.11))),
        "crossed": (((-0.26, -0.13, 0.26), (0.05, -0.22, 0.28)), ((0.26, -0.13, 0.26), (-0.05, -0.24, 0.31))),
        "leaning": (((-0.24, -0.22, 0.20), (-0.08, -0.40, 0.13)), ((0.24, -0.22, 0.20), (0.08, -0.40, 0.13))),
    }.items()
}


def body_meshes(cloth: Any, legs: Any, skin: Any, scarf: Any) -> dict[str, bpy.types.Mesh]:
    """A body for every pose, with a scarf (`NAME scarf`) and without (`NAME`). Arguments: the parts' materials."""
    meshes = {}
    for name, arms in POSES.items():
        for with_scarf in (False, True):
            shape = Shape()
            _torso(shape)
            _legs(shape)
            for side, (elbow, wrist) in zip((-1, 1), arms, strict=True):
                _arm(shape, side, elbow, wrist)
            if with_scarf:
                _scarf(shape)
            label = f"{name} scarf" if with_scarf else name
            meshes[label] = shape.mesh(f"Body {label}", [cloth, legs, skin, scarf])
    return meshes


def _torso(shape: Shape) -> None:
    rings = []
    flat = circle(20)
    rounded = np.sign(flat) * np.abs(flat) ** 0.85
    for height in np.linspace(-0.06, 0.60, 16):
        breadth, depth, middle = (np.interp(height, _TORSO[:, 0], _TORSO[:, column]) for column in (1, 2, 3))
        rings.append(rounded * np.array([breadth, depth, 0]) + np.array([0, middle, height]))
    shape.lathe(np.array(rings), CLOTH)
    collar = [circle(20) * np.array([0.070 + grow, 0.068 + grow, 0]) + np.array([0, 0.02, z]) for z, grow in _COLLAR]
    shape.lathe(np.array(collar), CLOTH)
    shape.tube([(0, 0.02, 0.56), (0, 0.005, CHIN + 0.02)], [0.060, 0.054], SKIN)


def _arm(shape: Shape, side: int, elbow: Points, wrist: Points) -> None:
    shoulder = np.array([side * 0.152, 0.012, 0.488])
    shape.ellipsoid(shoulder, (0.064, 0.066, 0.068), CLOTH)
    shape.tube([shoulder, elbow, wrist], [0.062, 0.050, 0.038], CLOTH)
    ahead = wrist + (wrist - elbow) / np.linalg.norm(wrist - elbow) * 0.05
    shape.tube([wrist, ahead, ahead * 2 - wrist], [0.030, 0.041, 0.022], SKIN)


def _legs(shape: Shape) -> None:
    for side in (-1, 1):
        hip, knee = (side * 0.09, 0.0, 0.02), (side * 0.12, -0.46, 0.05)
        ankle = (side * 0.12, -0.42, -0.38)
        shape.tube([hip, knee, ankle], [0.095, 0.068, 0.048], LEGS)
        shape.ellipsoid((side * 0.12, -0.49, -0.41), (0.045, 0.12, 0.04), LEGS)


def _scarf(shape: Shape) -> None:
    flat = circle(18)
    rings = [flat * np.array([0.092 + grow, 0.088 + grow, 0]) + np.array([0, 0.015, z]) for z, grow in _SCARF_RINGS]
    shape.lathe(np.array(rings), SCARF)
    shape.box((0.015, -0.145, 0.30), (0.085, -0.112, 0.57), SCARF)


_COLLAR = ((0.575, 0.012), (0.592, 0.004), (0.612, 0.000), (0.620, -0.008))
_SCARF_RINGS = ((0.545, 0.0), (0.560, 0.018), (0.590, 0.022), (0.612, 0.008))
