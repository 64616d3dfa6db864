import copy
import math
from dataclasses import replace
from fnmatch import fnmatch

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from trainer.config import CROWD, PAPER, Config, OptimiserConfig
from trainer.drawing.calibration import draw_labels
from trainer.labels.people import SEX_AND_AGE
from trainer.training.run import fabric_for, new_gan
from trainer.training.step.augmentation import draw
from trainer.training.step.gan import Gan, adam, decay_at, follow, rate_at, update


def cpu_gan(config: Config) -> Gan:
    return new_gan(config, SEX_AND_AGE, fabric_for("cpu"), compiled=False)


def batch(count: int = 64) -> tuple[torch.Tensor, torch.Tensor, torch.Generator]:
    randomness = torch.Generator().manual_seed(11)
    return (
        torch.rand(count, 3, 64, 64, generator=randomness) * 2 - 1,
        draw_labels(count, SEX_AND_AGE, randomness),
        randomness,
    )


def snapshot(network: nn.Module) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def moved(network: nn.Module, before: list[torch.Tensor]) -> list[bool]:
    return [not torch.equal(now, then) for now, then in zip(network.parameters(), before, strict=True)]


def unmoved(network: nn.Module, before: list[torch.Tensor]) -> set[str]:
    names = [name for name, _ in network.named_parameters()]
    return {name for name, has in zip(names, moved(network, before), strict=True) if not has}


@pytest.mark.parametrize("preset", ["small_crowd", "small_paper"])
def test_each_half_of_a_step_changes_its_own_player_alone(preset: str, request: pytest.FixtureRequest) -> None:
    gan = cpu_gan(request.getfixturevalue(preset))
    real, labels, randomness = batch()
    fake = gan.generator(torch.randn(64, gan.config.generator.latent_size), labels)
    draws = draw(192, randomness)
    g, d = snapshot(gan.generator), snapshot(gan.discriminator)
    told = gan.train_discriminator(real, fake.detach(), labels, draws[:128])
    assert not any(moved(gan.generator, g))
    # It cancels where only the differences of logits count.
    assert unmoved(gan.discriminator, d) == ({"logit.bias"} if preset == "small_crowd" else set())
    d = snapshot(gan.discriminator)
    gan.train_generator(fake, labels, labels[:0], draws[128:], told["real_logits"], torch.zeros(()), None, real)
    # A silent residual's convolution is not heard before its style has moved.
    silent = {name for name, _ in gan.generator.named_parameters() if fnmatch(name, "refine.*.conv.weight")}
    assert unmoved(gan.generator, g) == silent
    assert not any(moved(gan.discriminator, d))
    assert all(parameter.requires_grad for parameter in gan.discriminator.parameters())


def test_a_paused_player_keeps_weights_and_moments_to_the_bit() -> None:
    layer = nn.Linear(3, 2)
    optimiser = adam(layer, OptimiserConfig())
    layer(torch.randn(4, 3)).sum().backward()
    update(optimiser, torch.zeros(()))
    weights, state = snapshot(layer), copy.deepcopy(optimiser.state_dict()["state"])
    update(optimiser, torch.ones(()))
    assert not any(moved(layer, weights))
    after = optimiser.state_dict()["state"]
    assert all(torch.equal(after[key][name], state[key][name]) for key in state for name in state[key])
    update(optimiser, None)
    assert all(moved(layer, weights))


def test_the_gate_pauses_the_player_that_wins_and_only_that_one(small_paper: Config) -> None:
    gan = cpu_gan(small_paper)
    real, labels, randomness = batch()
    discriminator, sign = gan.discriminator, 1.0

    def sees_through_every_fake(images: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = discriminator(images, matrix)
        return sign * 40.0 * (images.mean(dim=(1, 2, 3)) - 0.5) + 0.0 * logits

    gan.discriminate = sees_through_every_fake
    g, d = snapshot(gan.generator), snapshot(discriminator)
    told = gan.train_step(torch.ones_like(real), labels, randomness)
    assert (float(told["pause_d"]), float(told["pause_g"])) == (1.0, 0.0)
    assert not any(moved(discriminator, d))
    assert any(moved(gan.generator, g))
    g, sign = snapshot(gan.generator), -1.0
    told = gan.train_step(torch.ones_like(real), labels, randomness)
    assert (float(told["pause_d"]), float(told["pause_g"])) == (0.0, 1.0)
    assert not any(moved(gan.generator, g))


def test_the_average_follows_with_its_half_life() -> None:
    layer = nn.Linear(2, 3)
    nn.init.zeros_(layer.bias)
    average = AveragedModel(layer)
    follow(average, layer, 0.0)
    nn.init.constant_(layer.bias, 8.0)
    follow(average, layer, decay_at(10_000, half_life=64.0, batch=64))
    assert torch.allclose(average.module.get_parameter("bias"), torch.full((3,), 4.0))


def test_a_young_average_does_not_cling_to_untrained_weights() -> None:
    assert decay_at(0, 15_000.0, 64) == 0.0
    assert decay_at(128, 15_000.0, 64) == pytest.approx(0.5)
    assert decay_at(1_000_000, 15_000.0, 64) == pytest.approx(0.5 ** (64 / 15_000))
    assert decay_at(1_000_000, 0.0, 64) == 0.0
    weight_of_the_first = math.prod(decay_at(64 * step, 15_000.0, 64) for step in range(1, 200))
    assert weight_of_the_first < 1e-3


def test_the_papers_rate_falls_and_stops_at_its_floor() -> None:
    assert rate_at(0, PAPER.optimiser) == 5e-4
    assert rate_at(99, PAPER.optimiser) == 5e-4
    assert rate_at(100, PAPER.optimiser) == pytest.approx(5e-4 * 0.996)
    assert rate_at(480_000, PAPER.optimiser) == 5e-5


def test_a_step_depends_on_its_randomness_alone(small_crowd: Config) -> None:
    config = replace(small_crowd, loss=replace(small_crowd.loss, penalty_interval=1))
    results = []
    for _ in range(2):
        gan = cpu_gan(config)
        torch.rand(7)  # the global stream must not matter
        gan.train_step(*batch())
        results.append(snapshot(gan.generator) + snapshot(gan.discriminator))
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_the_rate_is_held_before_it_falls() -> None:
    held = replace(CROWD.optimiser, rate=4e-4, decay=0.5, decay_interval=10, decay_start=100)
    assert [rate_at(step, held) for step in (0, 99, 109, 110, 125)] == [4e-4, 4e-4, 4e-4, 2e-4, 1e-4]
