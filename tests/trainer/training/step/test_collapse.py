"""Runs that die: told, taken back to their last checkpoint with a lower rate, at most twice, then stopped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from trainer.checkpoints import read_checkpoint, saved_checkpoints
from trainer.config import CollapseConfig, Config
from trainer.data.dataset import Dataset
from trainer.errors import UserError
from trainer.training.run import Run, RunOptions, fabric_for
from trainer.training.step.collapse import relative_spread, trouble_in
from trainer.training.step.gan import Gan

Told = dict[str, torch.Tensor]
Play = Callable[..., Told]


def test_numbers_that_are_none_are_named() -> None:
    assert trouble_in({"d_loss": 1.0, "g_loss": 2.0}, 10, CollapseConfig()) is None
    told = trouble_in({"d_loss": float("nan"), "g_loss": float("inf"), "r1": 0.0}, 10, CollapseConfig())
    assert told == "d_loss, g_loss stopped being a number"


def test_a_discriminator_that_has_run_away_is_told_before_it_spoils_the_faces() -> None:
    assert trouble_in({"d_loss": 1.4}, 10, CollapseConfig()) is None
    assert "run away" in (trouble_in({"d_loss": 146.6, "spread": 1.0}, 10, CollapseConfig()) or "")


def test_one_face_for_everybody_is_a_collapse_once_the_run_has_begun() -> None:
    watch = CollapseConfig(spread=0.2, after=1000)
    assert trouble_in({"spread": 0.05}, 999, watch) is None
    assert trouble_in({"spread": 0.25}, 1000, watch) is None
    assert "collapse" in (trouble_in({"spread": 0.05}, 1000, watch) or "")


def test_the_spread_is_one_for_likes_and_none_for_one_face() -> None:
    real = torch.rand(16, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert float(relative_spread(real, real)) == pytest.approx(1.0)
    assert float(relative_spread(real, real[:1].expand(16, -1, -1, -1))) == pytest.approx(0.0, abs=1e-6)


def dying(play: Play, dies: Callable[[int], bool]) -> Play:
    """A step that loses its numbers, in the losses and in the weights, at the steps that `dies` names."""

    def step(gan: Gan, *arguments: object) -> Told:
        told = play(gan, *arguments)
        if dies(gan.step):
            told["g_loss"] = told["g_loss"] * float("nan")
            with torch.no_grad():
                for parameter in gan.generator.parameters():
                    parameter.fill_(float("nan"))
        return told

    return step


def run_of(config: Config, discs: Dataset, out: Path) -> Run:
    return Run(config, discs, fabric_for("cpu"), RunOptions(out, compiled=False, quiet=True))


def test_a_run_that_dies_once_goes_back_and_on_with_a_lower_rate(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = iter([True])
    monkeypatch.setattr(Gan, "train_step", dying(Gan.train_step, lambda step: step == 3 and next(deaths, False)))
    run = run_of(small_crowd, discs, tmp_path)
    assert "256 images seen" in run.train()
    assert run.rollbacks == 1
    state = read_checkpoint(saved_checkpoints(tmp_path)[-1])
    assert state["config"]["optimiser"]["rate"] == pytest.approx(small_crowd.optimiser.rate / 2)
    assert all(torch.isfinite(value).all() for value in state["generator"].values())


def test_a_run_that_dies_again_and_again_is_stopped_with_the_reason(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gan, "train_step", dying(Gan.train_step, lambda step: step >= 3))
    run = run_of(small_crowd, discs, tmp_path)
    with pytest.raises(UserError, match=r"g_loss stopped being a number.* after 2 rollbacks; the last checkpoint"):
        run.train()
    state = read_checkpoint(saved_checkpoints(tmp_path)[-1])
    assert state["images"] == 128
    assert all(torch.isfinite(value).all() for value in state["generator"].values())


def test_a_run_that_dies_before_its_first_checkpoint_is_stopped(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gan, "train_step", dying(Gan.train_step, lambda step: step > 0))
    with pytest.raises(UserError, match="after 0 rollbacks"):
        run_of(replace(small_crowd, images=128), discs, tmp_path).train()
    assert not saved_checkpoints(tmp_path)


def losing(play: Play, dies: Callable[[int], bool]) -> Play:
    """A step after which the weights are no numbers, though its losses were."""

    def step(gan: Gan, *arguments: object) -> Told:
        told = play(gan, *arguments)
        if dies(gan.step):
            with torch.no_grad():
                next(gan.discriminator.parameters()).fill_(float("nan"))
        return told

    return step


def test_weights_that_are_no_numbers_are_not_saved_but_gone_back_from(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = iter([True])
    monkeypatch.setattr(Gan, "train_step", losing(Gan.train_step, lambda step: step == 4 and next(deaths, False)))
    run = run_of(replace(small_crowd, log=replace(small_crowd.log, metrics=10_000)), discs, tmp_path)
    assert "256 images seen" in run.train()
    assert run.rollbacks == 1
    state = read_checkpoint(saved_checkpoints(tmp_path)[-1])
    assert all(torch.isfinite(value).all() for value in state["discriminator"].values())


def test_a_run_that_is_stopped_with_weights_that_are_no_numbers_keeps_the_state_before(
    small_crowd: Config, discs: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gan, "train_step", losing(Gan.train_step, lambda step: step == 3))
    seldom = replace(small_crowd, images=192, log=replace(small_crowd.log, metrics=10_000))
    with pytest.raises(UserError, match="weights are no numbers any more"):
        run_of(seldom, discs, tmp_path).train()
    assert [read_checkpoint(path)["images"] for path in saved_checkpoints(tmp_path)] == [128]
