import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.encoder.trainings import FEW, Exported, encoder_of
from trainer.data.dataset import Dataset
from trainer.drawing.encoders import ENCODER_FILE, load_encoder
from trainer.drawing.inference import load_trained
from trainer.encoder.pace import Pace
from trainer.encoder.run import METRICS_FILE, PHASES, EncoderRun
from trainer.errors import UserError


def weights(run: EncoderRun) -> torch.Tensor:
    return torch.cat([value.detach().flatten() for value in run.encoder.parameters()])


def test_all_three_phases_are_learnt_from(trained_run: Path, discs: Dataset, tmp_path: Path) -> None:
    run = encoder_of(trained_run, tmp_path / "encoder", discs)
    before = weights(run)
    told = run.train()
    lines = [json.loads(line) for line in (tmp_path / "encoder" / METRICS_FILE).read_text().splitlines()]
    assert {line["phase"] for line in lines} == set(PHASES)
    assert "48 photographs" in told
    assert not torch.equal(weights(run), before)
    assert torch.isfinite(weights(run)).all()


def test_a_killed_training_goes_on_where_it_was_saved(trained_run: Path, discs: Dataset, tmp_path: Path) -> None:
    whole = encoder_of(trained_run, tmp_path / "whole", discs)
    whole.train()
    first = encoder_of(trained_run, tmp_path / "parts", discs)
    first.phase = 2
    first.optimiser = first._optimiser_of(2)
    first._set_modes("photographs")
    first._learn("photographs", 1.0)
    first.paces[2].seen = 16
    first.save()
    second = encoder_of(trained_run, tmp_path / "parts", discs)
    assert "photographs" in second.resume()
    assert (second.phase, second.step, second.paces[2].seen) == (2, 1, 16)
    assert torch.equal(weights(second), weights(first))
    first._set_modes("photographs")
    second._set_modes("photographs")
    costs = [run._learn("photographs", 1.0) for run in (first, second)]
    assert all(torch.equal(costs[0][name], costs[1][name]) for name in costs[0])
    assert torch.equal(weights(second), weights(first))


def test_a_finished_training_is_read_back_and_not_trained_again(exported: Exported, discs: Dataset) -> None:
    run = encoder_of(exported.run, exported.encoder, discs)
    assert "is trained" in run.resume()
    steps = run.step
    run.train()
    assert run.step == steps
    learnt = load_encoder(exported.encoder, load_trained(exported.run))
    read = torch.cat([value.flatten() for value in learnt.network.parameters()])
    assert torch.allclose(read, weights(run), atol=1e-3)


def test_another_models_encoder_is_refused(exported: Exported, discs: Dataset) -> None:
    with pytest.raises(UserError, match="another generator"):
        load_encoder(exported.encoder, load_trained(exported.run, variety=0.5))
    other = encoder_of(exported.run, exported.encoder, replace(discs, images=255 - discs.images))
    with pytest.raises(UserError, match="another dataset"):
        other.resume()


def test_a_damaged_file_is_told_in_a_line(exported: Exported, discs: Dataset) -> None:
    (exported.encoder / ENCODER_FILE).write_bytes(b"nothing")
    with pytest.raises(UserError, match="damaged"):
        encoder_of(exported.run, exported.encoder, discs).resume()


def test_too_few_pictures_are_refused(trained_run: Path, discs: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="too few to learn"):
        encoder_of(trained_run, tmp_path / "encoder", discs.rows(np.arange(40)))


def test_the_phases_share_the_time_that_is_left(trained_run: Path, discs: Dataset, tmp_path: Path) -> None:
    settings = replace(FEW, likeness_share=0.2, own_share=0.2)
    run = encoder_of(trained_run, tmp_path / "encoder", discs, settings)
    run.share_time(100.0)
    assert [pace.seconds for pace in run.paces] == pytest.approx([20.0, 20.0, 60.0])
    run.phase = 1
    run.paces[1].seen = 16
    run.share_time(70.0)
    left = [pace.seconds * (1.0 - pace.progress) for pace in run.paces]
    assert run.paces[1].progress == pytest.approx(0.5)
    assert left[1:] == pytest.approx([10.0, 60.0])


def test_a_pace_ends_by_pictures_or_by_seconds_and_its_rate_falls_to_nothing() -> None:
    pace = Pace(100)
    rates = []
    while not pace.over:
        rates.append(pace.rate)
        pace.advance(5)
    assert len(rates) == 20
    assert max(rates) <= 1.0
    assert pace.rate == pytest.approx(0.0, abs=1e-9)
    timed = Pace(10**9, seconds=2.0, spent=2.5)
    assert timed.over
