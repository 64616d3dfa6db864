"""The mean spectrum of generated pictures: measured as reports have it, and a way to that of photographs."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.trainer.training.conftest import run_of
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.evaluation.statistics.texture import luma
from trainer.evaluation.statistics.texture import spectrum as of_the_report
from trainer.training.step.spectrum import spectrum, spectrum_loss

DECIBELS = 10 / np.log(10)


def noise(count: int, seed: int) -> Tensor:
    """Grey pictures [N, 3, 32, 32] with detail at all frequencies."""
    grey = torch.randn(count, 1, 32, 32, generator=torch.Generator().manual_seed(seed))
    return (0.25 * grey).clamp(-1, 1).expand(-1, 3, -1, -1).clone()


def combed(pictures: Tensor, depth: float) -> Tensor:
    """The pictures with every other column brighter by `depth`."""
    return pictures + depth * torch.tensor([1.0, -1.0]).repeat(16)


def test_it_is_the_spectrum_that_reports_are_of() -> None:
    pictures = noise(40, 0)
    levels = ((pictures + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    reported = of_the_report(luma(levels))
    difference = (spectrum(pictures).numpy() * DECIBELS - reported).flatten()[1:]
    assert np.ptp(difference) < 0.2


def test_photographs_cost_next_to_nothing_and_a_comb_costs_where_it_is() -> None:
    photographs, others = noise(400, 1), noise(400, 2)
    assert spectrum_loss(photographs, photographs) == 0
    assert spectrum_loss(others, photographs) < 0.02
    assert spectrum_loss(combed(others, 0.1), photographs) > 4 * spectrum_loss(others, photographs)
    excess = spectrum(combed(others, 0.1)) - spectrum(others)
    assert excess.argmax() % 17 == 16


def test_flat_pictures_have_finite_gradients() -> None:
    flat = torch.zeros(4, 3, 32, 32, requires_grad=True)
    spectrum_loss(flat, noise(4, 3)).backward()
    assert flat.grad is not None
    assert torch.isfinite(flat.grad).all()


def test_following_the_loss_takes_the_comb_away_and_brings_the_detail_back() -> None:
    photographs, others = noise(200, 4), noise(200, 5)
    depth, gain = torch.tensor(0.2, requires_grad=True), torch.tensor(0.5, requires_grad=True)
    optimiser = torch.optim.Adam([depth, gain], lr=0.02)
    for _ in range(150):
        optimiser.zero_grad()
        spectrum_loss(gain * others + combed(torch.zeros(1), 1.0) * depth, photographs).backward()
        optimiser.step()
    assert abs(float(depth.detach())) < 0.05
    assert float(gain.detach()) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("weight", "told"), [(5.0, True), (0.0, False)])
def test_a_run_that_asks_for_it_is_told(
    small_crowd: Config, discs: Dataset, tmp_path: Path, weight: float, told: bool
) -> None:
    loss = dataclasses.replace(small_crowd.loss, spectrum=weight)
    run = run_of(dataclasses.replace(small_crowd, images=64, loss=loss), discs, tmp_path / "run")
    run.train()
    assert ('"spectrum"' in (tmp_path / "run" / "metrics.jsonl").read_text()) is told
