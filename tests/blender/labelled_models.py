"""A model that knows more of people than their sex and age."""

from pathlib import Path
from typing import Any

import numpy as np

from blender_facegan.core.engine.engine import Engine
from blender_facegan.core.model.file import read_model
from blender_facegan.core.people.population import Recipe
from tests.core.model.model_writer import Network, small_network

GLASSES: dict[str, Any] = {"name": "glasses", "kind": "binary", "negative": "without", "positive": "with"}
SMILE: dict[str, Any] = {"name": "smile", "kind": "number", "unit": "%", "minimum": 0, "maximum": 50}
HAIR: dict[str, Any] = {"name": "hair", "kind": "classes", "classes": ["dark", "fair"]}
_SIDE = 16


def labelled_model(path: Path) -> Path:
    """Red is glasses (0 without, 1 with), green the smile (0 to 50), blue the hair (0 dark, 1 fair)."""
    network = Network(4)
    network.graph["inputs"] |= {"glasses": [1], "smile": [1], "hair": [2]}
    code = network.add("concat", "glasses", "smile", "hair")
    to_color = np.array([[0.5, 0, 0, 0], [0, 1 / 50, 0, 0], [0, 0, 0, 1]], np.float32)
    color = network.add("linear", code, tensors={"weight": to_color, "bias": np.array([0.5, 0, 0], np.float32)})
    spread = np.tile(np.eye(3, dtype=np.float32) * 2, (_SIDE * _SIDE, 1))
    flat = network.add("linear", color, tensors={"weight": spread, "bias": np.full(_SIDE * _SIDE * 3, -1, np.float32)})
    network.add("reshape", flat, shape=[_SIDE, _SIDE, 3])
    draft = network.draft(_SIDE)
    draft.card["name"] = "Labelled"
    draft.card["labels"] += [GLASSES, SMILE, HAIR]
    return with_true_golden(draft, path)


def model_of_things(path: Path) -> Path:
    """Knows neither sexes nor ages: one of streets or trees. Red is glasses."""
    network = Network(4)
    network.graph["inputs"] = {"latent": [4], "glasses": [1]}
    code = network.add("concat", "latent", "glasses")
    shape = _SIDE * _SIDE * 3
    rng = np.random.default_rng(4)
    weight = rng.normal(size=(shape, 5)).astype(np.float32) * 0.2
    flat = network.add("linear", code, tensors={"weight": weight, "bias": np.zeros(shape, np.float32)})
    network.add("reshape", flat, shape=[_SIDE, _SIDE, 3])
    draft = network.draft(_SIDE)
    draft.card["labels"] = [GLASSES]
    return with_true_golden(draft, path)


def with_true_golden(draft: Any, path: Path) -> Path:
    """Writes the draft with the pictures that it really makes."""
    draft.write(path)
    recipes = [Recipe(one["seed"], one["sex"], one["age"]) for one in draft.golden]
    draft.tensors["golden.images"] = Engine(read_model(path), 1).generate(recipes)
    written: Path = draft.write(path)
    return written


def untrue_model(path: Path) -> Path:
    """A model that keeps to the format, but whose golden pictures are black: it makes others."""
    return small_network().draft(8).write(path)
