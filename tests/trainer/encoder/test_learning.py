"""Encoders that really learn: their costs fall, and a killed training ends as an undisturbed one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.encoder.killed_training import STEPS
from tests.trainer.encoder.trainings import encoder_of
from trainer.data.dataset import Dataset
from trainer.drawing.encoders import ENCODER_FILE, read_encoder_state
from trainer.encoder import run as encoder_run
from trainer.encoder.run import METRICS_FILE
from trainer.encoder.settings import EncoderSettings

ROOT = Path(__file__).parents[3]
SHORT = EncoderSettings(own_images=640, photograph_images=480)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is told of."""
    monkeypatch.setattr(encoder_run, "REPORT_SECONDS", 0.0)


def costs(out: Path, phase: str, name: str) -> np.ndarray:
    lines = [json.loads(line) for line in (out / METRICS_FILE).read_text().splitlines()]
    return np.array([line[name] for line in lines if line["phase"] == phase])


@pytest.mark.usefixtures("often")
def test_what_is_taught_is_learnt(trained_run: Path, discs: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "encoder"
    encoder_of(trained_run, out, discs, SHORT).train()
    latent, difference = costs(out, "own", "latent"), costs(out, "photographs", "difference")
    # Whoever knows nothing says something at right angles, which costs 1.
    assert latent[-8:].mean() < 0.97, latent
    assert difference[-6:].mean() < 0.95 * difference[:6].mean(), difference


def test_a_training_killed_at_any_moment_ends_as_an_undisturbed_one(
    trained_run: Path, discs: Dataset, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    script = [sys.executable, "-m", "tests.trainer.encoder.killed_training", str(trained_run), str(out)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(script, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while not (out / ENCODER_FILE).exists():
        if process.poll() is not None:
            pytest.fail(f"the training ended: {process.communicate()[1].decode()}")
        time.sleep(0.01)
    time.sleep(float(np.random.default_rng().uniform(0.0, 1.0)))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "the training was over before it was killed"
    assert read_encoder_state(out)["phase"] < len(encoder_run.PHASES)
    subprocess.run([*script, "--resume"], cwd=ROOT, env=environment, check=True, capture_output=True)
    whole = tmp_path / "whole"
    encoder_of(trained_run, whole, discs, STEPS).train()
    ended, undisturbed = read_encoder_state(out), read_encoder_state(whole)
    assert (ended["step"], ended["phase"]) == (undisturbed["step"], undisturbed["phase"])
    for part in ("encoder", "offsets"):
        assert all(torch.equal(ended[part][name], value) for name, value in undisturbed[part].items())
