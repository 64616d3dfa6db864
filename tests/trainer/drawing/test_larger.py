"""A model file of larger pictures shows the people of the smaller one, whom a tail alone has drawn on."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

from trainer.checkpoints import read_checkpoint, saved_checkpoints, write_state
from trainer.cli import main
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.drawing.doubt import Lesson
from trainer.drawing.encoders import TrainedEncoder, new_encoder, with_offsets
from trainer.drawing.export import build_model, taught
from trainer.drawing.inference import FaceGenerator, basic_card, from_model, from_trained, load_trained
from trainer.model_file.storage import read_model, write_model
from trainer.training.resuming import start_from
from trainer.training.run import Run, RunOptions, fabric_for

VARIETY = 0.8
PEOPLE = 40


def run_of(config: Config, dataset: Dataset, folder: Path) -> Run:
    run = Run(config, dataset, fabric_for("cpu"), RunOptions(folder, compiled=False, quiet=True))
    folder.mkdir(exist_ok=True)
    (folder / "dataset.json").write_text(json.dumps(dataset.metadata))
    return run


@pytest.fixture
def body_run(small_body: Config, discs: Dataset, tmp_path: Path) -> Path:
    """A run of the small generator that the tail comes behind."""
    run_of(small_body, replace(discs, images=discs.images[:, ::2, ::2]), tmp_path / "small").train()
    return tmp_path / "small"


def darkness(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(128 - pictures.mean(axis=(1, 2, 3)), np.float32)


@pytest.fixture
def body(body_run: Path) -> Path:
    """The small generator's file, with offsets, an encoder and a doubt."""
    trained = load_trained(body_run, variety=VARIETY)
    generator = with_offsets(trained)
    torch.manual_seed(5)
    torch.nn.init.normal_(generator.offsets.basis.weight, std=0.02)
    encoder = TrainedEncoder(new_encoder(trained, generator).eval(), generator.eval(), {})
    # Of more pictures than the tail learns from, and so of older people.
    labels = [{**one, **({"maximum": 99.0} if one["name"] == "age" else {})} for one in basic_card(trained)["labels"]]
    card = {
        **basic_card(trained),
        "labels": labels,
        "light": "even",
        "face": {},
        "trainer": {"variety": VARIETY},
        "licence": "CC0-1.0",
    }
    path = body_run.parent / "body.facegan"
    write_model(path, taught(build_model(trained, card, encoder), Lesson(darkness, 700, lambda _: None)))
    return path


def larger_run(config: Config, images: int, dataset: Dataset, body_run: Path) -> Path:
    """A run of the tail, which speaks up more than it has learnt to."""
    folder = body_run.parent / "large"
    run = run_of(replace(config, images=images), dataset, folder)
    start_from(run, saved_checkpoints(body_run)[-1])
    run.train()
    checkpoint = saved_checkpoints(folder)[-1]
    state = read_checkpoint(checkpoint)
    torch.manual_seed(6)
    torch.nn.init.normal_(state["ema"]["module.detail.to_rgb.weight"], std=0.05)
    write_state(checkpoint, state)
    return folder


def drawn(generator: FaceGenerator) -> NDArray[np.uint8]:
    """Some people with and without offsets, at different ages."""
    dice = np.random.default_rng(3)
    vectors = dice.standard_normal((PEOPLE, int(generator.card["latent"]["size"]) + generator.offsets))
    vectors[::2, int(generator.card["latent"]["size"]) :] = 0
    given = {"sex": dice.choice([-1.0, 1.0], PEOPLE), "age": dice.uniform(0, 90, PEOPLE)}
    return generator.from_latents(vectors.astype(np.float32), given, np.arange(PEOPLE))


def test_the_larger_file_draws_the_same_people_and_refuses_the_same(
    small_detailed: Config, discs: Dataset, body_run: Path, body: Path, tmp_path: Path
) -> None:
    large = larger_run(small_detailed, 128, discs, body_run)
    out = tmp_path / "larger.facegan"
    assert main(["export", str(large), "--out", str(out), "--body", str(body)]) == 0
    small, model = from_model(read_model(body)), read_model(out)
    own = from_model(model)
    assert own.resolution == 2 * small.resolution == 64
    assert own.offsets == small.offsets > 0
    halved = drawn(own).reshape(PEOPLE, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    others = np.roll(drawn(small), 1, axis=0)
    assert np.abs(halved - drawn(small)).mean() < 0.5 * np.abs(halved - others).mean()
    given = {"sex": np.tile([-1.0, 1.0], PEOPLE // 2), "age": np.linspace(5, 80, PEOPLE)}
    half = tmp_path / "half.facegan"
    assert main(["export", str(large), "--out", str(half), "--body", str(body), "--detail", "0.5"]) == 0
    smoother = from_model(read_model(half)).draw(np.arange(PEOPLE), given).astype(np.float32)
    seeds = np.arange(400)
    by_run = from_trained(load_trained(large, variety=VARIETY)).draw(seeds[:PEOPLE], given).astype(np.float32)
    assert np.abs(own.draw(seeds[:PEOPLE], given) - by_run).mean() < 2
    flat = torch.from_numpy(small.draw(seeds[:PEOPLE], given)).permute(0, 3, 1, 2).float()
    enlarged = functional.interpolate(flat, scale_factor=2.0, mode="bilinear").permute(0, 2, 3, 1).numpy()
    added = own.draw(seeds[:PEOPLE], given) - enlarged
    assert np.abs(added).mean() > 3
    assert np.abs(smoother - enlarged).mean() == pytest.approx(np.abs(added).mean() / 2, rel=0.15)
    assert 0 < small.refuses(seeds, {}).sum() < 400
    assert np.array_equal(own.refuses(seeds, {}), small.refuses(seeds, {}))
    assert model.card["trainer"]["variety"] == VARIETY
    assert model.card["doubt"] == read_model(body).card["doubt"]
    assert model.card["light"] == "even"
    assert model.card["labels"] == read_model(body).card["labels"]
    assert model.encoder is None


def test_a_body_that_is_another_is_told_from_the_file(
    small_detailed: Config,
    discs: Dataset,
    body_run: Path,
    body: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    large = larger_run(small_detailed, 128, discs, body_run)
    checkpoint = saved_checkpoints(large)[-1]
    state = read_checkpoint(checkpoint)
    state["ema"]["module.embed.weight"] = -3 * state["ema"]["module.embed.weight"]
    write_state(checkpoint, state)
    words = ["export", str(large), "--out", str(tmp_path / "larger.facegan"), "--body", str(body)]
    assert main(words) == 2
    assert "draws other people" in capsys.readouterr().err
    assert not (tmp_path / "larger.facegan").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--encoder", "nowhere"], "--encoder: the body's file reads the photographs"),
        (["--variety", "0.5"], "--variety: the body's file has 0.8"),
        (["--doubt", "1000"], "--doubt: the body's file says which faces are broken"),
    ],
)
def test_what_the_body_decides_is_refused(
    body_run: Path, body: Path, tmp_path: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(body_run), "--out", str(tmp_path / "larger.facegan"), "--body", str(body), *more]
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_detail_is_refused_without_a_tail(body_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(body_run), "--out", str(tmp_path / "x.facegan"), "--detail", "0.5"]) == 2
    assert "--detail is for a tail" in capsys.readouterr().err


def test_a_generator_without_a_tail_is_refused(
    body_run: Path, body: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(body_run), "--out", str(tmp_path / "x.facegan"), "--body", str(body)]) == 2
    assert "without a tail" in capsys.readouterr().err
