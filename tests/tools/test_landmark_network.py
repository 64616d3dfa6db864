"""The network that finds landmarks can be made again: drawn, trained, written, and read by the detector."""

from pathlib import Path

import numpy as np
import pytest
import torch

from blender_facegan.core.head import detector
from tools.landmark_network.reliefs import Examples, Sources, collect
from tools.landmark_network.shapes import MissingShapesError, People, Person, read_things
from tools.landmark_network.train import Network, fit, write

PEOPLE = Path(__file__).parents[1] / "core" / "head" / "makehuman.npz"
HEADS = ("woman", "child", "old")


def someone(random: np.random.Generator) -> Person:
    """One of the stored heads, a little out of proportion."""
    with np.load(PEOPLE) as stored:
        who = str(random.choice(HEADS))
        points, marks = (np.asarray(stored[name], np.float64) for name in (who, f"{who}_landmarks"))
        in_head, quads, of_eye = stored["in_head"], stored["quads"].astype(np.int64), stored["of_eye"]
    inside = in_head[quads].all(axis=1)
    quads, of_eye = (np.cumsum(in_head) - 1)[quads[inside]], of_eye[inside]
    size = random.uniform(0.9, 1.1, 3)
    points, marks = (np.stack((p[:, 0], p[:, 2], -p[:, 1]), axis=1) * size for p in (points, marks))
    eyes, mouth, chin = marks[:2], marks[2], marks[3]
    between = points[(np.abs(points[:, 0]) < 0.01) & (points[:, 1] > mouth[1]) & (points[:, 1] < eyes[0, 1])]
    tip = between[between[:, 2].argmax()]
    eyes = eyes[eyes[:, 0].argsort()]

    def triangles(chosen: np.ndarray) -> np.ndarray:
        return np.concatenate((chosen[:, (0, 1, 2)], chosen[:, (0, 2, 3)])).astype(np.int32)

    none = np.empty((0, 3), np.int32)
    return Person(
        points, triangles(quads[~of_eye]), triangles(quads[of_eye]), none, none, np.stack((*eyes, tip, mouth, chin))
    )


@pytest.fixture(scope="module")
def examples() -> Examples:
    return collect(Sources(someone), 64, np.random.default_rng(1))


@pytest.fixture(scope="module")
def trained(examples: Examples) -> tuple[Network, list[float]]:
    steps = list(fit(examples, epochs=30))
    return steps[-1][0], [loss for _, loss in steps]


def test_examples_are_faces_with_their_landmarks_and_others(examples: Examples) -> None:
    assert examples.reliefs.shape == (64, detector.SIZE, detector.SIZE)
    assert 0.5 < examples.faces.mean() < 0.95
    faces = examples.points[examples.faces > 0]
    assert (faces[:, 0, 0] < faces[:, 1, 0]).all(), "the eye on the viewer's left comes first"
    assert (faces[:, 4, 1] > faces[:, 3, 1]).all()
    assert (faces[:, 3, 1] > faces[:, :2, 1].max(axis=1)).all()


def test_the_same_seed_draws_the_same(examples: Examples) -> None:
    again = collect(Sources(someone), 4, np.random.default_rng(1))
    np.testing.assert_array_equal(again.reliefs, examples.reliefs[:4])


def test_training_makes_the_loss_fall(trained: tuple[Network, list[float]]) -> None:
    losses = trained[1]
    assert np.mean(losses[-3:]) < 0.7 * np.mean(losses[:3])


def test_written_weights_have_the_names_and_shapes_of_those_that_ship(tmp_path: Path) -> None:
    write(Network(), tmp_path / "network.npz")
    with np.load(tmp_path / "network.npz") as own, np.load(detector._WEIGHTS) as shipped:
        assert {name: (own[name].shape, own[name].dtype) for name in own.files} == {
            name: (shipped[name].shape, shipped[name].dtype) for name in shipped.files
        }


def test_the_detector_answers_as_the_trained_network(
    trained: tuple[Network, list[float]], examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(trained[0], tmp_path / "network.npz")
    monkeypatch.setattr(detector, "_WEIGHTS", tmp_path / "network.npz")
    detector._weights.cache_clear()
    try:
        reliefs = examples.reliefs[:8].astype(np.float32)
        places, scores, spreads = detector._run(reliefs, 1.0)
    finally:
        detector._weights.cache_clear()
    with torch.no_grad():
        told = [value.numpy() for value in trained[0](torch.from_numpy(detector.features(reliefs, 1.0)))]
    np.testing.assert_allclose(places, told[0], atol=0.01)
    np.testing.assert_allclose(scores, told[1][:, 0], atol=0.05)
    np.testing.assert_allclose(spreads, np.exp(told[1][:, 1:]), rtol=0.05)


def test_the_shipped_network_knows_what_is_drawn(examples: Examples) -> None:
    reliefs, truth, faces = examples.reliefs.astype(np.float32), examples.points, examples.faces > 0
    places, scores, _ = detector._run(reliefs, 1.0)
    assert ((scores > 0) == faces).mean() > 0.9
    tall = np.linalg.norm(truth[:, 4] - truth[:, :2].mean(axis=1), axis=1)
    error = np.linalg.norm(places - truth, axis=2)[faces] / tall[faces, None]
    assert np.median(error) < 0.05


def test_a_folder_without_shapes_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingShapesError, match=r"base\.obj"):
        People(tmp_path)
    with pytest.raises(MissingShapesError, match=r"no \.obj"):
        read_things(tmp_path)


def test_things_are_read_from_obj_files(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1/1 2/2 3/3 4/4\n", encoding="utf-8")
    (thing,) = read_things(tmp_path)
    assert thing.triangles.tolist() == [[0, 1, 2], [0, 2, 3]]
    examples = collect(Sources(someone, things=[thing]), 20, np.random.default_rng(3))
    assert (examples.faces == 0).any()
