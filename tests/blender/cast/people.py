"""A model that reads photographs, cast files for it, and photographs."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blender_facegan.core.atlas import png
from blender_facegan.core.engine.engine import Engine
from blender_facegan.core.model.file import model_digest, read_model
from blender_facegan.core.people.population import Recipe
from tests.blender.crowds import SIDE, operators, read_face, telling_draft
from tests.core.model.encoder_writer import write_with_encoder
from tests.core.model.model_writer import Network

AGREED = "Anna Ek, 3 May 2026"
LEFT, RIGHT = (52.0, 60.0), (88.0, 60.0)
"""Where the eyes of `write_photograph` are."""


def seeing_model(path: Path) -> Path:
    """The telling model with an encoder: the first number, which blue tells, is the picture's mean red, -1 to 1."""
    network = Network(4)
    network.graph["inputs"] = {"picture": [SIDE, SIDE, 3], "sex": [1], "age": [1]}
    weight = np.zeros((4, SIDE * SIDE * 3), np.float32)
    for channel in range(3):
        weight[channel, channel::3] = 1 / SIDE**2
    flat = network.add("reshape", "picture", shape=[SIDE * SIDE * 3])
    network.add("linear", flat, tensors={"weight": weight})
    draft = telling_draft()
    write_with_encoder(draft, network, path)
    recipes = [Recipe(one["seed"], one["sex"], one["age"]) for one in draft.golden]
    draft.tensors["golden.images"] = Engine(read_model(path), 1).generate(recipes)
    return write_with_encoder(draft, network, path)


def blue_of(first: float) -> float:
    """What blue of the telling model's pictures says of a latent's first number: 0 to 1."""
    return float(np.tanh(first)) / 2 + 0.5


def write_cast(path: Path, model: Path, *people: Sequence[Any]) -> Path:
    """A cast file of people: name, sex, age, and the first number of the latent."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("name", "sex", "age", "consent", "model", "latent"))
        for name, sex, age, first in people:
            writer.writerow((name, sex, age, f"{name}, 3 May 2026", model_digest(model), f"{first} 0.5 -0.5 0"))
    return path


def write_photograph(path: Path, red: int = 200) -> Path:
    """140 pixels of one color, as a PNG file."""
    picture: NDArray[np.uint8] = np.full((140, 140, 3), (red, 120, 90), np.uint8)
    path.write_bytes(png.encode(picture))
    return path


def take_in(tmp_path: Path, model: Path, *people: Any) -> None:
    """Gives the selected objects the people of a cast file."""
    operators.import_cast(filepath=str(write_cast(tmp_path / "cast.csv", model, *people)), model=str(model))


def told(obj: Any) -> tuple[Any, ...]:
    """Whose likeness the character is: person, consent, and what its face's blue says."""
    return obj.facegan.person, obj.facegan.consent, read_face(obj).seed
