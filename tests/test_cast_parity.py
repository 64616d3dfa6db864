"""The contract between the two programs: the add-on takes in the cast that the trainer writes, to the last bit."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="parity needs the trainer's torch")
pytest.importorskip("safetensors", reason="the trainer writes casts with safetensors")

from blender_facegan.core.cast.file import read_cast
from blender_facegan.core.errors import CrowdError
from blender_facegan.core.model.file import ModelFile, read_model
from blender_facegan.core.model.file import model_digest as digest_in_add_on
from tests.core.model.model_writer import small_network
from trainer.encoder.cast.cast_file import Cast, model_digest, write_cast
from trainer.encoder.photographs.people_table import Sitter
from trainer.labels.kinds import from_card

LABELS: list[dict[str, Any]] = [
    {"name": "skin_tone", "kind": "number", "unit": "Monk", "minimum": 1, "maximum": 10},
    {"name": "hair", "kind": "classes", "classes": ["dark", "fair"]},
]
SITTERS = (
    Sitter("Ann", -1.0, 34.0, "Ann Example, in writing, 3 May 2026", ()),
    Sitter('Ünal "Bo", son', 1.0, 61.5, "Bo, \u201cyes\u201d; 1 May", ()),
    Sitter("Cy", 0.25, 16.0, "Cy", ()),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    """A model of 6 numbers that knows a skin tone and hair."""
    draft = small_network().draft(8)
    draft.card["labels"] += LABELS
    return read_model(draft.write(tmp_path_factory.mktemp("model") / "mine.facegan"))


def cast_for(model: ModelFile) -> Cast:
    labels = from_card([*small_network().draft(8).card["labels"], *LABELS])
    further = np.array([[3.25, 1.0, 0.0], [9.5, 0.0, 1.0], [1.0, 1.0, 0.0]], np.float32)
    told = np.array([[sitter.sex, sitter.age] for sitter in SITTERS], np.float32)
    vectors = np.random.default_rng(0).standard_normal((len(SITTERS), model.vector_size)).astype(np.float32)
    return Cast(SITTERS, labels, np.hstack([told, further]), vectors, model_digest(Path(model.path)))


def test_both_tell_a_model_by_the_same_digest(model: ModelFile) -> None:
    assert model_digest(Path(model.path)) == digest_in_add_on(model.path)


@pytest.mark.parametrize("name", ["cast.csv", "cast.safetensors"])
def test_the_add_on_reads_what_the_trainer_wrote(model: ModelFile, tmp_path: Path, name: str) -> None:
    cast = cast_for(model)
    write_cast(tmp_path / name, cast)
    people = read_cast(tmp_path / name, model)
    assert [one.name for one in people] == [sitter.name for sitter in SITTERS]
    assert [(one.sex, one.age, one.consent) for one in people] == [(s.sex, s.age, s.consent) for s in SITTERS]
    assert [one.skin for one in people] == pytest.approx([3.25, 9.5, 1.0])
    assert [dict(one.labels)["hair"] for one in people] == ["dark", "fair", "dark"]
    read = np.array([np.asarray(one.latent, np.float32) for one in people])
    assert np.array_equal(read, cast.vectors)


@pytest.mark.parametrize("name", ["cast.csv", "cast.safetensors"])
def test_a_cast_is_refused_by_another_model(model: ModelFile, tmp_path: Path, name: str) -> None:
    write_cast(tmp_path / name, cast_for(model))
    other = tmp_path / "other.facegan"
    shutil.copy(model.path, other)
    draft = small_network().draft(8)
    draft.card["labels"] += LABELS
    draft.card["name"] = "Another"
    with pytest.raises(CrowdError, match="another model"):
        read_cast(tmp_path / name, read_model(draft.write(other)))
