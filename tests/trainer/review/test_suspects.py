"""Who is suspected: by networks that did not see the label, and by looks."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.review.conftest import WRONG_AGE, WRONG_SEX, knowing
from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.labels.people import SexAndAge
from trainer.review import predictions as reading
from trainer.review.looks import Looks, nearest_read_alike, unlike_faces
from trainer.review.predictions import PredictionSettings, deal_folds, predict
from trainer.review.suspects import age_suspicion, find_suspects, label_suspicion, sex_suspicion
from trainer.training.classifier import ClassifierTraining
from trainer.training.step.batches import Pictures

CPU = torch.device("cpu")
QUICK = PredictionSettings(folds=2, images=4096)


@given(st.lists(st.integers(0, 9), min_size=30, max_size=90), st.integers(2, 5), st.integers(0, 3))
def test_twins_stay_in_one_fold_and_folds_are_even(groups: list[int], folds: int, seed: int) -> None:
    number = np.array([*groups, *range(10)], dtype=np.int32)
    fold = deal_folds(number, folds, seed)
    sizes = [len(set(number[fold == one])) for one in range(folds)]
    assert sum(sizes) == len(set(number))
    assert max(sizes) - min(sizes) <= 1


def of(dataset: Dataset, sex: np.ndarray, low: np.ndarray, high: np.ndarray) -> Dataset:
    """The dataset with other labels."""
    return replace(dataset, values=SexAndAge(sex, low, high).values)


def test_too_few_pictures_for_the_folds_are_told() -> None:
    with pytest.raises(UserError, match="3 near-duplicate groups cannot be dealt into 4 folds"):
        deal_folds(np.array([0, 1, 2, 2], dtype=np.int32), 4, 0)


@pytest.mark.parametrize(("folds", "images"), [(1, 1000), (51, 1000), (4, 3)])
def test_settings_that_make_no_sense_are_told(folds: int, images: int) -> None:
    with pytest.raises(UserError):
        PredictionSettings(folds, images)


def test_networks_that_saw_no_wrong_label_find_it(flawed: Dataset, tmp_path: Path) -> None:
    predictions = predict(flawed, tmp_path, QUICK, CPU)
    assert predictions.male.shape == (len(flawed),)
    assert predictions.age.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert sex_suspicion(flawed, predictions).argmax() == WRONG_SEX
    assert WRONG_AGE in np.argsort(-age_suspicion(flawed, predictions))[:5]
    right = np.delete(np.arange(len(flawed)), WRONG_SEX)
    assert np.mean((predictions.male > 0.5)[right] == (flawed.people.sex > 0)[right]) > 0.95


def test_a_picture_is_read_by_a_network_that_never_saw_it(
    flawed: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold_of = deal_folds(flawed.group, 2, 0)
    looked_at: list[set[bytes]] = []
    batch = Pictures.batch

    def noted(self: Pictures, index: torch.Tensor, *rest: object, **more: object) -> object:
        if more["flip"]:
            looked_at[-1].update(image.numpy().tobytes() for image in self.images.index_select(0, index))
        return batch(self, index, *rest, **more)  # type: ignore[arg-type]

    one_fold = reading._one_fold

    def begun(*arguments: object) -> object:
        looked_at.append(set())
        return one_fold(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Pictures, "batch", noted)
    monkeypatch.setattr(reading, "_one_fold", begun)
    predict(flawed, tmp_path, PredictionSettings(folds=2, images=256), CPU)
    small = reading._all_pictures(flawed, reading._sex_and_age(flawed), CPU).images
    for fold, seen in enumerate(looked_at):
        own = small.index_select(0, torch.from_numpy(np.flatnonzero(fold_of == fold)))
        assert seen.isdisjoint(image.numpy().tobytes() for image in own)
        assert len(seen) > 50


def test_what_was_read_is_kept_until_the_labels_change(flawed: Dataset, tmp_path: Path) -> None:
    quick = PredictionSettings(folds=2, images=64)
    first = predict(flawed, tmp_path, quick, CPU)
    files = sorted(tmp_path.iterdir())
    kept = {path: path.stat().st_mtime_ns for path in files}
    files[0].unlink()
    again = predict(flawed, tmp_path, quick, CPU)
    assert np.array_equal(first.male, again.male)
    assert np.array_equal(first.features, again.features)
    assert files[1].stat().st_mtime_ns == kept[files[1]]
    predict(of(flawed, -flawed.people.sex, flawed.people.low, flawed.people.high), tmp_path, quick, CPU)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_reading_that_was_stopped_goes_on_where_it_was(
    flawed: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = PredictionSettings(folds=2, images=320)
    whole = predict(flawed, tmp_path / "whole", quick, CPU)
    learn, learnt = ClassifierTraining.learn, 0

    def stopped(training: ClassifierTraining, images: torch.Tensor, matrix: torch.Tensor) -> None:
        nonlocal learnt
        if learnt == 3:
            raise KeyboardInterrupt
        learnt += 1
        learn(training, images, matrix)

    with monkeypatch.context() as stopping:
        stopping.setattr(reading, "SAVE_SECONDS", 0.0)
        stopping.setattr(ClassifierTraining, "learn", stopped)
        with pytest.raises(KeyboardInterrupt):
            predict(flawed, tmp_path / "parts", quick, CPU)
    (unfinished,) = (tmp_path / "parts").iterdir()
    assert torch.load(unfinished, weights_only=True)["training"]["step"] == 3
    parts = predict(flawed, tmp_path / "parts", quick, CPU)
    assert np.array_equal(whole.male, parts.male)
    assert np.array_equal(whole.features, parts.features)
    assert len(list((tmp_path / "parts").iterdir())) == 2
    unfinished.write_bytes(b"half")
    next((tmp_path / "parts").glob("*-0.npz")).unlink()
    with pytest.raises(UserError, match=f"{unfinished.name}: damaged"):
        predict(flawed, tmp_path / "parts", quick, CPU)


def test_a_damaged_reading_is_named(flawed: Dataset, tmp_path: Path) -> None:
    quick = PredictionSettings(folds=2, images=64)
    predict(flawed, tmp_path, quick, CPU)
    broken = sorted(tmp_path.iterdir())[0]
    broken.write_bytes(broken.read_bytes()[:100])
    with pytest.raises(UserError, match=f"{broken.name}: damaged .* delete it"):
        predict(flawed, tmp_path, quick, CPU)


@pytest.mark.parametrize("side", [16, 40, 100])
def test_pictures_of_any_size_are_read(flawed: Dataset, tmp_path: Path, side: int) -> None:
    other = replace(flawed, images=np.repeat(flawed.images[:, :1, :1], side, axis=1).repeat(side, axis=2))
    predictions = predict(other, tmp_path, PredictionSettings(folds=2, images=64), CPU)
    assert np.isfinite(predictions.age).all()


def test_suspicion_grows_with_the_distance_and_vanishes_inside_the_range(flawed: Dataset, discs: Dataset) -> None:
    predictions = knowing(flawed, discs)
    suspicions = [
        age_suspicion(
            of(flawed, flawed.people.sex, discs.people.low + shift - 5, discs.people.low + shift + 5), predictions
        )
        for shift in (0.0, 10.0, 25.0)
    ]
    for nearer, further in pairwise(suspicions):
        assert (further > nearer).mean() > 0.9
        assert ((further >= 0) & (further <= 1)).all()
    wide = of(flawed, flawed.people.sex, np.zeros_like(flawed.people.low), np.full_like(flawed.people.high, 90))
    assert (age_suspicion(wide, predictions) == 0).all()


def test_a_face_that_may_be_covered_is_offered_and_likely_ones_first(flawed: Dataset, discs: Dataset) -> None:
    likelihoods = ["0"] * len(flawed)
    likelihoods[5], likelihoods[9], likelihoods[11] = "0.2", "0.45", "0.05"
    measured = replace(flawed, extra={**flawed.extra, "covered": likelihoods})
    found = find_suspects(measured, knowing(measured, discs), Looks(measured))
    assert found["covered"].rows.tolist() == [9, 5]
    assert "sunglasses" not in found, "the dataset has no column sunglasses"
    nothing = replace(flawed, extra={**flawed.extra, "covered": ["0"] * len(flawed)})
    assert len(find_suspects(nothing, knowing(nothing, discs), Looks(nothing))["covered"]) == 0


def test_both_wrong_labels_lead_their_lists(flawed: Dataset, discs: Dataset) -> None:
    found = find_suspects(flawed, knowing(flawed, discs), Looks(flawed))
    assert found["sex"].rows.tolist() == [WRONG_SEX]
    assert found["age"].rows.tolist() == [WRONG_AGE]
    assert set(found["label"].rows.tolist()) == {WRONG_SEX, WRONG_AGE}
    assert label_suspicion(flawed, knowing(flawed, discs))[WRONG_SEX] > 0.9
    assert "dark" not in found, "the dataset has no column light"
    sharpness = np.array([float(text) for text in flawed.extra["sharpness"]])
    blurred = found["blurred"]
    assert sharpness[blurred.rows].tolist() == sorted(sharpness)[: len(blurred)]
    for suspects in found.values():
        assert (np.diff(suspects.score) <= 0).all()


def noisy(seed: int, count: int) -> np.ndarray:
    dice = np.random.default_rng(seed)
    coarse = dice.integers(0, 256, (count, 8, 8, 3)).astype(np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)


def test_twins_are_found_in_their_group_and_across_the_split(flawed: Dataset) -> None:
    images = noisy(0, len(flawed))
    images[50] = images[10][:, ::-1]
    images[59] = np.clip(images[20] * 0.7, 0, 255)
    group = flawed.group.copy()
    group[50] = group[10]
    dataset = replace(flawed, images=images, group=group)
    looks = Looks(dataset)
    within, across = looks.twins_in_group(), looks.twins_across_split()
    assert np.flatnonzero(within.row >= 0).tolist() == [50]
    assert within.row[50] == 10
    assert within.similarity[50] > 0.95
    assert dataset.held_out[59]
    assert across.row[59] == 20
    assert across.similarity.argmax() == 59
    assert (across.row[~dataset.held_out] == -1).all()
    assert looks.nearest(10, 3)[0][0] == 50


def test_neighbours_as_read_are_of_the_same_fold(flawed: Dataset, discs: Dataset) -> None:
    predictions = knowing(flawed, discs)
    found = [row for row, _ in nearest_read_alike(predictions, 4, 8)]
    assert len(found) == 8
    assert 4 not in found
    assert {int(predictions.fold[row]) for row in found} == {int(predictions.fold[4])}


def test_what_is_unlike_the_others_stands_out(discs: Dataset) -> None:
    images = discs.images.copy()
    images[33] = noisy(1, 1)[0]
    images[44, 20:44, 20:44] = noisy(2, 1)[0][:24, :24]
    unlike = unlike_faces(images)
    assert set(np.argsort(-unlike)[:2].tolist()) == {33, 44}
    assert ((unlike >= 0) & (unlike <= 1)).all()
