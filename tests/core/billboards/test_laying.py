"""A face is laid on a picture upright, in proportion and as large as the head's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.billboards.plane import laid_flat
from blender_facegan.core.head.landmarks import MOUTH, Landmarks

FACE = np.array(((-0.5, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, MOUTH, 0.0), (0.0, -1.752, 0.0)))


def moved(points: NDArray[np.float64], turn: float, size: float, x: float, y: float) -> NDArray[np.float64]:
    cos, sin = np.cos(turn), np.sin(turn)
    there: NDArray[np.float64] = points @ np.array(((cos, sin, 0), (-sin, cos, 0), (0, 0, 1))) * size + (x, y, 0.0)
    return there


@given(st.floats(-3, 3), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_a_face_of_drawn_proportions_is_met_wherever_it_is(turn: float, size: float, x: float, y: float) -> None:
    there = moved(FACE, turn, size, x, y)
    found = laid_flat(there, Landmarks(*there))
    np.testing.assert_allclose(found, FACE[:, :2], atol=1e-6)


@given(st.floats(0.7, 1.4))
def test_a_longer_face_is_met_half_way_and_never_stretched(longer: float) -> None:
    there = FACE * (1.0, longer, 1.0)
    square = np.array(((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    origin, across, up = laid_flat(square, Landmarks(*there))
    assert np.linalg.norm(across - origin) == pytest.approx(np.linalg.norm(up - origin))
    assert (across - origin) @ (up - origin) == pytest.approx(0, abs=1e-9)
    eyes = laid_flat(there, Landmarks(*there))
    assert eyes[0, 0] == pytest.approx(-eyes[1, 0])
    assert abs(eyes[:2] - FACE[:2, :2]).max() < 0.2
