import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.encoder.trainings import FEW, Exported, encoder_of
from trainer.data.dataset import Dataset
from trainer.drawing.encoders import ENCODER_FILE, load_encoder, read_encoder_state
from trainer.drawing.inference import load_trained
from trainer.encoder.pace import Pace
from trainer.encoder.run import METRICS_FILE, PHASES, EncoderRun
from trainer.errors import UserError


def weights(run: EncoderRun) -> torch.Tensor:
    return torch.cat([value.detach().flatten() for value in run.encoder.parameters()])


def test_both_phases_are_learnt_from(trained_run: Path, discs: Dataset, tmp_path: Path) -> None:
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
    first.phase = 1
    first.optimiser = first._new_optimiser()
    first._fit_where_due("photographs", first.paces[1])
    first._learn("photographs", 1.0)
    first.paces[1].seen = 16
    first.save()
    second = encoder_of(trained_run, tmp_path / "parts", discs)
    assert "photographs" in second.resume()
    assert (second.phase, second.step, second.fits, second.paces[1].seen) == (1, 1, 1, 16)
    assert torch.equal(weights(second), weights(first))
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
    run = encoder_of(trained_run, tmp_path / "encoder", discs, replace(FEW, own_share=0.25))
    run.share_time(100.0)
    assert [pace.seconds for pace in run.paces] == pytest.approx([25.0, 75.0])
    run.paces[0].seen = 16
    run.share_time(70.0)
    left = [pace.seconds * (1.0 - pace.progress) for pace in run.paces]
    assert run.paces[0].progress == pytest.approx(0.5)
    assert left == pytest.approx([10.0, 60.0])


def test_what_is_left_out_is_fitted_so_that_likenesses_are_nearer(
    trained_run: Path, discs: Dataset, tmp_path: Path
) -> None:
    run = encoder_of(trained_run, tmp_path / "encoder", discs)
    pictures, matrix = run.pictures.batch(torch.arange(32), torch.Generator(), flip=False)
    made = []
    for _ in range(2):
        with torch.no_grad():
            answer = run.encoder(pictures, run.encoder.known(matrix), run.generator)
            made.append(run.generator.completed(answer.drawn, answer.vector, matrix))
        run.fit()
    far, near = (float((one - pictures).square().mean()) for one in made)
    assert near < 0.5 * far


def test_an_encoder_begins_with_anothers_weights(exported: Exported, discs: Dataset, tmp_path: Path) -> None:
    """Also with those of an encoder of the same generator at another variety, whose digest is another."""
    run = encoder_of(exported.run, tmp_path / "second", discs, start=exported.encoder)
    learnt = load_encoder(exported.encoder, load_trained(exported.run))
    read = torch.cat([value.flatten() for value in learnt.network.parameters()])
    assert torch.allclose(read, weights(run), atol=1e-3)
    state = read_encoder_state(exported.encoder) | {"generator": "of another"}
    torch.save(state, tmp_path / "another.pt")
    third = encoder_of(exported.run, tmp_path / "third", discs, start=tmp_path / "another.pt")
    assert torch.equal(weights(third), weights(run))
    torch.save(state | {"encoder": {}}, tmp_path / "another.pt")
    with pytest.raises(UserError, match="do not fit"):
        encoder_of(exported.run, tmp_path / "fourth", discs, start=tmp_path / "another.pt")


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
