"""A run of a few steps, to be exported."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.training.run import Run, RunOptions, fabric_for


@pytest.fixture
def trained_run(discs: Dataset, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The run folder; indirectly parametrised with the name of another config than `small_crowd`."""
    config: Config = request.getfixturevalue(getattr(request, "param", "small_crowd"))
    run = tmp_path / "run"
    Run(replace(config, images=128), discs, fabric_for("cpu"), RunOptions(run, compiled=False, quiet=True)).train()
    (run / "dataset.json").write_text(json.dumps(discs.metadata))
    return run
