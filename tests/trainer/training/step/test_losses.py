import math

import pytest
import torch
from torch import nn

from trainer.training.step.losses import Gate, discriminator_loss, generator_loss, gradient_penalty


class Quadratic(nn.Module):
    """logit = sum of w x^2: the gradient is 2 w x, exactly."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.7, dtype=torch.float64))

    def forward(self, images: torch.Tensor, _labels: torch.Tensor) -> torch.Tensor:
        return (self.weight * images.square()).sum(dim=(1, 2, 3))


def test_the_losses_are_the_papers_cross_entropies() -> None:
    real, fake = torch.randn(32), torch.randn(32)
    entropy = nn.BCEWithLogitsLoss()
    expected = entropy(real, torch.ones(32)) + entropy(fake, torch.zeros(32))
    assert torch.isclose(discriminator_loss("bce", real, fake), expected)
    assert torch.isclose(generator_loss("bce", real, fake), entropy(fake, torch.ones(32)))


def test_the_relativistic_losses_depend_on_the_difference_of_a_pair_alone() -> None:
    real, fake = torch.randn(32), torch.randn(32)
    for loss in (discriminator_loss, generator_loss):
        assert torch.isclose(loss("relativistic", real, fake), loss("relativistic", real + 3, fake + 3))
    assert float(discriminator_loss("relativistic", real, real)) == pytest.approx(math.log(2))


def test_the_penalty_is_the_squared_gradient_by_finite_differences() -> None:
    discriminator, labels = Quadratic(), torch.zeros(2, 1)
    images = torch.randn(2, 3, 2, 2, generator=torch.Generator().manual_seed(1))
    penalty = gradient_penalty(discriminator, images, labels)
    step, total = 1e-3, 0.0
    flat = images.double()
    for index in range(flat[0].numel()):
        moved = torch.zeros(flat[0].numel(), dtype=torch.float64)
        moved[index] = step
        delta = moved.view(1, 3, 2, 2)
        slope = (discriminator(flat + delta, labels) - discriminator(flat - delta, labels)) / (2 * step)
        total += float(slope.square().sum())
    assert float(penalty) == pytest.approx(total / 2, rel=1e-4)
    penalty.backward()
    grad = discriminator.weight.grad
    assert grad is not None
    assert float(grad) == pytest.approx(2 * float(penalty) / 0.7, rel=1e-4)


@pytest.mark.parametrize(
    ("d", "g", "paused_d", "paused_g"),
    [(1.0, 1.0, 0, 0), (0.5, 1.0, 1, 0), (0.5, 0.99, 0, 0), (3.0, 1.0, 0, 1), (2.9, 1.0, 0, 0)],
)
def test_the_gate_pauses_the_player_that_is_too_far_ahead(d: float, g: float, paused_d: int, paused_g: int) -> None:
    """D learns only while g/d < 2, G only while d/g < 3."""
    pauses = Gate(2.0, 3.0).pauses(torch.tensor(d), torch.tensor(g))
    assert tuple(map(int, pauses)) == (paused_d, paused_g)


def test_an_open_gate_pauses_nobody() -> None:
    gate = Gate(0.0, 0.0)
    assert not gate.active
    assert tuple(map(int, gate.pauses(torch.tensor(0.0), torch.tensor(9.0)))) == (0, 0)
