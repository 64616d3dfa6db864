"""From a prepared dataset to the photographs that an evaluation compares with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.checkpoints import run_folder
from trainer.data.dataset import METADATA, Dataset
from trainer.data.faces.alignment import Geometry
from trainer.drawing.inference import FaceGenerator
from trainer.errors import UserError
from trainer.evaluation.people import GenerateFaces, RealFaces
from trainer.labels.people import of_people, sex_and_age_bins
from trainer.model_file.storage import read_model

FEWEST = 20
"""Held-out or training pictures below which no comparison makes sense."""


def enough(count: int, kind: str) -> None:
    """Raises `UserError` where `count` pictures of a kind are too few to compare with."""
    if count < FEWEST:
        raise UserError(f"the dataset has {count} {kind} pictures; an evaluation needs at least {FEWEST}")


def real_faces(dataset: Dataset, *, held_out: bool) -> RealFaces:
    """The dataset's held-out photographs, or its training ones. Raises `UserError` where there are too few."""
    rows = np.flatnonzero(dataset.held_out == held_out)
    enough(len(rows), "held-out" if held_out else "training")
    return RealFaces(dataset.images[rows], dataset.people[rows], dataset.group[rows])


def need_people_labels(generator: FaceGenerator, model: Path, purpose: str) -> None:
    """Raises `UserError` unless the model takes sex and age; `purpose` says what needs them."""
    if not of_people(generator.labels):
        names = ", ".join(label.name for label in generator.labels) or "none"
        raise UserError(f"{model}: {purpose} needs a model with the labels sex and age in years; this one has {names}")


def as_in(dataset: Dataset, generator: FaceGenerator) -> GenerateFaces:
    """The model, its further labels as in the dataset: asked for people's sex and age alone.

    A character's further labels are those of a held-out photograph of the same sex and age group, picked by the seed;
    where there is none, of any.
    """
    further = [label for label in generator.labels if label.name not in ("sex", "age")]
    rows = np.flatnonzero(dataset.held_out)
    known = [label for label in further if label.shape in {own.shape for own in dataset.labels}]
    if not known or not len(rows):
        return generator
    values = {label.name: np.mean(dataset.range_of(label), axis=0)[rows] for label in known}
    group = dataset.people[rows].bin
    members = {int(value): np.flatnonzero(group == value) for value in np.unique(group)}
    everybody = np.arange(len(rows))

    def generate(seeds: NDArray[np.int64], sex: NDArray[np.float32], age: NDArray[np.float32]) -> NDArray[np.uint8]:
        wanted = sex_and_age_bins(sex, age)
        candidates = [members.get(int(value), everybody) for value in wanted]
        chosen = np.array([own[int(seed) % len(own)] for own, seed in zip(candidates, seeds, strict=True)])
        given = {name: value[chosen] for name, value in values.items()}
        return generator.draw(seeds, {**given, "sex": sex, "age": age})

    return generate


def refuse_other_labels(generator: FaceGenerator, dataset: Dataset) -> None:
    """Raises `UserError` unless the model asks for the labels that the dataset has."""
    theirs, ours = ({label.shape for label in labels} for labels in (generator.labels, dataset.labels))
    if not theirs <= ours:
        names = ", ".join(sorted(name for name, _, _ in theirs - ours))
        raise UserError(f"the model asks for {names}, which the dataset does not tell; give the one it was trained on")


def refuse_trained_on(model: Path, dataset: Dataset) -> None:
    """Raises `UserError` where a run was trained on another preparation of this dataset's sources.

    The held-out pictures of the one may then be training pictures of the other. A run folder tells what it was trained
    on in its dataset.json, a model file in its card.
    """
    trained_on = training_facts(model)
    if trained_on is None:
        return
    here = {source.get("name", "") for source in dataset.metadata.get("sources", [])}
    there = set(trained_on["sources"])
    differs = any(dataset.metadata.get(key) != trained_on.get(key) for key in ("fingerprint", "split"))
    if differs and here & there:
        raise UserError(
            f"{model} was trained on another preparation of {', '.join(sorted(here & there))}, which held out other "
            "pictures; give --data the dataset that it was trained on"
        )


def training_facts(model: Path) -> Mapping[str, Any] | None:
    """`sources` (names), `fingerprint` and `split` of what `model` was trained on; None where nothing tells."""
    if model.suffix == ".facegan" and model.is_file():
        facts = read_model(model).card.get("trainer", {}).get("dataset")
        return facts if isinstance(facts, dict) else None
    try:
        facts = json.loads((run_folder(model) / METADATA).read_text(encoding="utf-8"))
        return {**facts, "sources": [source["name"] for source in facts.get("sources", [])]}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f"{run_folder(model) / METADATA}: damaged ({type(error).__name__}), so nothing tells which pictures the run"
            " was trained on; put the one of its dataset in its place"
        ) from error


def geometry_of(dataset: Dataset) -> Geometry:
    """Where the eyes stand in the dataset's pictures, as its dataset.json says."""
    crop = dataset.metadata.get("geometry", {})
    return Geometry(**{name: float(crop[name]) for name in ("eye_distance", "eye_height") if name in crop})
