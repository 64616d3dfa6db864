"""Near-duplicates and their groups."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.trainer.data.conftest import Pixels
from trainer.data.faces.alignment import Geometry, align
from trainer.data.faces.detection import FaceDetector
from trainer.data.prepare.near_duplicates import close_pairs, describe, mirrored, similar_pairs
from trainer.data.prepare.neighbours import components


@pytest.fixture(scope="module")
def faces(portraits: list[Pixels]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    detector = FaceDetector()
    return np.array([align(one, detector.find(one)[0].landmarks, Geometry(), 64) for one in portraits])


def recompressed(picture: Pixels, quality: int) -> Pixels:
    encoded = io.BytesIO()
    Image.fromarray(picture).save(encoded, "JPEG", quality=quality)
    return np.asarray(Image.open(encoded))


def test_the_same_shot_is_found_recompressed_darkened_and_mirrored(faces: Pixels) -> None:
    variants = [
        *faces,
        recompressed(faces[0], 30),
        (faces[1] * 0.6).astype(np.uint8),
        np.ascontiguousarray(faces[2][:, ::-1]),
    ]
    pairs = similar_pairs(describe(np.array(variants)), 0.9)
    assert pairs.tolist() == [[0, 4], [1, 5], [2, 6]]


def test_two_identical_pictures_are_found_when_there_are_no_others(faces: Pixels) -> None:
    pairs = similar_pairs(describe(np.array([faces[0], faces[0]])), 0.99)
    assert pairs.tolist() == [[0, 1]]


def test_different_people_are_not_linked(faces: Pixels) -> None:
    assert len(similar_pairs(describe(faces), 0.66)) == 0


def test_a_flat_picture_is_like_no_face(faces: Pixels) -> None:
    flat = np.full((1, 64, 64, 3), 90, dtype=np.uint8)
    assert len(similar_pairs(describe(np.concatenate([faces, flat])), 0.66)) == 0


def test_the_descriptor_of_the_mirror_image_is_the_mirrored_descriptor(faces: Pixels) -> None:
    both = describe(np.concatenate([faces, faces[:, :, ::-1]]))
    np.testing.assert_allclose(mirrored(both[: len(faces)]), both[len(faces) :], atol=1e-4)


@given(st.integers(1, 40), st.floats(0.01, 2), st.integers(0, 2**32 - 1))
def test_close_pairs_are_those_nearer_than_the_distance(count: int, distance: float, seed: int) -> None:
    embeddings = np.random.RandomState(seed).standard_normal((count, 3)).astype(np.float32)
    apart = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    clear = np.abs(apart - distance) > 1e-3
    found = np.zeros((count, count), dtype=bool)
    pairs = close_pairs(embeddings, distance)
    found[pairs[:, 0], pairs[:, 1]] = True
    assert (found == np.triu(apart < distance, 1))[clear].all()


@given(st.integers(1, 30).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_groups_are_what_links_connect_numbered_by_first_appearance(
    case: tuple[int, list[tuple[int, int]]],
) -> None:
    count, links = case
    groups = components(count, np.array(links, dtype=np.int64).reshape(-1, 2))
    reached = [{index} for index in range(count)]
    for _ in range(count):
        for first, second in links:
            joined = reached[first] | reached[second]
            for member in joined:
                reached[member] = joined
    for index in range(count):
        assert {other for other in range(count) if groups[other] == groups[index]} == reached[index]
    firsts = [int(groups[index]) for index in range(count) if index == min(reached[index])]
    assert firsts == list(range(len(firsts)))
