import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.engine import products
from blender_facegan.core.likeness.descriptors import LIKENESS, descriptors


def faces(count: int, seed: int = 0, side: int = 32) -> NDArray[np.uint8]:
    """Blurred noise, which differs in its low frequencies as faces do."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (count, 8, 8, 3))
    return coarse.repeat(side // 8, axis=1).repeat(side // 8, axis=2).astype(np.uint8)


def distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    one, other = descriptors(np.stack([first, second]))
    return float(np.linalg.norm(one - other))


@pytest.fixture(params=["blas", "einsum"], autouse=True)
def gemm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(products, "fastest_gemm", lambda: request.param)
    return str(request.param)


def test_a_dimmer_or_noisier_picture_is_the_same_face() -> None:
    images = faces(30)
    noise = np.random.default_rng(1).integers(-12, 13, images[4].shape)
    again = np.clip(images[4] * 0.7 + 20 + noise, 0, 255).astype(np.uint8)
    apart = [distance(image, again) for image in images]
    assert min(apart) == apart[4] < LIKENESS


def test_another_colour_is_another_face() -> None:
    (image,) = faces(1)
    assert distance(image, image[..., ::-1]) > LIKENESS


def test_pictures_without_contrast_are_alike() -> None:
    images = np.zeros((3, 16, 16, 3), np.uint8)
    images[1] += 90
    assert descriptors(images) == pytest.approx(0, abs=1e-3)


@settings(max_examples=20)
@given(st.sampled_from([12, 16, 25, 64]), st.sampled_from([12, 40]))
def test_descriptors_have_one_length_for_every_picture_size(height: int, width: int) -> None:
    images = np.random.default_rng(height).integers(0, 256, (3, height, width, 3), np.uint8)
    assert descriptors(images).shape == (3, 12 * 12 - 1 + 2 * 4 * 4)


def test_the_distance_is_the_mean_difference_of_smooth_pictures() -> None:
    """Two pictures of the lowest wave, of one contrast: the distance is their root mean square difference."""
    wave = np.cos(np.pi * (np.arange(32) + 0.5) / 32) * 50 * np.sqrt(2)
    pictures = np.stack([np.tile(wave[:, None, None], (1, 32, 3)), np.tile(wave[None, :, None], (32, 1, 3))]) + 128
    vectors = descriptors(np.round(pictures).astype(np.uint8))
    expected = np.sqrt(np.mean((pictures[0] - pictures[1]) ** 2))
    assert np.linalg.norm(vectors[0] - vectors[1]) == pytest.approx(expected, rel=0.01)
