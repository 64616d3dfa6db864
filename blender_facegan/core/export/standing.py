"""Where characters stand, as engines take it: place, turn and size of a matrix."""

import numpy as np
from numpy.typing import NDArray

TRANSFORM = ("x", "y", "z", "qw", "qx", "qy", "qz", "sx", "sy", "sz")
"""The numbers of `transform`, by name."""
_SHEAR = 1e-4
"""Cosine of the angle between two axes from which on they count as sheared."""


def transform(matrix: NDArray[np.float64]) -> tuple[float, ...]:
    """Place, turn (a quaternion, real part first) and size of a [4, 4] matrix: TRANSFORM.

    Mirrored, all three sizes are negative. They cannot hold shear: of a sheared matrix, the turn is the nearest one
    (that of its polar decomposition) and the sizes are the lengths of its axes.
    """
    axes, size = _axes(matrix)
    if np.linalg.det(axes) < 0:
        axes, size = -axes, -size
    left, _, right = np.linalg.svd(axes)
    if np.linalg.det(left @ right) < 0:
        # Of a flat matrix, whose third axis may be either way.
        left[:, 2] = -left[:, 2]
    return (*_floats(matrix[:3, 3]), *_quaternion(left @ right), *_floats(size))


def is_sheared(matrix: NDArray[np.float64]) -> bool:
    """Whether place, turn and size cannot tell what the matrix does: its axes do not stand square on each other."""
    axes, _ = _axes(matrix)
    return bool(np.abs((axes.T @ axes)[np.triu_indices(3, 1)]).max() > _SHEAR)


def _axes(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The axes of a [4, 4] matrix, side by side, of length 1 or 0, and their lengths."""
    size = np.linalg.norm(matrix[:3, :3], axis=0)
    return matrix[:3, :3] / np.where(size == 0, 1.0, size), size


def _quaternion(turn: NDArray[np.float64]) -> tuple[float, ...]:
    """By the largest of its four parts, so that no small number is divided by."""
    trace = float(np.trace(turn))
    squares = np.array([1 + trace, *(1 + 2 * turn[i, i] - trace for i in range(3))])
    largest = int(np.argmax(squares))
    twice = float(np.sqrt(max(squares[largest], 1e-12)))
    skew = (turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1])
    parts = np.empty(4)
    if largest == 0:
        parts[:] = (twice * twice, *skew)
    else:
        one = largest - 1
        parts[0], parts[largest] = skew[one], twice * twice
        for other in {0, 1, 2} - {one}:
            parts[1 + other] = turn[one, other] + turn[other, one]
    return _floats(parts / np.linalg.norm(parts))


def _floats(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) + 0.0 for value in values)
