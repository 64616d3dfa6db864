from types import SimpleNamespace

import numpy as np
import pytest
import torch

from trainer.data.faces.alignment import Geometry
from trainer.encoder import measuring
from trainer.encoder.cast.casting import mean_face
from trainer.encoder.degradation import Degradation, degraded
from trainer.encoder.measuring import picked_of, strangers_nearer
from trainer.encoder.rivals import blurred_copies, people_of_seeds


def test_who_is_nearer_than_the_person_is_counted() -> None:
    cross = np.array([[0.2, 0.9, 0.1], [0.3, 0.5, 0.4], [0.1, 0.4, 0.3]])
    assert strangers_nearer(cross).tolist() == [1, 1, 1]
    assert strangers_nearer(np.eye(4) * -1.0).tolist() == [0, 0, 0, 0]


def test_the_right_one_of_ten_is_picked_as_often_as_draws_say() -> None:
    picked = picked_of(np.array([0, 5, 100]), 100)
    assert picked[0] == 1.0
    assert picked[2] == 0.0
    draws = np.random.default_rng(0).permuted(np.tile(np.arange(100), (20_000, 1)), axis=1)[:, :9]
    assert picked[1] == pytest.approx((draws >= 5).all(axis=1).mean(), abs=0.02)


def test_pictures_are_compared_as_the_means_of_cells() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    copies = blurred_copies(picture).reshape(16, 16, 3)
    assert copies[2, 3] == pytest.approx(picture[0, 8:12, 12:16].mean(axis=(0, 1)), abs=1e-3)


def test_several_photographs_make_one_face_in_which_each_counts() -> None:
    faces = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    one = mean_face(faces)
    assert one.dtype == np.uint8
    assert one == pytest.approx(faces.astype(float).mean(axis=0), abs=0.51)
    assert np.array_equal(mean_face(faces[:1]), faces[0])


def test_degraded_pictures_differ_and_keep_their_shape() -> None:
    pictures = torch.rand(4, 3, 32, 32) * 2.0 - 1.0
    first, second = (degraded(pictures, torch.Generator().manual_seed(seed)) for seed in (0, 0))
    assert first.shape == pictures.shape
    assert torch.equal(first, second)
    assert not torch.equal(first, degraded(pictures, torch.Generator().manual_seed(1)))


def test_nothing_is_changed_where_nothing_may_be() -> None:
    pictures = torch.rand(4, 3, 32, 32) * 2.0 - 1.0
    none = Degradation(0, 0, 0, 0, 0, 0, 0, 0)
    assert torch.allclose(degraded(pictures, torch.Generator().manual_seed(0), none), pictures, atol=1e-5)


def test_the_judges_years_are_those_between_photographed_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that takes everybody for half as far from thirty as they are sees five years in ten."""
    ages = np.array([20.0, 26.0, 40.0, 60.0])
    monkeypatch.setattr(measuring, "judge", lambda pictures, _: pictures[:, 0, 0, 0])
    monkeypatch.setattr(measuring, "Judgement", SimpleNamespace(of=lambda age: SimpleNamespace(age=age)))
    seen = np.zeros((4, 1, 1, 3), np.uint8)
    seen[:, 0, 0, 0] = 30.0 + (ages - 30.0) / 2.0
    assert measuring.years_read(seen, ages, Geometry()) == pytest.approx(5.0)
    assert measuring.years_read(seen, np.full(4, 30.0), Geometry()) == 0.0


def test_people_of_seeds_have_no_offsets_and_are_others_for_another_seed() -> None:
    people = people_of_seeds(3, (5, 2), 7)
    assert people.shape == (3, 7)
    assert not people[:, 5:].any()
    assert np.array_equal(people, people_of_seeds(3, (5, 2), 7))
    assert not np.array_equal(people, people_of_seeds(3, (5, 2), 8))
