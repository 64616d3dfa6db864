"""Runs, configs and checkpoints of before are read under today's names."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from trainer import old_names
from trainer.checkpoints import best_reading, read_checkpoint, saved_checkpoints
from trainer.commands.train import parse_settings
from trainer.config import CROWD, Config, from_dict, overridden, override_from_toml, to_dict
from trainer.data.dataset import Dataset
from trainer.training.history import read_history
from trainer.training.resuming import resume, start_from
from trainer.training.run import Run, RunOptions, fabric_for

SHIPPED = Path(__file__).parents[2] / "runs" / "crowd64"
LIGHT = SHIPPED / "step-000007987.light.pt"
BEFORE = """
[kin]
lag = 0.5
unlike = 0.25
[average]
half_life = 500.0
[watch]
collapse_spread = 0.1
collapse_after = 7
[loss]
guide = 0.3
guide_floor = 0.8
guide_images = 640
[log]
gauge = 48
"""


def test_settings_of_before_are_those_of_today(tmp_path: Path) -> None:
    (tmp_path / "before.toml").write_text(BEFORE)
    config = override_from_toml(CROWD, tmp_path / "before.toml")
    assert (config.paired.age_margin, config.paired.consistency) == (0.5, 0.25)
    assert (config.ema.half_life, config.collapse.spread, config.collapse.after) == (500.0, 0.1, 7)
    assert (config.loss.classifier, config.loss.classifier_floor, config.loss.classifier_images) == (0.3, (0.8,), 640)
    assert config.log.validation == 48
    assert overridden(CROWD, parse_settings(["kin.lag=0.5"])).paired.age_margin == 0.5
    assert from_dict(to_dict(config)) == config


def test_every_old_name_leads_to_a_setting_that_there_is() -> None:
    today = to_dict(CROWD)
    assert set(old_names.SETTINGS[""].values()) <= today.keys()
    for group, names in old_names.SETTINGS.items():
        assert not group or set(names.values()) <= today[group].keys()


def test_the_config_and_the_figures_that_ship_are_read() -> None:
    config = from_dict(json.loads((SHIPPED / "config.json").read_text()))
    assert config.loss.classifier_floor == (1.4, 0.7)
    series = read_history(SHIPPED).series
    assert {"label_loss", "age_margin", "consistency", "fd_grid8"} <= series.keys()
    assert not series.keys() & old_names.METRICS.keys()


def test_the_best_reading_of_before_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "best.pt").touch()
    (folder / "best.json").write_text('{"checkpoint": "step-000000001.pt", "images": 64, "fd_cells": 3.5}')
    assert best_reading(tmp_path) == 3.5


def run_of(config: Config, dataset: Dataset, out: Path) -> Run:
    return Run(config, dataset, fabric_for("cpu"), RunOptions(out, compiled=False, quiet=True))


def test_a_new_run_begins_with_the_weights_that_ship(discs: Dataset, tmp_path: Path) -> None:
    run = run_of(CROWD, discs, tmp_path)
    assert start_from(run, LIGHT) == [f"started from {LIGHT.name}, which has seen 1,502,720 images"]
    before = torch.load(LIGHT, weights_only=True)["average"]["module.to_rgb.weight"]
    assert torch.equal(run.gan.ema.state_dict()["module.to_rgb.weight"], before.float())


@pytest.mark.filterwarnings("ignore:no pictures of")
def test_the_run_that_ships_goes_on(discs: Dataset, tmp_path: Path) -> None:
    """On other pictures than its own, so the state of its sampler is made theirs first."""
    config = from_dict(json.loads((SHIPPED / "config.json").read_text()))
    state = torch.load(LIGHT, weights_only=True)
    state["sampler"]["pictures"] = run_of(config, discs, tmp_path / "own").sampler.state()["pictures"]
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    torch.save(state, tmp_path / "run" / "checkpoints" / "step-000007987.pt")
    shutil.copyfile(SHIPPED / "guide.pt", tmp_path / "run" / "guide.pt")
    config = replace(config, images=state["images"] + 64, log=replace(config.log, validation=0, samples=10**9))
    run = run_of(config, discs, tmp_path / "run")
    assert resume(run)[-1] == f"resumed step-000007987.pt at {state['images']:,} images"
    assert "all images seen" in run.train()
    newest = read_checkpoint(saved_checkpoints(tmp_path / "run")[-1])
    assert (newest["step"], newest["inherited"]) == (7988, state["inherited"])
    assert "average" not in newest
    assert not (tmp_path / "run" / "classifier.pt").exists()
