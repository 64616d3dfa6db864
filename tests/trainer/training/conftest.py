"""A short run, and one that others begin from."""

from dataclasses import replace
from pathlib import Path

import pytest

from trainer.checkpoints import saved_checkpoints
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.training.run import Run, RunOptions, fabric_for


def run_of(config: Config, dataset: Dataset, out: Path) -> Run:
    """A run on the CPU, without a bar."""
    return Run(config, dataset, fabric_for("cpu"), RunOptions(out, command="train", compiled=False, quiet=True))


@pytest.fixture
def trained(small_crowd: Config, discs: Dataset, tmp_path: Path) -> Path:
    """The checkpoint of a run of 128 images."""
    run_of(replace(small_crowd, images=128), discs, tmp_path / "first").train()
    return saved_checkpoints(tmp_path / "first")[-1]
