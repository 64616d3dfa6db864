"""A small trained run, an encoder that learnt from it for a few steps, and the model file of both."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.trainer.encoder.trainings import Exported, encoder_of
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.drawing.export import export
from trainer.encoder import run as encoder_run
from trainer.training.run import Run, RunOptions, fabric_for


def trained_into(folder: Path, config: Config, discs: Dataset) -> Path:
    """A run folder in `folder`."""
    torch.set_num_threads(1)
    run = folder / "run"
    Run(replace(config, images=128), discs, fabric_for("cpu"), RunOptions(run, compiled=False, quiet=True)).train()
    (run / "dataset.json").write_text(json.dumps(discs.metadata))
    return run


def exported_into(folder: Path, run: Path, discs: Dataset) -> Exported:
    """A model file in `folder`, with an encoder that has learnt a little."""
    out, model = folder / "encoder", folder / "faces.facegan"
    encoder_of(run, out, discs).train()
    export(run, model, {"name": "Discs"}, encoder=out)
    return Exported(run, out, model)


@pytest.fixture
def trained_run(discs: Dataset, small_crowd: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run folder."""
    monkeypatch.setattr(encoder_run, "FEWEST", 100)
    return trained_into(tmp_path, small_crowd, discs)


@pytest.fixture
def exported(trained_run: Path, discs: Dataset, tmp_path: Path) -> Exported:
    """A model file with an encoder that has learnt a little, of this test alone."""
    return exported_into(tmp_path, trained_run, discs)


@pytest.fixture(scope="session")
def encoding_model(discs: Dataset, small_crowd: Config, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The same, for all tests that change nothing of it."""
    folder = tmp_path_factory.mktemp("encoding")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoder_run, "FEWEST", 100)
        return exported_into(folder, trained_into(folder, small_crowd, discs), discs)
