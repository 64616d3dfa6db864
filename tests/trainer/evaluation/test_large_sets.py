"""What is measured on large sets is read in runs, and comes out the same."""

from dataclasses import asdict

import numpy as np
import pytest

from trainer.data.dataset import Dataset
from trainer.evaluation import sources
from trainer.evaluation.judges.pool import in_chunks
from trainer.evaluation.sources import real_faces
from trainer.evaluation.statistics import distances
from trainer.evaluation.statistics.distances import kernel_distance, precision_recall


def test_training_photographs_stay_in_their_file_and_are_read_as_an_array_is(discs: Dataset) -> None:
    faces, expected = real_faces(discs, held_out=False), discs.images[~discs.held_out]
    chosen = np.array([5, 0, 9])
    assert type(faces.pictures).__name__ == "StoredRows"
    assert faces.pictures.shape == expected.shape
    assert (faces.pictures[chosen] == expected[chosen]).all()
    assert (np.concatenate(list(in_chunks(faces.pictures, 50))) == expected).all()
    assert (faces.people.low == discs.people.low[~discs.held_out]).all()


def test_of_very_many_held_out_photographs_some_are_taken_evenly(
    discs: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "FEWEST", 10)
    rows = np.flatnonzero(discs.held_out)
    assert (real_faces(discs, held_out=True).pictures == discs.images[rows]).all()
    monkeypatch.setattr(sources, "MOST_HELD_OUT", 12)
    few = real_faces(discs, held_out=True)
    assert len(few) == 12
    assert (few.pictures[0] == discs.images[rows[0]]).all()
    assert (few.pictures[-1] == discs.images[rows[-1]]).all()


def test_distances_do_not_depend_on_how_many_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(0)
    real, made = dice.normal(size=(70, 6)), dice.normal(0.3, 1.1, (50, 6))
    whole = asdict(precision_recall(real, made)), kernel_distance(real, made)
    monkeypatch.setattr(distances, "BLOCK", 16)
    parts = asdict(precision_recall(real, made)), kernel_distance(real, made)
    assert (whole[0].pop("inside") == parts[0].pop("inside")).all()
    assert whole[0] == parts[0]
    assert whole[1] == pytest.approx(parts[1], abs=1e-12)
