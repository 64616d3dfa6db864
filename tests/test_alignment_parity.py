"""Both programs put a photograph's face in the same place, by the same resampling."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from blender_facegan.core.cast import alignment as add_on
from blender_facegan.core.cast.orientation import upright
from trainer.data.faces import alignment as trainer

PORTRAITS = sorted((Path(__file__).parent / "trainer" / "data" / "portraits" / "images").glob("*.jpg"))


def theirs(photograph: NDArray[np.uint8], eyes: NDArray[np.float64], geometry: add_on.Geometry) -> NDArray[np.uint8]:
    left, right = eyes
    landmarks = trainer.Landmarks(np.array([right, right, left, left, (left + right) / 2]))
    told = trainer.Geometry(geometry.eye_distance, geometry.eye_height)
    return trainer.align(photograph, landmarks, told, geometry.size)


def photograph(seed: int, width: int, height: int) -> NDArray[np.uint8]:
    """A part of a portrait, enlarged or reduced to that size."""
    path = PORTRAITS[seed % len(PORTRAITS)]
    return np.asarray(Image.open(path).convert("RGB").resize((width, height), Image.Resampling.BICUBIC))


def check(seen: NDArray[np.uint8], eyes: NDArray[np.float64], geometry: add_on.Geometry) -> None:
    ours, expected = add_on.align(seen, eyes, geometry), theirs(seen, eyes, geometry)
    off = np.abs(ours.astype(int) - expected.astype(int))
    assert off.max() <= 2, off.max()
    assert off.mean() < 0.25, off.mean()


@pytest.mark.parametrize("apart", [9, 23.04, 180, 400, 700])
@pytest.mark.parametrize("angle", [0.0, -1.4, 2.9])
def test_eyes_any_distance_apart_and_any_turn_give_one_picture(apart: float, angle: float) -> None:
    side = max(int(4 * apart), 40)
    eyes = np.array([0.5, 0.42]) * side + np.outer([-0.5, 0.5], [np.cos(angle), np.sin(angle)]) * apart
    check(photograph(0, side, side + 7), eyes, add_on.Geometry(0.36, 0.38, 64))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 3),
    size=st.sampled_from([8, 32, 64, 128]),
    width=st.integers(30, 900),
    height=st.integers(30, 900),
    places=st.tuples(*[st.floats(0, 1)] * 4),
    eye_distance=st.floats(0.2, 0.5),
    eye_height=st.floats(0.3, 0.6),
)
def test_any_face_in_any_photograph_gives_one_picture(
    seed: int,
    size: int,
    width: int,
    height: int,
    places: tuple[float, float, float, float],
    eye_distance: float,
    eye_height: float,
) -> None:
    eyes = np.array(places).reshape(2, 2) * (np.array([width, height]) - 1)
    if np.linalg.norm(eyes[1] - eyes[0]) >= 8:
        check(photograph(seed, width, height), eyes, add_on.Geometry(eye_distance, eye_height, size))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_both_turn_a_photograph_as_its_camera_says(orientation: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (3, 5, 3)).astype(np.uint8)
    note = Image.Exif()
    note[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", exif=note.tobytes())
    np.testing.assert_array_equal(upright(picture, orientation), ImageOps.exif_transpose(Image.open(file)))
