"""The two model files that are shipped draw the same people, one of them larger."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import blender_facegan
from blender_facegan.core.engine.engine import Engine, verify
from blender_facegan.core.model.file import ModelFile, read_model
from blender_facegan.core.people.population import Recipe

MODELS = Path(str(blender_facegan.__file__)).parent / "models"
PEOPLE = [Recipe(seed, (-1.0, 1.0)[seed % 2], float(seed * 7 % 80)) for seed in range(24)]


@pytest.fixture(scope="module")
def pair() -> tuple[ModelFile, ModelFile]:
    return read_model(MODELS / "default.facegan"), read_model(MODELS / "default-128.facegan")


def test_both_draw_what_they_promise(pair: tuple[ModelFile, ModelFile]) -> None:
    assert max(verify(model) for model in pair) <= 1


def test_the_larger_picture_shows_the_same_person(pair: tuple[ModelFile, ModelFile]) -> None:
    small, large = (Engine(model).generate(PEOPLE).astype(np.float32) for model in pair)
    assert large.shape[1:] == (128, 128, 3)
    halved = large.reshape(len(PEOPLE), 64, 2, 64, 2, 3).mean(axis=(2, 4))
    own, others = (
        np.abs(halved - small).mean(axis=(1, 2, 3)),
        np.abs(halved - np.roll(small, 1, 0)).mean(axis=(1, 2, 3)),
    )
    assert own.max() < 10
    assert own.max() < others.min()


def test_both_refuse_the_same_faces(pair: tuple[ModelFile, ModelFile]) -> None:
    of_small, of_large = (Engine(model).doubts(PEOPLE) for model in pair)
    assert np.allclose(of_small, of_large, atol=1e-4)
    mosts = [model.doubt.most for model in pair if model.doubt is not None]
    assert len(mosts) == 2
    assert mosts[0] == mosts[1]


def test_both_take_the_same_vectors_and_labels(pair: tuple[ModelFile, ModelFile]) -> None:
    small, large = pair
    assert small.graph.inputs == large.graph.inputs
    assert small.card.labels == large.card.labels
    same = {"latent_size", "latent_distribution", "light", "eye_distance", "eye_height", "licence"}
    assert same <= {field.name for field in fields(small.card)}
    assert [name for name in same if getattr(small.card, name) != getattr(large.card, name)] == []
