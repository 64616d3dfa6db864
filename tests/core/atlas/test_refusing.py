"""Faces that a model knows to be broken are not drawn: their characters take another seed."""

from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from blender_facegan.core.atlas.request import CancelledError, Faces, Request, Wanted
from blender_facegan.core.atlas.worker import make_faces
from blender_facegan.core.engine.engine import Engine
from blender_facegan.core.model.file import has_doubt, read_model
from blender_facegan.core.people.population import Recipe, character_seed
from tests.core.model.model_writer import Draft, crowd_network, small_network, with_doubt

MOST = 0.2


@pytest.fixture(scope="module")
def doubting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Doubts about half of its faces."""
    return true_to_itself(with_doubt(small_network().draft(8), MOST), tmp_path_factory.mktemp("models") / "own.facegan")


def true_to_itself(draft: Draft, path: Path) -> Path:
    """Writes the draft with golden pictures that it really makes."""
    draft.golden_side = draft.card["resolution"]
    model = read_model(draft.write(path))
    recipes = [Recipe(golden.seed, golden.sex, golden.age) for golden in model.golden]
    draft.tensors["golden.images"] = Engine(model, threads=1).generate(recipes)
    return draft.write(path)


def crowd(count: int = 60) -> list[Wanted]:
    return [
        Wanted(uid, Recipe(character_seed(0, f"P{uid}"), 1.0, 20.0 + uid), key=f"P{uid}", may_be_refused=True)
        for uid in range(count)
    ]


def made(model: Path, wanted: list[Wanted], refusing: Path | None, **more: object) -> Faces:
    request = replace(Request(model, wanted, threads=1, refusing=refusing), **more)  # type: ignore[arg-type]
    return make_faces(request, lambda *_: None, lambda: False)


def doubts(model: Path, wanted: list[Wanted], faces: Faces) -> np.ndarray:
    seeds = [faces.rerolled.get(one.uid, one.recipe.seed) for one in wanted]
    recipes = [replace(one.recipe, seed=seed) for one, seed in zip(wanted, seeds, strict=True)]
    return Engine(read_model(model), threads=1).doubts(recipes)


def test_nobody_who_is_asked_about_stays_doubted(doubting: Path) -> None:
    people = crowd()
    plain, whole = made(doubting, people, None), made(doubting, people, doubting)
    assert not plain.rerolled
    assert plain.refused == 0
    assert (doubts(doubting, people, plain) > MOST).sum() == whole.refused == len(whole.rerolled) > 10
    assert (doubts(doubting, people, whole) <= MOST).all()
    assert whole.parted == 0


def test_who_is_not_to_be_asked_about_keeps_the_face(doubting: Path) -> None:
    people = [replace(one, may_be_refused=False) for one in crowd()]
    people[3] = replace(people[3], recipe=replace(people[3].recipe, latent=(9.0,) * 6))
    assert not made(doubting, people, doubting).rerolled


def test_a_character_settles_on_the_same_seed_in_any_crowd(doubting: Path) -> None:
    people = crowd()
    together = made(doubting, people, doubting).rerolled
    assert made(doubting, people[::-1], doubting).rerolled == together
    alone = [made(doubting, [one], doubting).rerolled for one in people[:12]]
    assert [found.get(uid) for uid, found in enumerate(alone)] == [together.get(uid) for uid in range(12)]


def test_a_model_that_does_not_tell_draws_what_it_drew(tmp_path: Path) -> None:
    model = true_to_itself(small_network().draft(8), tmp_path / "plain.facegan")
    assert not has_doubt(model)
    asked, plain = made(model, crowd(), model), made(model, crowd(), None)
    assert [page.png for page in asked.pages] == [page.png for page in plain.pages]
    assert asked.places == plain.places


def test_who_is_refused_does_not_hang_on_the_model_that_draws(doubting: Path, tmp_path: Path) -> None:
    larger = true_to_itself(crowd_network().draft(64), tmp_path / "larger.facegan")
    people = crowd(12)
    assert made(larger, people, doubting).rerolled == made(doubting, people, doubting).rerolled


def test_who_is_parted_from_a_double_is_whole_too(tmp_path: Path) -> None:
    draft = crowd_network().draft(64)
    first = {"op": "slice", "inputs": ["latent"], "output": "first", "tensors": {}}
    nodes = [{**first, "attributes": {"start": 0, "stop": 1}}]
    draft.doubt = {"graph": {"inputs": {"latent": [100]}, "output": "first", "nodes": nodes}, "most": MOST}
    model = true_to_itself(draft, tmp_path / "large.facegan")
    people = [replace(one, may_change=True) for one in crowd()]
    faces = made(model, people, model, likeness=40.0)
    assert faces.parted > 0
    assert (doubts(model, people, faces) <= MOST).all()
    assert faces.refused <= len(faces.rerolled)


def test_asking_can_be_stopped(doubting: Path) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(CancelledError):
        make_faces(Request(doubting, crowd(), threads=1, refusing=doubting), lambda *_: None, stop.is_set)
