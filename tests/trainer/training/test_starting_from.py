from dataclasses import replace
from pathlib import Path

import pytest
import torch

from trainer.checkpoints import lightened, read_checkpoint, saved_checkpoints, write_atomically
from trainer.config import Config, CrowdDiscriminatorConfig
from trainer.data.dataset import Dataset
from trainer.drawing.inference import load_trained
from trainer.errors import UserError
from trainer.training.run import Run, RunOptions, fabric_for


def run_of(config: Config, dataset: Dataset, out: Path) -> Run:
    return Run(config, dataset, fabric_for("cpu"), RunOptions(out, command="train", compiled=False, quiet=True))


@pytest.fixture
def trained(small_crowd: Config, discs: Dataset, tmp_path: Path) -> Path:
    run_of(replace(small_crowd, images=128), discs, tmp_path / "first").train()
    return saved_checkpoints(tmp_path / "first")[-1]


def test_a_run_begins_with_the_weights_and_nothing_else(
    small_crowd: Config, discs: Dataset, tmp_path: Path, trained: Path
) -> None:
    run = run_of(small_crowd, discs, tmp_path / "second")
    assert "128 images" in run.start_from(trained)[-1]
    state = read_checkpoint(trained)
    for network, name in ((run.game.generator, "generator"), (run.game.average, "average")):
        assert all(torch.equal(value, state[name][key]) for key, value in network.state_dict().items())
    assert run.game.images == 0
    assert not run.game.g_optimiser.state


def test_what_was_seen_before_counts_in_the_history_and_in_the_model(
    small_crowd: Config, discs: Dataset, tmp_path: Path, trained: Path
) -> None:
    run = run_of(replace(small_crowd, images=64), discs, tmp_path / "second")
    run.start_from(trained)
    run.train()
    resumed = run_of(replace(small_crowd, images=128), discs, tmp_path / "second")
    resumed.resume()
    resumed.train()
    known = load_trained(tmp_path / "second")
    assert known.images == 128 + 128
    assert [part["from_images"] for part in known.history] == [0, 128, 192]


def test_it_takes_a_light_checkpoint_and_leaves_what_does_not_fit(
    small_crowd: Config, discs: Dataset, tmp_path: Path, trained: Path
) -> None:
    light = tmp_path / "light.pt"
    write_atomically(light, lightened(read_checkpoint(trained)))
    thinner = replace(small_crowd, discriminator=CrowdDiscriminatorConfig(channels=(8, 12, 16, 8), feature_size=16))
    run = run_of(thinner, discs, tmp_path / "second")
    told = run.start_from(light)
    assert [line.split(":")[0] for line in told[:-1]] == ["discriminator"]
    assert "begin anew" in told[0]
    assert "256 images seen" in run.train()


def test_networks_without_a_common_weight_are_refused(
    small_paper: Config, discs: Dataset, tmp_path: Path, trained: Path
) -> None:
    with pytest.raises(UserError, match="no weight in common"):
        run_of(small_paper, discs, tmp_path / "second").start_from(trained)
