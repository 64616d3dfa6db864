"""What the trainer makes of photographs, the add-on takes in: its casts, its encoders, and the faces of both."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from blender_facegan.core.cast.file import read_cast
from blender_facegan.core.engine.check import check_model
from blender_facegan.core.engine.encoder import Encoder, encoder_difference
from blender_facegan.core.engine.engine import Engine
from blender_facegan.core.errors import CrowdError
from blender_facegan.core.model import encoder_file
from blender_facegan.core.model.file import model_digest as digest_of_add_on
from blender_facegan.core.people.latents import latent_seed
from blender_facegan.core.people.population import Recipe
from tests.core.model.model_writer import CARD
from trainer.config import PRESETS
from trainer.drawing.encoders import TrainedEncoder, new_encoder, with_offsets
from trainer.drawing.export import build_model
from trainer.drawing.inference import TrainedGenerator, open_generator
from trainer.encoder.cast.cast_file import Cast, model_digest, write_cast
from trainer.encoder.photographs.people_table import Sitter
from trainer.labels.classes import Classes
from trainer.labels.number import Number
from trainer.labels.people import SEX_AND_AGE
from trainer.model_file.storage import write_model
from trainer.networks.build import build_generator

LABELS = (*SEX_AND_AGE, Number("skin_tone", "Monk", 1.0, 10.0), Classes("hair", ("dark", "fair")))
"""Some that the encoder is told, and some that it guesses."""
PEOPLE = (Sitter("Zoë", -1.0, 41.5, "Zoë Ek, 3 May 2026", ()), Sitter("Bo", 1.0, 16.0, "Bo, by letter", ()))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file with an encoder, neither of them trained."""
    torch.manual_seed(1)
    config = PRESETS["crowd"]
    network = build_generator(config, LABELS).eval()
    trained = TrainedGenerator(network=network, config=config, labels=LABELS, images=0, history=())
    generator = with_offsets(trained)
    encoder = TrainedEncoder(new_encoder(trained, generator).eval(), generator.eval(), {})
    latent = {"size": network.latent_size, "distribution": config.generator.latent_distribution}
    labels = [label.card() for label in LABELS]
    card = CARD | {"resolution": config.resolution, "latent": latent, "labels": labels}
    path = tmp_path_factory.mktemp("model") / "faces.facegan"
    write_model(path, build_model(trained, card, encoder))
    return path


def test_the_add_on_runs_the_trainers_encoder(path: Path) -> None:
    found = encoder_file.read_encoder(path)
    assert len(found.golden) >= 1
    assert encoder_difference(found) < 1e-3
    model, difference = check_model(path)
    assert difference <= 2
    assert model.vector_size == len(found.golden[0].vector) == encoder_file.vector_size(path)


@pytest.mark.parametrize("ending", ["csv", "safetensors"])
def test_the_add_on_reads_the_trainers_casts(path: Path, tmp_path: Path, ending: str) -> None:
    model, _ = check_model(path)
    vectors = np.random.default_rng(0).standard_normal((2, model.vector_size)).astype(np.float32)
    matrix = np.array([[-1, 41.5, 7.3, 0, 1], [1, 16, 1, 1, 0]], np.float32)
    write_cast(tmp_path / f"cast.{ending}", Cast(PEOPLE, LABELS, matrix, vectors, model_digest(path)))
    people = read_cast(tmp_path / f"cast.{ending}", model)
    assert [(one.name, one.sex, one.age, one.consent) for one in people] == [
        (one.name, one.sex, one.age, one.consent) for one in PEOPLE
    ]
    np.testing.assert_array_equal([one.latent for one in people], vectors)
    assert [one.skin for one in people] == pytest.approx([7.3, 1.0], abs=1e-4)
    assert [one.labels for one in people] == [(("hair", "fair"),), (("hair", "dark"),)]
    assert {one.model for one in people} == {digest_of_add_on(path)}


@pytest.mark.parametrize("ending", ["csv", "safetensors"])
def test_the_add_on_refuses_a_cast_of_another_model(path: Path, tmp_path: Path, ending: str) -> None:
    model, _ = check_model(path)
    vectors, matrix = np.ones((1, model.vector_size), np.float32), np.array([[-1, 41.5, 7.3, 0, 1]], np.float32)
    other = tmp_path / "other.facegan"
    other.write_bytes(path.read_bytes() + b" ")
    write_cast(tmp_path / f"cast.{ending}", Cast(PEOPLE[:1], LABELS, matrix, vectors, model_digest(other)))
    with pytest.raises(CrowdError, match="another model"):
        read_cast(tmp_path / f"cast.{ending}", model)


def test_a_vector_draws_the_same_face_in_both(path: Path) -> None:
    model, _ = check_model(path)
    found = encoder_file.read_encoder(path)
    picture = np.random.default_rng(2).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    vector = tuple(Encoder(found).vector(picture, -1.0, 41.5).tolist())
    labels: tuple[tuple[str, float | str], ...] = (("skin_tone", 7.3), ("hair", "fair"))
    ours = Engine(model, threads=1).generate([Recipe(latent_seed(vector), -1.0, 41.5, labels, latent=vector)])
    given: dict[str, Any] = {"sex": [-1.0], "age": [41.5], "skin_tone": [7.3], "hair": [[0.0, 1.0]]}
    theirs = open_generator(path).from_latents(np.array([vector], np.float32), given, [0])
    assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= 2
