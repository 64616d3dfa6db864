"""What is left of the lamp on generated faces: measured as a dataset's pictures are, and a way to less of it."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.training.conftest import run_of
from tests.trainer.training.step.test_even_light import SKIN, side_lit, tensor
from trainer.config import Config
from trainer.data.dataset import Dataset
from trainer.evaluation.sections.evenness import side_light as of_the_dataset
from trainer.training.step.side_light import side_light, side_light_loss


@pytest.mark.parametrize("across", [-0.6, -0.3, 0.0, 0.4])
def test_it_is_the_side_light_that_pictures_are_prepared_by(across: float) -> None:
    pictures = side_lit(across)
    expected = [of_the_dataset(face) for face in pictures]
    np.testing.assert_allclose(side_light(tensor(pictures), SKIN)[:, 0].abs(), expected, atol=0.1)


def test_a_mirrored_face_is_lit_from_the_other_side() -> None:
    pictures = tensor(side_lit(0.5))
    np.testing.assert_allclose(side_light(pictures.flip(3), SKIN), -side_light(pictures, SKIN), atol=1e-5)


def test_a_face_that_is_even_costs_nothing_and_a_black_one_has_finite_gradients() -> None:
    even = torch.full((2, 3, 64, 64), 0.2, requires_grad=True)
    side_light_loss(even, SKIN).backward()
    assert even.grad is not None
    assert not even.grad.any()
    black = torch.full((2, 3, 64, 64), -1.0)
    black[:, :, :, :32] = 1.0
    black.requires_grad_(True)
    side_light_loss(black, SKIN).backward()
    assert black.grad is not None
    assert torch.isfinite(black.grad).all()


def test_following_the_loss_takes_the_lamp_away() -> None:
    pictures = tensor(side_lit(0.6))
    slope = torch.zeros(len(pictures), 1, 1, 1, requires_grad=True)
    across = torch.linspace(-1, 1, 64)
    optimiser = torch.optim.Adam([slope], lr=0.02)
    for _ in range(120):
        optimiser.zero_grad()
        side_light_loss(pictures + slope * across, SKIN).backward()
        optimiser.step()
    before, after = (side_light(faces, SKIN).abs() for faces in (pictures, pictures + slope * across))
    assert before.min() > 0.3
    assert after.mean() < 0.2


@pytest.mark.parametrize(("light", "told"), [("even", True), ("photographs", False)])
def test_a_run_on_evened_pictures_alone_is_told(
    small_crowd: Config, discs: Dataset, tmp_path: Path, light: str, told: bool
) -> None:
    dataset = dataclasses.replace(discs, metadata={**discs.metadata, "light": light})
    run = run_of(dataclasses.replace(small_crowd, images=64), dataset, tmp_path / "run")
    run.train()
    assert ('"side_light"' in (tmp_path / "run" / "metrics.jsonl").read_text()) is told
