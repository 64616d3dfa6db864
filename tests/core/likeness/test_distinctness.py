import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from blender_facegan.core.engine import products
from blender_facegan.core.likeness import descriptors as distinctness
from blender_facegan.core.likeness.descriptors import LIKENESS, Pair, closest_pairs, descriptors, near_clones


def faces(count: int, seed: int = 0, side: int = 32) -> NDArray[np.uint8]:
    """Blurred noise, which differs in its low frequencies as faces do."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (count, 8, 8, 3))
    return coarse.repeat(side // 8, axis=1).repeat(side // 8, axis=2).astype(np.uint8)


def all_pairs(images: NDArray[np.uint8]) -> list[Pair]:
    vectors = descriptors(images).astype(np.float64)
    found = [Pair(a, b, float(np.linalg.norm(vectors[a] - vectors[b]))) for b in range(len(images)) for a in range(b)]
    return sorted(found, key=lambda pair: (pair.distance, pair.first, pair.second))


def same(found: list[Pair], expected: list[Pair]) -> bool:
    distances = [[pair.distance for pair in pairs] for pairs in (found, expected)]
    named = [{pair[:2] for pair in pairs} for pairs in (found, expected)]
    return named[0] == named[1] and distances[0] == pytest.approx(distances[1], abs=1e-4)


@pytest.fixture(params=["blas", "einsum"], autouse=True)
def gemm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(products, "fastest_gemm", lambda: request.param)
    return str(request.param)


@pytest.mark.parametrize("block", [3, 7, 64])
def test_blocks_find_what_a_look_at_every_pair_finds(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(distinctness, "_BLOCK", block)
    images = faces(40)
    every = all_pairs(images)
    assert same(closest_pairs(images, 25), every[:25])
    between = (every[30].distance + every[31].distance) / 2
    assert same(near_clones(images, between), every[:31])
    assert same(near_clones(images, between, limit=10), every[:10])


def test_a_clone_is_found_and_named_in_order() -> None:
    images = faces(30)
    images[21] = images[4]
    assert closest_pairs(images, 1) == [Pair(4, 21, 0.0)]
    assert near_clones(images) == [Pair(4, 21, 0.0)]


def test_a_dimmer_or_noisier_picture_is_the_same_face() -> None:
    images = faces(30)
    noise = np.random.default_rng(1).integers(-12, 13, images[4].shape)
    images[20] = np.clip(images[4] * 0.7 + 20 + noise, 0, 255).astype(np.uint8)
    (pair,) = closest_pairs(images, 1)
    assert pair[:2] == (4, 20)
    assert pair.distance < LIKENESS


def test_another_colour_is_another_face() -> None:
    images = faces(2)
    images[1] = images[0][..., ::-1]
    assert near_clones(images) == []


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_faces_make_no_pair(count: int) -> None:
    assert closest_pairs(faces(count), 3) == []
    assert near_clones(faces(count), np.inf) == []


def test_no_pairs_asked_for_are_none_given() -> None:
    assert closest_pairs(faces(5), 0) == []


def test_pictures_without_contrast_are_alike() -> None:
    images = np.zeros((3, 16, 16, 3), np.uint8)
    images[1] += 90
    assert descriptors(images) == pytest.approx(0, abs=1e-3)


@settings(max_examples=20, deadline=None)
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


def test_memory_does_not_grow_with_the_square_of_the_crowd() -> None:
    images = faces(4000, side=16)
    tracemalloc.start()
    try:
        closest_pairs(images, 10)
        assert tracemalloc.get_traced_memory()[1] < 4000 * 4000 * 4
    finally:
        tracemalloc.stop()
