from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from trainer.config import Config, PairedConfig
from trainer.errors import UserError
from trainer.labels.number import Number
from trainer.labels.people import AGE, SEX_AND_AGE
from trainer.networks.build import on_device
from trainer.networks.classifier import AuxiliaryClassifier
from trainer.training.classifier import check_classifier_settings
from trainer.training.run import fabric_for, new_gan
from trainer.training.step.paired import age_margin_loss, consistency_loss, relabelled

PAIRED = PairedConfig(age_margin=1.0, people=16, move=0.2, share=0.5)


@given(
    age=st.floats(AGE.minimum, AGE.maximum, width=32),
    far=st.floats(0, 1, width=32),
    way=st.floats(0, 1, width=32),
    move=st.floats(0.05, 0.5),
)
def test_an_age_moves_by_a_third_to_the_whole_of_the_move_and_stays_in_range(
    age: float, far: float, way: float, move: float
) -> None:
    asked = torch.tensor([[-1.0, age]])
    again = relabelled(asked, SEX_AND_AGE, torch.tensor([[0.3, far, 0.3, way]]), PairedConfig(move=move))
    assert again[0, 0] == -1.0
    assert AGE.minimum <= again[0, 1] <= AGE.maximum
    span = (AGE.maximum - AGE.minimum) * move
    assert span / 3 - 1e-3 <= abs(float(again[0, 1]) - age) <= span + 1e-3


def read(age: float) -> dict[str, Tensor]:
    return {"age": torch.tensor([[age]])}


@pytest.mark.parametrize(
    ("asked", "seen", "short"),
    [
        ((30.0, 40.0), (33.0, 38.0), 0.0),
        ((30.0, 40.0), (33.0, 60.0), 0.0),
        ((30.0, 40.0), (33.0, 33.0), 5.0),
        ((30.0, 40.0), (33.0, 31.0), 7.0),
        ((40.0, 30.0), (33.0, 31.0), 3.0),
        ((40.0, 30.0), (33.0, 28.0), 0.0),
    ],
)
def test_only_what_is_missing_of_the_asked_share_costs(
    asked: tuple[float, float], seen: tuple[float, float], short: float
) -> None:
    before, after = (torch.tensor([[1.0, age]]) for age in asked)
    cost = age_margin_loss(read(seen[0]), read(seen[1]), before, after, SEX_AND_AGE, PAIRED)
    assert float(cost) == pytest.approx(short / ((AGE.maximum - AGE.minimum) * PAIRED.move), abs=1e-5)


def test_the_same_look_costs_nothing_strangers_one_and_a_wrinkle_hardly_anything() -> None:
    torch.manual_seed(0)
    looks = nn.functional.interpolate(torch.randn(512, 3, 8, 8), scale_factor=8.0)
    assert float(consistency_loss(looks, looks)) == 0.0
    assert float(consistency_loss(looks, looks[torch.randperm(512)])) == pytest.approx(1.0, abs=0.05)
    assert float(consistency_loss(looks, looks + 0.2 * torch.randn_like(looks))) < 0.002


class Ageing(AuxiliaryClassifier):
    """Reads the age from how bright a picture is, and any sex."""

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        bright = images.mean(dim=(1, 2, 3))[:, None]
        knots = self.get_buffer("knots_age")
        return {"sex": 0.0 * bright, "age": -((knots - 45.0 * (1.0 + bright)) / 10.0).square()}


def test_a_generator_that_ignores_the_age_learns_to_let_its_people_rise(small_crowd: Config) -> None:
    """D is silenced and single faces are let go, so that the comparison with themselves is all that G learns from."""
    config = replace(
        small_crowd,
        paired=replace(PAIRED, age_margin=30.0),
        loss=replace(small_crowd.loss, classifier=1.0, classifier_floor=(100.0,)),
        optimiser=replace(small_crowd.optimiser, rate=1e-3),
    )
    gan = new_gan(config, SEX_AND_AGE, fabric_for("cpu"), compiled=False)
    gan.classifier = on_device(Ageing(SEX_AND_AGE), torch.device("cpu")).eval().requires_grad_(False)
    for name in ("sex", "age"):
        gan.classifier.get_buffer(f"floor_{name}").fill_(1.0)
    silent = nn.Parameter(torch.zeros(()))
    gan.discriminate = lambda images, _labels: images.mean(dim=(1, 2, 3)) * 0.0 + silent
    randomness = torch.Generator().manual_seed(0)
    real, labels = torch.zeros(32, 3, 64, 64), torch.tensor([[1.0, 30.0], [-1.0, 60.0]]).repeat(16, 1)
    told = [gan.train_step(real, labels, randomness) for _ in range(60)]
    first, last = (sum(float(one["age_margin"]) for one in part) for part in (told[:5], told[-5:]))
    assert first > 0.5
    assert last < 0.4 * first


def test_nobody_is_drawn_again_where_nobody_asks(small_crowd: Config) -> None:
    gan = new_gan(small_crowd, SEX_AND_AGE, fabric_for("cpu"), compiled=False)
    labels = torch.zeros(32, 2)
    randomness = torch.Generator().manual_seed(0)
    before = randomness.get_state()
    assert len(gan.paired_labels(labels, randomness)) == 0
    gan.config = replace(small_crowd, paired=PAIRED)
    assert len(gan.paired_labels(labels, randomness)) == 0
    assert torch.equal(randomness.get_state(), before)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"people": 24}, "paired.people 24: must divide the batch of 32"),
        ({"people": 1}, "2 processes must share it evenly"),
        ({"labels": ("age", "height")}, "paired.labels height: is no number among the labels; there are age"),
    ],
)
def test_settings_that_do_not_fit_are_told(small_crowd: Config, changes: dict[str, Any], told: str) -> None:
    config = replace(
        small_crowd,
        paired=replace(PAIRED, **changes),
        loss=replace(small_crowd.loss, classifier=0.3),
        data=replace(small_crowd.data, batch=32),
    )
    with pytest.raises(UserError, match=told):
        check_classifier_settings(config, SEX_AND_AGE, 2)


def test_only_the_named_numbers_move() -> None:
    tone = Number("skin_tone", minimum=1.0, maximum=10.0)
    asked, uniform = torch.tensor([[1.0, 40.0, 5.0]]), torch.full((1, 6), 0.7)
    both = relabelled(asked, (*SEX_AND_AGE, tone), uniform, PairedConfig())
    one = relabelled(asked, (*SEX_AND_AGE, tone), uniform, PairedConfig(labels=("age",)))
    assert both[0, 2] != 5.0
    assert one[0, 2] == 5.0
    assert one[0, 1] == both[0, 1] != 40.0
