from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from trainer.config import CROWD, PAPER, Config, CrowdGeneratorConfig, overridden
from trainer.drawing.average import draw_labels, draw_latents
from trainer.errors import UserError
from trainer.labels.label import SEX_AND_AGE
from trainer.networks.build import build_discriminator, build_generator, multiply_adds, parameters_of
from trainer.networks.crowd import EnlargingConv, GridFreeConv, minibatch_deviation, shuffled_conv
from trainer.networks.paper import ActivationNorm, PaperDiscriminator
from trainer.networks.transfer import take_over


def inputs(config: Config, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    randomness = torch.Generator().manual_seed(7)
    generator = config.generator
    latents = draw_latents(count, generator.latent_size, generator.latent_distribution, randomness)
    return latents, draw_labels(count, SEX_AND_AGE, randomness)


@pytest.mark.parametrize("preset", ["small_crowd", "small_paper"])
def test_a_sample_does_not_depend_on_its_batch_mates(preset: str, request: pytest.FixtureRequest) -> None:
    config = request.getfixturevalue(preset)
    torch.manual_seed(0)
    generator = build_generator(config, SEX_AND_AGE)
    latents, labels = inputs(config, 8)
    generator(latents, labels)
    generator.eval()
    with torch.no_grad():
        together, alone = generator(latents, labels), generator(latents[2:3], labels[2:3])
    apart, mates = (float((together[2:3] - other).abs().max()) for other in (alone, together[3:4]))
    assert apart < 1e-4
    assert mates > 10 * apart


@pytest.mark.parametrize("preset", ["small_crowd", "small_paper"])
def test_the_logit_changes_when_a_label_changes(preset: str, request: pytest.FixtureRequest) -> None:
    config = request.getfixturevalue(preset)
    discriminator = build_discriminator(config, SEX_AND_AGE)
    images = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    base = torch.tensor([[1.0, 30.0]]).repeat(4, 1)
    other_sex, other_age = base.clone(), base.clone()
    other_sex[:, 0], other_age[:, 1] = -1.0, 70.0
    logits = [discriminator(images, labels) for labels in (base, other_sex, other_age)]
    assert not torch.allclose(logits[0], logits[1], atol=1e-7, rtol=0)
    assert not torch.allclose(logits[0], logits[2], atol=1e-7, rtol=0)


def test_the_papers_networks_have_the_papers_sizes() -> None:
    generator, discriminator = build_generator(PAPER, SEX_AND_AGE), build_discriminator(PAPER, SEX_AND_AGE)
    shapes = {name: tuple(value.shape) for name, value in generator.named_parameters()}
    assert shapes["hidden.weight"] == (5000, 102)
    assert shapes["base.weight"] == (4096, 5000)
    assert shapes["grow_norms.0.scale"] == (32, 16, 16)
    shapes = {name: tuple(value.shape) for name, value in discriminator.named_parameters()}
    assert shapes["convolutions.0.weight"] == (16, 5, 3, 3)
    assert shapes["hidden.weight"] == (5000, 4098)
    assert all((value == 0.1).all() for name, value in generator.named_parameters() if name.endswith("bias"))
    assert float(generator.get_parameter("hidden.weight").detach().abs().max()) <= 0.04


def test_the_crowd_generator_keeps_its_budget() -> None:
    """80 million multiply-adds a face and 8 MB on disk as float16."""
    generator = build_generator(CROWD, SEX_AND_AGE)
    assert multiply_adds(generator, *inputs(CROWD, 1)) <= 80e6
    assert 2 * parameters_of(generator) <= 8e6


def test_more_residuals_change_no_picture_of_a_trained_generator_until_they_learn() -> None:
    small = replace(CROWD, generator=CrowdGeneratorConfig(residual_sizes=(8, 16)))
    trained, deeper = build_generator(small, SEX_AND_AGE), build_generator(CROWD, SEX_AND_AGE)
    for parameter in trained.parameters():
        nn.init.normal_(parameter, std=0.1)
    _, new = take_over(deeper, trained.state_dict(), SEX_AND_AGE)
    assert {name.split(".")[1] for name in new} == {"2", "3", "4"}
    latents, labels = inputs(CROWD, 4)
    expected = trained.eval()(latents, labels)
    drawn = deeper.eval()(latents, labels)
    assert torch.equal(drawn, expected)
    drawn.square().mean().backward()
    for index in range(2, 5):
        gradient = deeper.get_parameter(f"refine.{index}.style.weight").grad
        assert gradient is not None
        assert gradient.abs().max() > 0


def test_a_residual_of_no_feature_map_is_a_user_error() -> None:
    config = replace(CROWD, generator=CrowdGeneratorConfig(residual_sizes=(8, 12)))
    with pytest.raises(UserError, match=r"generator.residual_sizes: no feature map of side \[12\]"):
        build_generator(config, SEX_AND_AGE)


def test_the_last_convolution_passes_on_no_pixel_grid_and_keeps_flat_areas() -> None:
    layer = GridFreeConv(6, 3)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(layer.weight.shape, generator=torch.Generator().manual_seed(0)))
        layer.weight.requires_grad_(False)
    rows = torch.arange(16)
    stripes = (1.0 - 2.0 * (rows % 2)).expand(16, 16)
    for weave in (stripes, stripes.T, stripes * stripes.T):
        shown = layer(weave.expand(1, 6, 16, 16))[:, :, 2:-2, 2:-2]
        assert shown.abs().max() < 1e-5
    flat = torch.ones(1, 6, 16, 16)
    free = functional.conv2d(flat, layer.weight, layer.bias)
    assert torch.allclose(layer(flat)[:, :, 2:-2, 2:-2], free[:, :, 1:-1, 1:-1], atol=1e-5)


