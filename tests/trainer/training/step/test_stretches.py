from dataclasses import replace

import pytest
import torch
from torch import nn

from trainer.config import Config, DetailConfig
from trainer.drawing.calibration import draw_labels
from trainer.labels.people import SEX_AND_AGE
from trainer.networks.detail import DetailedGenerator, halved
from trainer.training.run import fabric_for, new_gan
from trainer.training.step.gan import Gan
from trainer.training.step.stretches import (
    Stretch,
    drawn_alone,
    faithful_loss,
    paired_groups,
    share_of_rate,
    stretch_at,
)

BATCH = 16


def learning(config: Config) -> Gan:
    three = DetailConfig(warm_up=BATCH, alone=BATCH, together=0.25, ramp=0)
    smaller = replace(config, detail=three, data=replace(config.data, batch=BATCH))
    return new_gan(smaller, SEX_AND_AGE, fabric_for("cpu"), compiled=False)


def step(gan: Gan) -> dict[str, torch.Tensor]:
    randomness = torch.Generator().manual_seed(gan.step)
    real = torch.rand(BATCH, 3, 64, 64, generator=randomness) * 2 - 1
    return gan.train_step(real, draw_labels(BATCH, SEX_AND_AGE, randomness), randomness)


def moved(network: nn.Module, before: dict[str, torch.Tensor]) -> set[str]:
    return {name.split(".")[0] for name, value in network.named_parameters() if not torch.equal(value, before[name])}


def weights(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in network.named_parameters()}


@pytest.mark.parametrize(
    ("images", "stretch"),
    [(0, Stretch.WARM_UP), (9, Stretch.WARM_UP), (10, Stretch.ALONE), (29, Stretch.ALONE), (30, Stretch.TOGETHER)],
)
def test_the_stretches_follow_each_other(images: int, stretch: Stretch) -> None:
    assert stretch_at(images, DetailConfig(warm_up=10, alone=20)) is stretch


def test_first_the_tail_learns_from_photographs_then_in_the_game_then_all_do(small_detailed: Config) -> None:
    gan = learning(small_detailed)
    generator, discriminator = weights(gan.generator), weights(gan.discriminator)
    assert set(step(gan)) == {"warm_up"}
    assert moved(gan.generator, generator) == {"detail"}
    assert not moved(gan.discriminator, discriminator)
    generator = weights(gan.generator)
    assert {"d_loss", "g_loss", "faithful"} <= set(step(gan))
    assert moved(gan.generator, generator) == {"detail"}
    assert {"detail_exit", "entry", "stages"} <= moved(gan.discriminator, discriminator)
    assert gan.g_optimiser.param_groups[0]["lr"] == pytest.approx(gan.config.optimiser.rate)
    step(gan)
    assert {"detail", "mapping", "grow", "to_rgb"} <= moved(gan.generator, generator)
    for optimiser in (gan.g_optimiser, gan.d_optimiser):
        assert optimiser.param_groups[0]["lr"] == pytest.approx(0.25 * gan.config.optimiser.rate)


def test_the_average_of_a_body_that_rests_stays_to_the_bit(small_detailed: Config) -> None:
    gan = learning(small_detailed)
    body = {name: value for name, value in weights(gan.generator).items() if not name.startswith("detail.")}
    for _ in range(2):
        step(gan)
    average = dict(gan.ema.module.named_parameters())
    assert all(torch.equal(average[name], value) for name, value in body.items())


def test_the_rate_rises_when_the_game_begins() -> None:
    config = DetailConfig(warm_up=100, alone=100, together=0.25, ramp=50)
    shares = [share_of_rate(images, config) for images in (0, 99, 100, 124, 150, 199, 200)]
    assert shares == pytest.approx([1, 1, 0.02, 0.5, 1, 1, 0.25])


def test_the_warm_up_learns_what_halving_took(small_detailed: Config) -> None:
    gan = new_gan(
        replace(small_detailed, detail=DetailConfig(warm_up=10**6)), SEX_AND_AGE, fabric_for("cpu"), compiled=False
    )
    rows = torch.arange(64)
    stripes = (rows // 3 % 2).float().mul(1.6).sub(0.8).expand(BATCH, 3, 64, 64)
    losses = [float(gan.train_step(stripes, torch.zeros(BATCH, 2), torch.Generator())["warm_up"]) for _ in range(60)]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize(("share", "groups"), [(0.0, []), (0.5, [1, 3]), (0.25, [3]), (1.0, [0, 1, 2, 3])])
def test_enlarged_photographs_are_whole_groups_evenly_spread(share: float, groups: list[int]) -> None:
    paired = paired_groups(16, 4, share)
    assert torch.nonzero(paired)[:, 0].tolist() == [4 * group + i for group in groups for i in range(4)]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_fakes_of_a_tail_that_plays_alone_stand_where_their_labels_do(share: float, small_detailed: Config) -> None:
    generator = learning(small_detailed).generator.eval()
    assert isinstance(generator, DetailedGenerator)
    randomness = torch.Generator().manual_seed(5)
    real = torch.rand(BATCH, 3, 64, 64, generator=randomness) * 2 - 1
    latents, labels = torch.randn(BATCH, 16, generator=randomness), draw_labels(BATCH, SEX_AND_AGE, randomness)
    with torch.no_grad():
        small, large = drawn_alone(generator, latents, labels, real, 4, share)
        own_small, own_large = generator.both(latents, labels)
    paired = paired_groups(BATCH, 4, share)
    assert torch.allclose(small[paired], halved(real)[paired])
    assert torch.allclose(small[~paired], own_small[~paired], atol=1e-5)
    assert torch.allclose(large[~paired], own_large[~paired], atol=1e-5)


def test_what_a_tail_adds_costs_nothing_and_what_it_changes_does() -> None:
    small = torch.rand(2, 3, 8, 8) - 0.5
    checks = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(8, 8)
    large = small.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    assert float(faithful_loss(small, large + 0.3 * checks)) == pytest.approx(0.0, abs=1e-6)
    assert float(faithful_loss(small, large + 0.3)) == pytest.approx(0.3, abs=1e-6)
