from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.trainer.training.conftest import run_of
from trainer.checkpoints import lightened, read_checkpoint, saved_checkpoints, write_state
from trainer.config import Config, CrowdDiscriminatorConfig
from trainer.data.dataset import Dataset
from trainer.drawing.inference import load_trained
from trainer.errors import UserError
from trainer.training.resuming import resume, start_from


def test_a_run_begins_with_the_weights_and_nothing_else(
    small_crowd: Config, discs: Dataset, tmp_path: Path, trained: Path
) -> None:
    run = run_of(small_crowd, discs, tmp_path / "second")
    assert "128 images" in start_from(run, trained)[-1]
    state = read_checkpoint(trained)
    for network, name in ((run.gan.generator, "generator"), (run.gan.ema, "ema")):
        assert all(torch.equal(value, state[name][key]) for key, value in network.state_dict().items())
    assert run.gan.images == 0
    assert not run.gan.g_optimiser.state


def test_what_was_seen_before_counts_in_the_history_and_in_the_model(
    small_crowd: Config, discs: Dataset, tmp_path: Path, trained: Path
) -> None:
    run = run_of(replace(small_crowd, images=64), discs, tmp_path / "second")
    start_from(run, trained)
    run.train()
    resumed = run_of(replace(small_crowd, images=128), discs, tmp_path / "second")
    resume(resumed)
    resumed.train()
    known = load_trained(tmp_path / "second")
    assert known.images == 128 + 128
    assert [part["from_images"] for part in known.history] == [0, 128, 192]


def test_it_takes_a_light_checkpoint_and_leaves_what_does_not_fit(
    small_crowd: Config, discs: Dataset, tmp_path: Path, trained: Path
) -> None:
    light = tmp_path / "light.pt"
    write_state(light, lightened(read_checkpoint(trained)))
    thinner = replace(small_crowd, discriminator=CrowdDiscriminatorConfig(channels=(8, 12, 16, 8), feature_size=16))
    run = run_of(thinner, discs, tmp_path / "second")
    told = start_from(run, light)
    assert [line.split(":")[0] for line in told[:-1]] == ["discriminator"]
    assert "begin anew" in told[0]
    assert "256 images seen" in run.train()


def test_networks_without_a_common_weight_are_refused(
    small_paper: Config, discs: Dataset, tmp_path: Path, trained: Path
) -> None:
    with pytest.raises(UserError, match="no weight in common"):
        start_from(run_of(small_paper, discs, tmp_path / "second"), trained)


def test_a_body_that_gets_a_tail_begins_as_its_average_and_is_what_it_was(
    small_body: Config, small_detailed: Config, discs: Dataset, tmp_path: Path
) -> None:
    run_of(small_body, replace(discs, images=discs.images[:, ::2, ::2]), tmp_path / "small").train()
    small = saved_checkpoints(tmp_path / "small")[-1]
    run = run_of(small_detailed, discs, tmp_path / "large")
    told = start_from(run, small)
    assert [line.split(":")[0] for line in told[:3]] == ["generator", "discriminator", "ema"]
    average = read_checkpoint(small)["ema"]
    for network, prefix in ((run.gan.generator, "module."), (run.gan.ema, "")):
        for name, value in network.state_dict().items():
            assert "detail." in name or torch.equal(value, average[prefix + name])
    run.train()
    large = saved_checkpoints(tmp_path / "large")[-1]
    again = run_of(small_detailed, discs, tmp_path / "more")
    start_from(again, large)
    raw = read_checkpoint(large)["generator"]
    assert all(torch.equal(value, raw[name]) for name, value in again.gan.generator.state_dict().items())
