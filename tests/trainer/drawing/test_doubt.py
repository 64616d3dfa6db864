"""A model learns which of its faces a judge refuses, and says so in its file before it draws them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from trainer.drawing.doubt import MOST_REFUSED, Lesson, style_graph, tone_allowances, with_doubt
from trainer.drawing.export import build_model
from trainer.drawing.inference import basic_card, from_model, load_trained
from trainer.errors import UserError
from trainer.model_file.network import GraphNetwork
from trainer.model_file.storage import ModelFile, read_model, write_model


@pytest.fixture
def model(trained_run: Path) -> ModelFile:
    trained = load_trained(trained_run)
    return build_model(trained, basic_card(trained))


def darkness(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A judge that minds dark pictures."""
    return np.asarray(-pictures.mean(axis=(1, 2, 3)), np.float32)


def people(count: int) -> dict[str, NDArray[np.float32]]:
    dice = np.random.default_rng(9)
    return {
        "sex": dice.choice([-1.0, 1.0], (count, 1)).astype(np.float32),
        "age": dice.uniform(0, 90, (count, 1)).astype(np.float32),
    }


def test_what_a_judge_minds_is_known_before_it_is_drawn(model: ModelFile, tmp_path: Path) -> None:
    taught = with_doubt(model, Lesson(lambda pictures: darkness(pictures) + np.float32(1000), 1500))
    assert taught.explained > 0.5
    write_model(tmp_path / "model.facegan", taught.model)
    read = read_model(tmp_path / "model.facegan")
    assert read.doubt is not None
    generator, given = from_model(read), people(400)
    seeds = np.arange(400)
    latents = generator.latents(seeds)
    inputs = {name: torch.from_numpy(value) for name, value in {"latent": latents, **given}.items()}
    with torch.no_grad():
        doubt = GraphNetwork(read.doubt.graph, read.tensors)(inputs)[:, 0].numpy()
    verdict = darkness(generator.from_latents(latents, {name: value[:, 0] for name, value in given.items()}, seeds))
    assert np.corrcoef(doubt, verdict)[0, 1] > 0.7
    assert doubt.mean() == pytest.approx(1000 + verdict.mean(), abs=float(verdict.std()) / 4)
    assert (doubt > read.doubt.most).mean() == pytest.approx(taught.refused, abs=0.1)
    assert verdict[doubt > read.doubt.most].mean() > verdict[doubt <= read.doubt.most].mean()


@pytest.mark.parametrize(("shift", "refused"), [(-1000.0, 0.0), (1000.0, MOST_REFUSED)])
def test_a_good_model_loses_no_face_and_the_worst_does_not_run_out(
    model: ModelFile, shift: float, refused: float
) -> None:
    taught = with_doubt(model, Lesson(lambda pictures: darkness(pictures) + np.float32(shift), 700))
    assert taught.refused == pytest.approx(refused, abs=0.01)


def test_the_same_seed_teaches_the_same_and_the_faces_stay(model: ModelFile) -> None:
    first, second = (with_doubt(model, Lesson(darkness, 700), seed=4).model for _ in range(2))
    assert first.doubt == second.doubt
    assert all(np.array_equal(first.tensors[name], second.tensors[name]) for name in first.tensors)
    assert set(model.tensors) < set(first.tensors)
    before, after = (from_model(one)([1, 2], np.array([-1.0, 1.0]), np.array([20.0, 70.0])) for one in (model, first))
    assert np.array_equal(before, after)


def test_dark_skins_are_refused_halfway_to_as_often_as_all() -> None:
    dice = np.random.default_rng(0)
    tones = dice.uniform(1, 10, 30_000)
    told = dice.normal(0, np.where(tones > 7, 2.0, 1.0)).astype(np.float32)
    knots, allowed = tone_allowances(told, tones, (1.0, 10.0), 1.5)
    assert knots == [2.5, 5.5, 8.5]
    assert allowed[2] < 0 < allowed[0]
    third = np.digitize(tones, (4, 7))
    before = [(told[third == one] > 1.5).mean() for one in range(3)]
    after = [((told + np.array(allowed)[third])[third == one] > 1.5).mean() for one in range(3)]
    share = (told > 1.5).mean()
    for one in range(3):
        assert abs(after[one] - share) < abs(before[one] - share)
    assert before[2] > after[2] > share > after[0] > before[0]


@pytest.mark.parametrize("trained_run", ["small_crowd", "small_paper"], indirect=True)
def test_the_style_is_what_the_first_map_is_made_of(model: ModelFile) -> None:
    style = style_graph(model.graph)
    assert set(style.inputs) == {"latent", "sex", "age"}
    assert len(style.nodes) < len(model.graph.nodes)
    assert all(node.op not in ("conv2d", "reshape") for node in style.nodes)
    inputs = {
        "latent": torch.zeros(2, model.graph.inputs["latent"][0]),
        "sex": torch.ones(2, 1),
        "age": torch.ones(2, 1),
    }
    assert GraphNetwork(style, model.tensors)(inputs).dim() == 2


def test_a_judge_that_minds_nothing_and_too_few_faces_are_told(model: ModelFile) -> None:
    with pytest.raises(UserError, match="finds all faces alike"):
        with_doubt(model, Lesson(lambda pictures: np.zeros(len(pictures), np.float32), 700))
    with pytest.raises(UserError, match="12 faces teach no doubt: give 640 or more"):
        with_doubt(model, Lesson(darkness, 12))
    flat = replace(model.graph, nodes=tuple(node for node in model.graph.nodes if node.op != "reshape"))
    with pytest.raises(UserError, match="makes no feature map from a vector"):
        style_graph(flat)
