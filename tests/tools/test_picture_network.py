"""The network that finds faces in pictures can be made again: drawn, trained, written, and read by the add-on."""

from pathlib import Path

import numpy as np
import pytest
import torch

from blender_facegan.core.billboards import sight
from blender_facegan.core.billboards.sight import Seen
from tests.tools.test_landmark_network import someone
from tools.landmark_network.camera import Photograph
from tools.landmark_network.picture_training import fit_pictures
from tools.landmark_network.pictures import PictureExamples, collect_pictures
from tools.landmark_network.reliefs import Sources
from tools.landmark_network.train import Network, write


def photograph() -> Photograph:
    pixels = np.random.default_rng(0).integers(0, 255, (120, 100, 3)).astype(np.uint8)
    return Photograph(pixels, np.array(((35.0, 50.0), (65.0, 50.0))))


@pytest.fixture(scope="module")
def examples() -> PictureExamples:
    return collect_pictures(Sources(someone), [photograph()], 64, np.random.default_rng(1), photographed=0.2)


@pytest.fixture(scope="module")
def trained(examples: PictureExamples) -> tuple[Network, list[float]]:
    steps = list(fit_pictures(examples, epochs=25))
    return steps[-1][0], [loss for _, loss in steps]


def test_examples_are_faces_with_their_landmarks_and_others(examples: PictureExamples) -> None:
    assert examples.pictures.shape == (64, sight.SIZE, sight.SIZE, 4)
    assert set(examples.seen) == set(Seen)
    faces = examples.points[(examples.seen == Seen.FRONT) & (examples.weights[:, 4] == 1)]
    assert (faces[:, 0, 0] < faces[:, 1, 0]).all(), "the eye on the viewer's left comes first"
    assert (faces[:, 4, 1] > faces[:, 3, 1]).all()


def test_of_photographs_mouth_and_chin_are_guessed(examples: PictureExamples) -> None:
    taken = examples.weights[:, 2] == 0
    assert (examples.weights[taken & (examples.seen == Seen.FRONT), 3] < 0.5).all()


def test_training_makes_the_loss_fall(trained: tuple[Network, list[float]]) -> None:
    losses = trained[1]
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])


def test_written_weights_are_read_as_they_were_trained(
    trained: tuple[Network, list[float]], examples: PictureExamples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(trained[0], tmp_path / "network.npz")
    with np.load(tmp_path / "network.npz") as own, np.load(sight._WEIGHTS) as shipped:
        assert {name: own[name].shape for name in own.files} == {name: shipped[name].shape for name in shipped.files}
    monkeypatch.setattr(sight, "_WEIGHTS", tmp_path / "network.npz")
    sight._weights.cache_clear()
    windows = examples.pictures[:8].astype(np.float32) / np.float32(255)
    try:
        found = sight.glance(windows)
    finally:
        sight._weights.cache_clear()
    with torch.no_grad():
        places, last = (value.numpy() for value in trained[0](torch.from_numpy(sight.features(windows))))
    np.testing.assert_allclose(found.points, places, atol=0.01)
    logits = np.exp(last[:, :4])
    np.testing.assert_allclose(found.chances, logits / logits.sum(axis=1, keepdims=True), atol=0.02)


def test_a_picture_and_its_mirror_are_seen_alike(examples: PictureExamples) -> None:
    windows = examples.pictures[:8].astype(np.float32) / np.float32(255)
    one, other = sight.look(windows), sight.look(windows[:, :, ::-1])
    np.testing.assert_allclose(one.chances, other.chances, atol=1e-5)
    np.testing.assert_allclose(one.points[:, 0, 0], 1 - other.points[:, 1, 0], atol=1e-5)