def test_convolving_while_enlarging_is_enlarging_then_convolving() -> None:
    torch.manual_seed(0)
    layer, small = EnlargingConv(5, 7).double(), torch.randn(2, 5, 3, 4, dtype=torch.float64, requires_grad=True)
    large = functional.interpolate(small, scale_factor=2.0, mode="nearest")
    expected = functional.conv2d(large, layer.weight, padding=1)
    drawn = layer(small)
    assert torch.allclose(drawn, expected, atol=1e-12)
    pull = torch.randn_like(drawn)
    for value in (small, layer.weight):
        ours, theirs = (torch.autograd.grad((x * pull).sum(), value, retain_graph=True)[0] for x in (drawn, expected))
        assert torch.allclose(ours, theirs, atol=1e-12)


def test_a_group_of_one_face_has_no_deviation_and_others_do() -> None:
    same = torch.randn(1, 8, 4, 4).repeat(4, 1, 1, 1)
    different = torch.randn(4, 8, 4, 4)
    planes = minibatch_deviation(torch.cat([same, different]), group=4, maps=2)
    assert planes.shape == (8, 2, 4, 4)
    assert float(planes[:4].max()) < 1e-3
    assert float(planes[4:].min()) > 0.1


def test_pooling_before_the_relu_is_what_the_paper_does_after_it(small_paper: Config) -> None:
    torch.manual_seed(0)
    network = build_discriminator(small_paper, SEX_AND_AGE)
    assert isinstance(network, PaperDiscriminator)
    images, labels = torch.randn(6, 3, 64, 64), draw_labels(6, SEX_AND_AGE, torch.Generator().manual_seed(0))
    code = network.label_code(labels)
    x = torch.cat([images, code[:, :, None, None].expand(-1, -1, 64, 64)], dim=1)
    for convolution in network.convolutions:
        x = functional.max_pool2d(functional.relu(convolution(x)), 2)
    expected = network.logit(functional.relu(network.hidden(torch.cat([x.flatten(1), code], dim=1))))[:, 0]
    logits = network(images, labels)
    assert torch.allclose(logits, expected, atol=1e-6)
    weight = network.get_parameter("convolutions.0.weight")
    ours, theirs = (torch.autograd.grad(x.sum(), weight, retain_graph=True)[0] for x in (logits, expected))
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_an_activation_norm_keeps_a_mean_and_variance_for_every_activation() -> None:
    norm = ActivationNorm(3, 4, 4, momentum=1.0)
    x = torch.randn(16, 3, 4, 4) * torch.arange(1.0, 5.0) + torch.arange(4.0)
    y = norm(x)
    assert torch.allclose(y.mean(dim=0), torch.zeros(3, 4, 4), atol=1e-5)
    assert torch.allclose(y.var(dim=0, unbiased=False), torch.ones(3, 4, 4), atol=1e-4)
    norm.eval()
    assert torch.allclose(norm(x), y, atol=1e-5)


def test_a_new_generator_shows_no_grid() -> None:
    """The four phases of the pixel shuffle start out alike, so that neighbouring pixels of a cell are equal."""
    layer = shuffled_conv(8, 6)
    cells = functional.pixel_shuffle(layer(torch.randn(1, 8, 5, 5)), 2).unfold(2, 2, 2).unfold(3, 2, 2)
    assert torch.allclose(cells.amax(dim=(4, 5)), cells.amin(dim=(4, 5)), atol=1e-6)
    assert float(cells.std()) > 0.1


def test_widths_that_do_not_fit_the_resolution_are_told() -> None:
    config = overridden(CROWD, {"resolution": 128})
    with pytest.raises(UserError, match=r"draw 64 px, but resolution is 128"):
        build_generator(config, SEX_AND_AGE)
    with pytest.raises(UserError, match=r"discriminator.channels"):
        build_discriminator(config, SEX_AND_AGE)


def test_a_wider_generator_draws_128_px() -> None:
    generator = CrowdGeneratorConfig(channels=(16, 16, 8, 8, 8), latent_size=8, style_size=8)
    config = overridden(CROWD, {"resolution": 128})
    network = build_generator(type(config)(**{**config.__dict__, "generator": generator}), SEX_AND_AGE)
    assert network(torch.randn(2, 8), torch.tensor([[1.0, 3.0], [-1.0, 70.0]])).shape == (2, 3, 128, 128)
