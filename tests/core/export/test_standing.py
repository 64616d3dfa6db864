"""Where characters stand: place, turn and size, and what engines with other axes make of them."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.export.standing import is_sheared, transform

Matrix = NDArray[np.float64]


class Axes(NamedTuple):
    """How docs/engines.md takes a row over. change: Blender's axes to the engine's, by points."""

    change: Matrix
    place: tuple[str, str, str]
    turn: tuple[str, str, str, str]
    size: tuple[str, str, str]


ENGINES = {
    "glTF": Axes(
        np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]), ("x", "z", "-y"), ("w", "qx", "qz", "-qy"), ("sx", "sz", "sy")
    ),
    "Unity": Axes(
        np.array([[-1, 0, 0], [0, 0, 1], [0, -1, 0]]), ("-x", "z", "-y"), ("w", "qx", "-qz", "qy"), ("sx", "sz", "sy")
    ),
    "Unreal": Axes(
        100 * np.array([[1, 0, 0], [0, -1, 0], [0, 0, 1]]),
        ("100 x", "-100 y", "100 z"),
        ("w", "-qx", "qy", "-qz"),
        ("sx", "sy", "sz"),
    ),
}
matrices = st.builds(
    lambda turn, size, is_mirrored, place: composed(turn, size, is_mirrored, place),
    st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 0.1),
    st.tuples(*[st.floats(0.01, 5)] * 3),
    st.booleans(),
    st.tuples(*[st.floats(-100, 100)] * 3),
)


def rotation(turn: tuple[float, ...]) -> Matrix:
    """By Rodrigues' formula, which `transform` does not use. turn: a quaternion, real part first, of any length."""
    w, *axis = np.array(turn) / np.linalg.norm(turn)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-12:
        return np.eye(3)
    angle, (x, y, z) = 2 * np.arctan2(sine, w), np.array(axis) / sine
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turned: Matrix = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return turned


def composed(
    turn: tuple[float, ...], size: tuple[float, ...], is_mirrored: bool, place: tuple[float, ...] = (1, 2, 3)
) -> Matrix:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(turn) * np.array(size) * ([-1, 1, 1] if is_mirrored else 1)
    matrix[:3, 3] = place
    return matrix


def recomposed(numbers: tuple[float, ...]) -> Matrix:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(numbers[3:7]) * np.array(numbers[7:])
    matrix[:3, 3] = numbers[:3]
    return matrix


@given(matrices)
def test_a_transform_puts_points_where_the_matrix_does(matrix: Matrix) -> None:
    numbers = transform(matrix)
    np.testing.assert_allclose(recomposed(numbers), matrix, atol=1e-6)
    assert len({number < 0 for number in numbers[7:]}) == 1, "sizes can be swapped by axes that are turned"
    assert not is_sheared(matrix)


@given(matrices, st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=3))
def test_flat_characters_have_a_turn(matrix: Matrix, flat: list[int]) -> None:
    matrix[:3, flat] = 0
    np.testing.assert_allclose(recomposed(transform(matrix)), matrix, atol=1e-6)


def test_shear_is_seen_and_the_turn_is_the_nearest() -> None:
    sheared = np.eye(4)
    sheared[0, 1] = 0.5
    assert is_sheared(sheared)
    numbers = np.array(transform(sheared))
    assert np.linalg.norm(numbers[3:7]) == pytest.approx(1)
    # Both axes are half of the way off: 26.57 degrees between them.
    assert 2 * np.degrees(np.arctan2(numbers[6], numbers[3])) == pytest.approx(-np.degrees(np.arctan(0.5)) / 2)
    np.testing.assert_allclose(numbers[7:], (1, np.hypot(1, 0.5), 1))


@pytest.mark.parametrize("engine", ENGINES)
@given(matrix=matrices, point=st.tuples(*[st.floats(-2, 2)] * 3))
def test_rows_go_over_to_other_axes_as_the_manual_says(
    engine: str, matrix: Matrix, point: tuple[float, float, float]
) -> None:
    """A point of the mesh, brought over by its axes alone, stands where the engine's own transform puts it."""
    axes = ENGINES[engine]
    told = dict(zip(("x", "y", "z", "w", "qx", "qy", "qz", "sx", "sy", "sz"), transform(matrix), strict=True))

    def read(term: str) -> float:
        sign, factor, name = re.fullmatch(r"(-?)(\d*) ?(\w+)", term).groups()  # type: ignore[union-attr]
        return float(f"{sign}{factor or 1}") * told[name]

    place = np.array([read(term) for term in axes.place])
    turn = tuple(read(term) for term in axes.turn)
    size = np.array([read(term) for term in axes.size])
    in_engine = axes.change @ np.array(point)
    np.testing.assert_allclose(
        place + rotation(turn) @ (size * in_engine), axes.change @ (matrix @ (*point, 1))[:3], atol=1e-4
    )


def test_the_manual_says_so() -> None:
    text = (Path(__file__).parents[3] / "docs" / "engines.md").read_text(encoding="utf-8")
    for engine, axes in ENGINES.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"| {engine}")]
        for terms in (axes.place, axes.turn, axes.size):
            assert f"| {', '.join(terms)} |" in line
