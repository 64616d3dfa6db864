from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from trainer.config import CROWD, Config, CrowdDiscriminatorConfig
from trainer.drawing.calibration import draw_latents
from trainer.labels.number import Number
from trainer.labels.people import SEX_AND_AGE
from trainer.networks.build import build_discriminator, build_generator
from trainer.networks.crowd import CrowdDiscriminator, CrowdGenerator
from trainer.networks.transfer import take_over

TONE = Number("skin_tone", minimum=1.0, maximum=10.0)

N = TypeVar("N", bound=nn.Module)


def filled(network: N) -> N:
    torch.manual_seed(3)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.05)
    return network


def people(count: int) -> Tensor:
    ages = torch.linspace(2.0, 85.0, count)[:, None]
    return torch.cat([torch.tensor([[-1.0], [1.0]]).repeat(count // 2, 1), ages], dim=1)


def with_tone(labels: Tensor, tone: float, place: int = 2) -> Tensor:
    column = torch.full((len(labels), 1), tone)
    return torch.cat([labels[:, :place], column, labels[:, place:]], dim=1)


def deviation_off(config: Config, *, channels: tuple[int, ...], feature_size: int) -> Config:
    """A discriminator whose planes of deviation are all alike, so that widths do not change who is grouped."""
    wide = CrowdDiscriminatorConfig(channels=channels, feature_size=feature_size, deviation_group=1)
    return replace(config, discriminator=wide)


def test_a_generator_with_one_more_label_draws_the_same_picture_whatever_that_label() -> None:
    old = filled(build_generator(CROWD, SEX_AND_AGE)).eval()
    for place in (0, 2):
        labels = (*SEX_AND_AGE[:place], TONE, *SEX_AND_AGE[place:])
        new = build_generator(CROWD, labels)
        _, left = take_over(new, old.state_dict(), SEX_AND_AGE)
        assert not left
        latents = draw_latents(6, 100, "normal", torch.Generator().manual_seed(1))
        for tone in (1.0, 5.5, 10.0):
            drawn = new.eval()(latents, with_tone(people(6), tone, place))
            torch.testing.assert_close(drawn, old(latents, people(6)), rtol=0, atol=1e-5)


def test_a_label_that_is_gone_leaves_the_others_where_they_belong() -> None:
    old = filled(build_generator(CROWD, (TONE, *SEX_AND_AGE))).eval()
    assert isinstance(old, CrowdGenerator)
    with torch.no_grad():
        tones = [index for index, name in enumerate(old.label_code.names) if "skin_tone" in name]
        old.embed.weight[:, tones] = 0.0
    new = build_generator(CROWD, SEX_AND_AGE)
    assert not take_over(new, old.state_dict(), (TONE, *SEX_AND_AGE))[1]
    latents = draw_latents(4, 100, "normal", torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        new.eval()(latents, people(4)), old(latents, with_tone(people(4), 3.0, 0)), rtol=0, atol=1e-5
    )


def test_a_wider_discriminator_says_the_same_but_for_what_its_new_features_add() -> None:
    narrow = deviation_off(CROWD, channels=(32, 64, 128, 256), feature_size=256)
    wide = deviation_off(CROWD, channels=(48, 96, 192, 320), feature_size=288)
    old = filled(build_discriminator(narrow, SEX_AND_AGE))
    new = build_discriminator(wide, (*SEX_AND_AGE, TONE))
    assert isinstance(new, CrowdDiscriminator)
    with torch.no_grad():
        for reader in (new.logit, new.project):
            reader.weight.zero_()
    taken, left = take_over(new, old.state_dict(), SEX_AND_AGE)
    assert taken
    assert not left
    images = torch.rand(6, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    torch.testing.assert_close(new(images, with_tone(people(6), 4.0)), old(images, people(6)), rtol=1e-4, atol=1e-4)


def test_a_narrower_layer_takes_nothing() -> None:
    old = filled(build_discriminator(CROWD, SEX_AND_AGE))
    thin = replace(CROWD, discriminator=CrowdDiscriminatorConfig(channels=(16, 32, 64, 128), feature_size=128))
    new = build_discriminator(thin, SEX_AND_AGE)
    before = {name: value.clone() for name, value in new.state_dict().items()}
    _, left = take_over(new, old.state_dict(), SEX_AND_AGE)
    assert "entry.weight" in left
    assert torch.equal(new.state_dict()["entry.weight"], before["entry.weight"])


def test_an_average_takes_over_like_its_network() -> None:
    old = AveragedModel(filled(build_generator(CROWD, SEX_AND_AGE)))
    new = AveragedModel(build_generator(CROWD, (*SEX_AND_AGE, TONE)))
    assert not take_over(new, old.state_dict(), SEX_AND_AGE)[1]
    latents = draw_latents(4, 100, "normal", torch.Generator().manual_seed(1))
    new.eval(), old.eval()
    torch.testing.assert_close(
        new.module(latents, with_tone(people(4), 9.0)), old.module(latents, people(4)), rtol=0, atol=1e-5
    )
