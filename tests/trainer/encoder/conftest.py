"""A small trained run, an encoder that learnt from it for a few steps, and the model file of both."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.trainer.encoder.trainings import Exported, encoder_of
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.drawing.export import export
from trainer.encoder import run as encoder_run
from trainer.training.run import Run, RunOptions, fabric_for


@pytest.fixture
def trained_run(discs: Dataset, small_crowd: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run folder."""
    monkeypatch.setattr(encoder_run, "FEWEST", 100)
    run = tmp_path / "run"
    config = replace(small_crowd, images=128)
    Run(config, discs, fabric_for("cpu"), RunOptions(run, compiled=False, quiet=True)).train()
    (run / "dataset.json").write_text(json.dumps(discs.metadata))
    return run


@pytest.fixture
def exported(trained_run: Path, discs: Dataset, tmp_path: Path) -> Exported:
    """A model file with an encoder that has learnt a little."""
    out = tmp_path / "encoder"
    encoder_of(trained_run, out, discs).train()
    model = tmp_path / "faces.facegan"
    export(trained_run, model, {"name": "Discs"}, encoder=out)
    return Exported(trained_run, out, model)
