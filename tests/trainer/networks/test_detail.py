from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from trainer.config import CROWD, Config, CrowdDiscriminatorConfig, CrowdGeneratorConfig
from trainer.drawing.calibration import draw_labels, draw_latents
from trainer.errors import UserError
from trainer.evaluation.sections.cost import MOST_AT_128
from trainer.labels.people import SEX_AND_AGE
from trainer.networks.build import build_discriminator, build_generator, multiply_adds
from trainer.networks.detail import DetailedGenerator, DetailTail, Enlarging, halved
from trainer.networks.transfer import take_over

LARGE = replace(
    CROWD,
    resolution=128,
    generator=CrowdGeneratorConfig(detail_channels=(32,)),
    discriminator=CrowdDiscriminatorConfig(detail_channels=(32,)),
)


def people(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    randomness = torch.Generator().manual_seed(1)
    return draw_latents(count, 100, "normal", randomness), draw_labels(count, SEX_AND_AGE, randomness)


def trained(network: nn.Module) -> nn.Module:
    torch.manual_seed(3)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.05)
    return network


def detailed(config: Config, body: nn.Module) -> DetailedGenerator:
    generator = build_generator(config, SEX_AND_AGE)
    assert isinstance(generator, DetailedGenerator)
    _, new = take_over(generator, body.state_dict(), SEX_AND_AGE)
    assert new
    assert all(name.startswith("detail.") for name in new)
    return generator


def test_before_it_learns_the_large_picture_is_the_small_one_enlarged() -> None:
    body = trained(build_generator(CROWD, SEX_AND_AGE))
    large = detailed(LARGE, body)
    with torch.no_grad():
        small = body.eval()(*people(6))
        enlarged = functional.interpolate(small, scale_factor=2.0, mode="bilinear", align_corners=False)
        drawn = large.eval()(*people(6))
    assert float(small.std()) > 0.01
    assert torch.allclose(drawn, enlarged, atol=1e-6)


def test_a_silent_tail_hears_what_is_said_of_it() -> None:
    large = detailed(LARGE, trained(build_generator(CROWD, SEX_AND_AGE)))
    large(*people(4)).square().mean().backward()
    gradient = large.detail.to_rgb.weight.grad
    assert gradient is not None
    assert gradient.abs().max() > 0


def test_the_large_discriminator_says_of_a_picture_what_the_small_one_says_of_its_half() -> None:
    small = trained(build_discriminator(CROWD, SEX_AND_AGE))
    large = build_discriminator(LARGE, SEX_AND_AGE)
    _, new = take_over(large, small.state_dict(), SEX_AND_AGE)
    assert all(name.startswith("detail_") for name in new)
    pictures = torch.rand(8, 3, 128, 128, generator=torch.Generator().manual_seed(2)) * 2 - 1
    labels = people(8)[1]
    assert torch.allclose(large(pictures, labels), small(halved(pictures), labels), atol=1e-5)


def test_the_enlarging_keeps_flat_pictures_flat_to_their_border() -> None:
    flat = torch.full((1, 3, 5, 5), 0.7)
    assert torch.allclose(Enlarging(5)(flat), torch.full((1, 3, 10, 10), 0.7), atol=1e-6)


def test_a_picture_alone_is_enlarged_without_features_or_style() -> None:
    tail = DetailTail(LARGE.generator, 64)  # type: ignore[arg-type]
    nn.init.normal_(tail.to_rgb.weight, std=0.1)
    picture = torch.rand(2, 3, 64, 64) * 2 - 1
    drawn = tail(picture)
    assert drawn.shape == (2, 3, 128, 128)
    assert not torch.allclose(drawn, tail.enlarged(picture), atol=1e-2)
    assert float(drawn.abs().max()) <= 1.0


def test_a_body_that_rests_gets_no_gradient() -> None:
    large = detailed(LARGE, trained(build_generator(CROWD, SEX_AND_AGE)))
    large.body_learns(False)
    large(*people(2)).square().mean().backward()
    with_gradient = {name for name, parameter in large.named_parameters() if parameter.grad is not None}
    assert with_gradient
    assert all(name.startswith("detail.") for name in with_gradient)


def test_a_face_of_128_px_keeps_its_budget() -> None:
    latent, labels = people(1)
    assert multiply_adds(build_generator(LARGE, SEX_AND_AGE), latent, labels) <= MOST_AT_128


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_networks_that_do_not_fit_the_resolution_are_told(player: str) -> None:
    small = replace(LARGE, resolution=64)
    with pytest.raises(UserError, match=player):
        (build_generator if player == "generator" else build_discriminator)(small, SEX_AND_AGE)
