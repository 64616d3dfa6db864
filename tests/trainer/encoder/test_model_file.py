from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.trainer.encoder.trainings import Exported
from trainer.drawing.export import export
from trainer.drawing.inference import open_generator
from trainer.encoder.cast.casting import likenesses_of
from trainer.errors import UserError
from trainer.model_file.network import GraphNetwork
from trainer.model_file.onnx import write_onnx
from trainer.model_file.storage import read_model, write_model


def test_the_file_holds_both_graphs_and_its_golden_latents_are_kept(encoding_model: Exported) -> None:
    model = read_model(encoding_model.model)
    assert model.encoder is not None
    inputs = {"picture": torch.from_numpy(model.encoder.pictures).float() / 127.5 - 1.0}
    inputs |= {name: torch.tensor([[one[name]] for one in model.encoder.golden]) for name in ("sex", "age")}
    with torch.no_grad():
        said = GraphNetwork(model.encoder.graph, model.encoder.tensors)(inputs).numpy()
    assert np.abs(said - model.encoder.latents).max() < 1e-4
    assert model.card["encoder"]["photographs_images"] == 48


def test_faces_of_seeds_are_what_they_are_without_an_encoder(encoding_model: Exported) -> None:
    alone = encoding_model.model.with_name("alone.facegan")
    export(encoding_model.run, alone, {"name": "Discs"})
    seeds, sex, age = [1, 2, 3], np.array([1.0, -1.0, 1.0]), np.array([20.0, 40.0, 60.0])
    with_one, without = (open_generator(path)(seeds, sex, age).astype(int) for path in (encoding_model.model, alone))
    assert np.abs(with_one - without).max() <= 1


def test_offsets_change_what_is_drawn(encoding_model: Exported) -> None:
    draw = open_generator(encoding_model.model)
    latents = draw.latents([5])
    given = {"sex": np.array([1.0]), "age": np.array([30.0])}
    more = np.concatenate([latents, np.full((1, draw.offsets), 3.0, np.float32)], axis=1)
    plain, offset = (draw.from_latents(one, given, [5]).astype(int) for one in (latents, more))
    assert draw.offsets > 0
    assert np.abs(plain - offset).max() > 2


def test_a_model_without_encoder_is_told(encoding_model: Exported) -> None:
    model = replace(read_model(encoding_model.model), encoder=None)
    with pytest.raises(UserError, match="has no encoder"):
        likenesses_of(model, open_generator(encoding_model.model), encoding_model.model)


def test_a_file_written_without_an_encoder_has_none(encoding_model: Exported) -> None:
    path = encoding_model.model.with_name("copy.facegan")
    write_model(path, replace(read_model(encoding_model.model), encoder=None))
    assert read_model(path).encoder is None


def test_onnx_takes_the_offsets_as_an_input(encoding_model: Exported) -> None:
    assert write_onnx(encoding_model.model.with_suffix(".onnx"), read_model(encoding_model.model)) > 0
