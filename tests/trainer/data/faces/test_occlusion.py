"""What stands before a face is seen, and an ordinary face is let be."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.data.conftest import Pixels, with_cup, with_sunglasses
from trainer.data.faces.alignment import Landmarks
from trainer.data.faces.detection import FaceDetector
from trainer.data.faces.embedding import FaceEmbedding
from trainer.data.faces.occlusion import KINDS, OccluderReader, Occlusion, load_occluder_reader
from trainer.errors import UserError


@pytest.fixture(scope="module")
def landmarks(portraits: list[Pixels]) -> list[Landmarks]:
    detector = FaceDetector()
    return [detector.find(one)[0].landmarks for one in portraits]


@pytest.fixture(scope="module")
def network() -> FaceEmbedding:
    return FaceEmbedding()


def read(network: FaceEmbedding, picture: Pixels, face: Landmarks) -> Occlusion:
    return load_occluder_reader().read(network.look(picture, face)[1])


def test_portraits_are_not_covered(network: FaceEmbedding, portraits: list[Pixels], landmarks: list[Landmarks]) -> None:
    for portrait, face in zip(portraits, landmarks, strict=True):
        seen = read(network, portrait, face)
        assert max(seen.covered, seen.sunglasses, seen.painted) < 0.1


def test_a_cup_before_the_mouth_is_seen(
    network: FaceEmbedding, portraits: list[Pixels], landmarks: list[Landmarks]
) -> None:
    for portrait, face in zip(portraits, landmarks, strict=True):
        assert read(network, with_cup(portrait, face), face).covered > 0.5


def test_dark_glass_before_the_eyes_is_seen(
    network: FaceEmbedding, portraits: list[Pixels], landmarks: list[Landmarks]
) -> None:
    for portrait, face in zip(portraits, landmarks, strict=True):
        assert read(network, with_sunglasses(portrait, face), face).sunglasses > 0.5


def test_a_look_half_way_tells_what_stands_where(
    network: FaceEmbedding, portraits: list[Pixels], landmarks: list[Landmarks]
) -> None:
    embedding, regional = network.look(portraits[0], landmarks[0])
    assert embedding.shape == (128,)
    assert regional.shape == (2048,)
    assert regional.dtype == np.float32
    assert regional.min() >= 0


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=2))
def test_a_likelihood_stays_between_0_and_1_however_strong_the_signs(regional: list[float]) -> None:
    reader = OccluderReader(np.array([[1, 2], [-3, 1], [9, -9]], np.float32), np.zeros(3, np.float32))
    seen = reader.read(np.array(regional, np.float32))
    assert all(0 <= getattr(seen, kind) <= 1 for kind in KINDS)


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    path = tmp_path / "occluders.safetensors"
    with pytest.raises(UserError, match=r"occluders\.safetensors: cannot be read .* install the trainer anew"):
        load_occluder_reader(path)
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match="cannot be read"):
        load_occluder_reader(path)
