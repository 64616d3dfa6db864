from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime
import pytest
import torch
from torch.nn import functional

from trainer.config import CROWD, Config
from trainer.data.dataset import Dataset
from trainer.drawing.calibration import calibrated, draw_labels, draw_latents
from trainer.drawing.export import export, full_card
from trainer.drawing.inference import latents_of, load_trained, open_generator
from trainer.errors import UserError
from trainer.evaluation.sections.cost import multiply_adds as run_multiply_adds
from trainer.evaluation.sources import refuse_trained_on
from trainer.labels.people import SEX_AND_AGE
from trainer.model_file.graph import GraphBuilder, Node
from trainer.model_file.lowering import lowered
from trainer.model_file.network import GraphNetwork
from trainer.model_file.onnx import write_onnx
from trainer.model_file.storage import Doubt, ModelFile, read_model, write_model
from trainer.networks.build import Generator, build_generator, multiply_adds
from trainer.training.run import Run, RunOptions, fabric_for

PRESETS = ["small_crowd", "small_detailed", "small_paper"]


@pytest.mark.parametrize("trained_run", PRESETS, indirect=True)
def test_the_graph_draws_what_the_network_draws(trained_run: Path) -> None:
    trained = load_trained(trained_run)
    graph, builder = lowered(trained.network, SEX_AND_AGE)
    randomness = torch.Generator().manual_seed(3)
    size, distribution = trained.network.latent_size, trained.config.generator.latent_distribution
    latents, labels = draw_latents(8, size, distribution, randomness), draw_labels(8, SEX_AND_AGE, randomness)
    with torch.no_grad():
        expected = trained.network(latents, labels).permute(0, 2, 3, 1)
        drawn = GraphNetwork(graph, builder.tensors)({"latent": latents, "sex": labels[:, :1], "age": labels[:, 1:]})
    assert float(expected.std()) > 0.01
    assert torch.allclose(drawn, expected, atol=1e-4)


