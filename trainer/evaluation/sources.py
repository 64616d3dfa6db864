"""From a prepared dataset to the photographs that an evaluation compares with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trainer.data.alignment import Geometry
from trainer.data.dataset import METADATA, Dataset
from trainer.errors import UserError
from trainer.evaluation.people import RealFaces
from trainer.model_file.storage import read_model

FEWEST = 20
"""Held-out or training pictures below which no comparison makes sense."""


def real_faces(dataset: Dataset, *, held_out: bool) -> RealFaces:
    """The dataset's held-out photographs, or its training ones. Raises `UserError` where there are too few."""
    rows = np.flatnonzero(dataset.held_out == held_out)
    if len(rows) < FEWEST:
        kind = "held-out" if held_out else "training"
        raise UserError(f"the dataset has {len(rows)} {kind} pictures; an evaluation needs at least {FEWEST}")
    return RealFaces(
        dataset.images[rows],
        dataset.sex[rows],
        dataset.age_low[rows],
        dataset.age_high[rows],
        dataset.group[rows],
    )


def refuse_trained_on(model: Path, dataset: Dataset) -> None:
    """Raises `UserError` where a run was trained on another preparation of this dataset's sources.

    The held-out pictures of the one may then be training pictures of the other. A run folder tells what it was trained
    on in its dataset.json, a model file in its card.
    """
    trained_on = training_facts(model)
    if trained_on is None:
        return
    here = {source["name"] for source in dataset.metadata.get("sources", [])}
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
    run = model if model.is_dir() else model.parent.parent
    try:
        facts = json.loads((run / METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return {**facts, "sources": [source["name"] for source in facts.get("sources", [])]}


def geometry_of(dataset: Dataset) -> Geometry:
    """Where the eyes stand in the dataset's pictures, as its dataset.json says."""
    crop = dataset.metadata.get("geometry", {})
    return Geometry(**{name: float(crop[name]) for name in ("eye_distance", "eye_height") if name in crop})
