"""The share of broken faces, of all that a model draws and of those that it does not refuse."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from trainer.evaluation.sections import faults
from trainer.evaluation.sources import People, whole_people
from trainer.labels.people import SexAndAge

COUNT = 100


def people(first: int = 0) -> People:
    seeds = np.arange(first, first + COUNT, dtype=np.int64)
    return People(seeds, np.ones(COUNT, np.float32), np.full(COUNT, 30, np.float32))


def evidence(whole: People | None, broken: int, left: int, real: int) -> Any:
    """So many of a hundred faces look broken: of all, of those that are not refused, of the photographs."""
    scores = {"generated": broken, "held-out": real, "generated, none refused": left}

    def faultiness(_pictures: Any, title: str, real: bool = False) -> Any:
        return np.where(np.arange(COUNT) < scores[title], 1.0, -1.0).astype(np.float32)

    faces = np.zeros((COUNT, 8, 8, 3), np.uint8)
    known = SexAndAge(np.ones(COUNT, np.float32), np.full(COUNT, 20, np.float32), np.full(COUNT, 30, np.float32))
    return SimpleNamespace(
        matched=people(),
        whole=whole,
        matched_faces=faces,
        faces=lambda _people: faces,
        held_out=SimpleNamespace(pictures=faces, people=known),
        faultiness=faultiness,
    )


def test_a_model_that_refuses_is_held_to_what_it_keeps() -> None:
    whole = people()
    whole.seeds[:20] += 1000
    found = {figure.key: figure for figure in faults.measure(evidence(whole, 15, 3, 2)).figures}
    assert found["faults.broken"].value == 0.15
    assert found["faults.broken"].real == 0.02
    assert found["faults.broken"].bar is None
    assert found["faults.broken_kept"].value == 0.03
    assert found["faults.refused"].value == pytest.approx(0.2)
    bar = found["faults.broken_kept"].bar
    assert bar is not None
    assert bar.met


def test_a_model_that_does_not_tell_is_held_to_all_its_faces() -> None:
    (figure,) = faults.measure(evidence(None, 15, 0, 2)).figures
    assert figure.key == "faults.broken"
    assert figure.bar is not None
    assert not figure.bar.met


def test_refused_people_are_drawn_from_other_seeds_and_stay_of_their_sex_and_age() -> None:
    before = people()
    after = whole_people(before, lambda seeds, _sex, _age: seeds < 40, np.random.default_rng(0))
    assert (after.seeds >= 40).all()
    assert (after.seeds[40:] == before.seeds[40:]).all()
    assert (after.age == before.age).all()
    assert (before.seeds == np.arange(COUNT)).all()