def test_a_doubled_map_is_made_only_where_something_else_reads_it() -> None:
    builder = GraphBuilder({"latent": (16,)})
    small = builder.node("reshape", "latent", shape=[2, 2, 4])
    weight = torch.randn(4, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    doubled = builder.node("upsample", small, factor=2)
    shared = builder.node("add", builder.conv2d(doubled, weight, None), doubled)
    alone = builder.conv2d(builder.node("upsample", shared, factor=2), weight, None)
    network = GraphNetwork(builder.finish(alone), builder.tensors)
    assert [node.op for node in network.nodes] == ["reshape", "upsample", "conv2d", "add", "convolve_doubled"]
    latent = torch.randn(3, 16, generator=torch.Generator().manual_seed(1))
    x = functional.interpolate(latent.reshape(3, 2, 2, 4).permute(0, 3, 1, 2), scale_factor=2.0)
    x = functional.interpolate(functional.conv2d(x, weight, padding=1) + x, scale_factor=2.0)
    expected = functional.conv2d(x, weight, padding=1).permute(0, 2, 3, 1)
    assert torch.allclose(network({"latent": latent}), expected, atol=1e-5)


def test_the_cost_of_a_face_is_what_its_network_multiplies() -> None:
    generator = build_generator(CROWD, SEX_AND_AGE)
    latent, labels = torch.zeros(1, generator.latent_size), torch.tensor([[1.0, 30.0]])
    ready = calibrated(generator, SEX_AND_AGE, "normal", batches=1)
    graph, builder = lowered(cast(Generator, ready), SEX_AND_AGE)
    network = GraphNetwork(graph, builder.tensors)
    asked = {"latent": latent, "sex": labels[:, :1], "age": labels[:, 1:]}
    assert run_multiply_adds(lambda: network(asked)) == multiply_adds(generator, latent, labels)


@pytest.mark.parametrize("trained_run", PRESETS, indirect=True)
def test_an_exported_file_draws_its_golden_pictures_and_the_runs_own(trained_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "faces.facegan"
    model, size = export(trained_run, path, {"name": "Discs"})
    assert path.stat().st_size == size
    assert read_model(path).card == model.card
    assert (model.card["licence"], model.card["attribution"]) == ("CC0-1.0", "nobody")
    assert model.card["training_data"] == "Discs, 192 photographs"
    assert model.card["face"] == {"eye_distance": 0.36, "eye_height": 0.38}
    assert model.card["trainer"]["images_seen"] == 128
    seeds = [int(golden["seed"]) for golden in model.golden]
    sex, age = (np.array([golden[name] for golden in model.golden]) for name in ("sex", "age"))
    drawn = open_generator(path)(seeds, sex, age)
    assert np.array_equal(drawn, model.golden_images)
    from_run = open_generator(trained_run)(seeds, sex, age)
    assert np.abs(drawn.astype(int) - from_run.astype(int)).max() <= 2


@pytest.mark.parametrize("trained_run", PRESETS, indirect=True)
def test_onnx_draws_the_same(trained_run: Path, tmp_path: Path) -> None:
    model, _ = export(trained_run, tmp_path / "faces.facegan", {})
    write_onnx(tmp_path / "faces.onnx", model)
    session = onnxruntime.InferenceSession(str(tmp_path / "faces.onnx"), providers=["CPUExecutionProvider"])
    latent = model.card["latent"]
    inputs = {
        "latent": latents_of([1, 2, 3], latent["size"], latent["distribution"]),
        "sex": np.array([[-1.0], [1.0], [0.0]], np.float32),
        "age": np.array([[5.0], [40.0], [95.0]], np.float32),
    }
    (drawn,) = session.run(None, inputs)
    tensors = {name: torch.from_numpy(value) for name, value in inputs.items()}
    expected = GraphNetwork(model.graph, model.tensors)(tensors).numpy()
    assert drawn.shape == expected.shape
    assert np.allclose(drawn, expected, atol=1e-4)


def test_latents_come_from_numpys_frozen_stream() -> None:
    expected = np.random.RandomState(7).standard_normal(5).astype(np.float32)
    assert np.array_equal(latents_of([3, 7], 5, "normal")[1], expected)
    uniform = latents_of([7], 5, "uniform")
    assert np.array_equal(uniform[0], np.random.RandomState(7).uniform(-1, 1, 5).astype(np.float32))


@pytest.mark.parametrize("trained_run", ["small_crowd"], indirect=True)
def test_a_broken_model_file_is_one_clear_error(trained_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "faces.facegan"
    export(trained_run, path, {})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"faces\.facegan"):
        read_model(path)
    with pytest.raises(UserError, match="no such file"):
        read_model(tmp_path / "missing.facegan")


Spoil = Callable[[ModelFile], ModelFile]
"""A model with something in it as a stranger might have left it."""


def with_weights(value: float) -> Spoil:
    return lambda model: replace(model, tensors={name: own * 0 + value for name, own in model.tensors.items()})


def with_nodes(change: Callable[[tuple[Node, ...]], tuple[Node, ...]]) -> Spoil:
    return lambda model: replace(model, graph=replace(model.graph, nodes=change(model.graph.nodes)))


def with_card(**changes: object) -> Spoil:
    return lambda model: replace(model, card={**model.card, **changes})


SPOILT: list[tuple[Spoil, str]] = [
    (with_weights(0.0), "makes pictures that differ from its golden ones by [0-9]+/255; export it again"),
    (with_weights(60_000.0), "makes pictures that differ from its golden ones"),
    (lambda model: replace(model, golden_images=255 - model.golden_images), "differ from its golden ones"),
    (lambda model: replace(model, golden=model.golden[:1]), "not those of its golden vectors"),
    (lambda model: replace(model, golden=[{"seed": -1, "sex": 0, "age": 3}]), "golden vectors are broken"),
    (lambda model: replace(model, golden=[], golden_images=model.golden_images[:0]), "golden vectors"),
    (with_nodes(lambda nodes: nodes[:0]), "it has 0 nodes, not 1 to 1000"),
    (with_nodes(lambda nodes: nodes * 200), "nodes, not 1 to 1000"),
    (with_nodes(lambda nodes: nodes[:1] + nodes), "is made twice"),
    (with_nodes(lambda nodes: nodes[1:]), "which is no input and which no node before it makes"),
    (with_nodes(lambda nodes: nodes[:-1]), r"its 'image' has the shape \[\], not \[64, 64, 3\]"),
    (lambda model: replace(model, doubt=Doubt(model.graph, 0.5)), r"its 'image' has the shape .*, not \[1\]"),
    (lambda model: replace(model, doubt=Doubt(model.graph, float("nan"))), "a doubt above nan cannot be"),
    (with_card(face=None), "its card's face is 'None'"),
    (with_card(face={"eye_distance": "x"}), "its card's face tells no numbers"),
    (with_card(name=5), "its card's name is '5'"),
    (with_card(trainer=[]), r"its card's trainer is '\[\]'"),
]


@pytest.mark.parametrize("trained_run", ["small_crowd"], indirect=True)
def test_what_would_draw_other_pictures_is_not_opened(trained_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "faces.facegan"
    model, _ = export(trained_run, path, {})
    for spoil, told in SPOILT:
        write_model(path, spoil(model))
        with pytest.raises(UserError, match=told) as refusal:
            open_generator(path)
        assert str(refusal.value).startswith(str(path))
        assert "\n" not in str(refusal.value)
    write_model(path, model)
    weight = next(iter(model.tensors.values())).astype(np.float16).tobytes()
    path.write_bytes(path.read_bytes().replace(weight, np.float16(np.nan).tobytes() + weight[2:]))
    with pytest.raises(UserError, match=r"faces\.facegan: .* holds values that are no numbers"):
        open_generator(path)


@pytest.mark.parametrize("trained_run", ["small_crowd"], indirect=True)
def test_weights_beyond_float16_are_refused(trained_run: Path, tmp_path: Path) -> None:
    checkpoint = max((trained_run / "checkpoints").iterdir())
    state = torch.load(checkpoint, weights_only=True)
    state["ema"]["module.to_rgb.weight"] *= 1e8
    torch.save(state, checkpoint)
    with pytest.raises(UserError, match="float16"):
        export(trained_run, tmp_path / "faces.facegan", {})


def test_a_run_without_its_dataset_facts_cannot_tell_a_licence(
    discs: Dataset, small_crowd: Config, tmp_path: Path
) -> None:
    options = RunOptions(tmp_path / "run", compiled=False, quiet=True)
    Run(replace(small_crowd, images=64), discs, fabric_for("cpu"), options).train()
    with pytest.raises(UserError, match=r"dataset\.json"):
        export(tmp_path / "run", tmp_path / "faces.facegan", {})


@pytest.mark.parametrize("trained_run", ["small_crowd"], indirect=True)
def test_a_model_file_tells_what_made_it(trained_run: Path, tmp_path: Path) -> None:
    model, _ = export(trained_run, tmp_path / "faces.facegan", {})
    told = model.card["trainer"]
    assert [part["from_images"] for part in told["history"]] == [0]
    assert told["history"][0]["commit"] == told["commit"]
    assert told["dataset"]["sources"] == ["discs"]


@pytest.mark.parametrize("trained_run", ["small_crowd"], indirect=True)
def test_a_model_file_is_not_judged_on_another_split_of_its_pictures(
    trained_run: Path, discs: Dataset, tmp_path: Path
) -> None:
    export(trained_run, tmp_path / "faces.facegan", {})
    refuse_trained_on(tmp_path / "faces.facegan", discs)
    other = replace(discs, metadata={**discs.metadata, "fingerprint": "another", "split": {"seed": 9}})
    with pytest.raises(UserError, match="another preparation of discs"):
        refuse_trained_on(tmp_path / "faces.facegan", other)
    kept = replace(other, metadata={**other.metadata, "keeps_split_of": [discs.metadata["fingerprint"]]})
    refuse_trained_on(tmp_path / "faces.facegan", kept)


def test_a_card_tells_what_decisions_did_to_the_dataset(trained_run: Path) -> None:
    facts = {"fingerprint": "discs", "decisions": {"dropped": 3, "sex": 1}}
    trained = load_trained(trained_run)
    assert full_card(trained, facts, {})["trainer"]["dataset"]["decisions"] == {"dropped": 3, "sex": 1}
    assert full_card(trained, {**facts, "light": "even"}, {})["light"] == "even"
    assert full_card(trained, facts, {})["light"] == "photographs"
    assert full_card(trained, {**facts, "background": [0, 0, 255]}, {})["background"] == [0, 0, 255]
    assert "background" not in full_card(trained, facts, {})
    assert "decisions" not in full_card(trained, {"fingerprint": "discs"}, {})["trainer"]["dataset"]
