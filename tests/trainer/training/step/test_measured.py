"""Skin tone and undertone as the generator is held to them: as prepared pictures carry them, and a way down."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from trainer.config import PairedConfig
from trainer.data.faces.alignment import Geometry
from trainer.data.faces.measures import measured_values
from trainer.labels.number import Number
from trainer.labels.people import AGE, SEX_AND_AGE
from trainer.training.step.measured import MeasuredLabels, Skin

TONE = Number("skin_tone", unit="Monk", minimum=1.0, maximum=10.0)
UNDERTONE = Number("undertone", unit="sigma", minimum=-1.0, maximum=1.0)
METADATA = {"geometry": {"eye_distance": 0.36, "eye_height": 0.38}}
GEOMETRY = Geometry()
SKINS = [(233, 190, 172), (198, 148, 124), (141, 92, 70), (84, 54, 44), (60, 40, 33)]


def face(colour: tuple[int, int, int], seed: int = 0) -> NDArray[np.uint8]:
    """A picture of one colour with a fringe, glasses and noise."""
    rng = np.random.default_rng(seed)
    picture = np.clip(np.array(colour) + rng.normal(0, 6, (64, 64, 3)), 0, 255).astype(np.uint8)
    picture[:12] = 20
    picture[23:26, 10:54] = 30
    return picture


def tensor(pictures: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def measuring() -> MeasuredLabels:
    made = MeasuredLabels.of((*SEX_AND_AGE, TONE, UNDERTONE), METADATA)
    assert made is not None
    return made


@pytest.mark.parametrize("name", ["skin_tone", "undertone"])
def test_a_tensor_is_measured_as_prepared_pictures_are(name: str) -> None:
    pictures = np.stack([face(colour, seed) for seed, colour in enumerate(SKINS)])
    expected = measured_values(name, pictures, GEOMETRY)
    found = Skin(0.36, 0.38).measured(name, tensor(pictures)).numpy()
    if name == "skin_tone":
        found = found.clip(1, 10)
    np.testing.assert_allclose(found, expected, atol=0.02)


@pytest.mark.parametrize(("tone", "under"), [(2.0, 0.5), (5.0, -0.8), (8.5, 0.0)])
def test_following_the_loss_brings_skins_to_what_was_asked(tone: float, under: float) -> None:
    labels = measuring()
    pictures = tensor(np.stack([face(colour) for colour in SKINS]))
    asked = torch.tensor([[1.0, 40.0, tone, under]]).repeat(len(SKINS), 1)
    shift = torch.zeros(len(SKINS), 3, 1, 1, requires_grad=True)
    optimiser = torch.optim.Adam([shift], lr=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 600)
    for _ in range(600):
        optimiser.zero_grad()
        labels.loss((pictures + shift).clamp(-1, 1), asked).backward()
        optimiser.step()
        schedule.step()
    final = (pictures + shift.detach()).clamp(-1, 1)
    np.testing.assert_allclose(labels.skin.measured("skin_tone", final), tone, atol=0.1)
    np.testing.assert_allclose(labels.skin.measured("undertone", final), under, atol=0.1)


def test_a_face_that_is_as_asked_costs_nothing_and_has_no_gradient() -> None:
    labels = measuring()
    pictures = tensor(np.stack([face(colour) for colour in SKINS])).requires_grad_()
    asked = torch.tensor([[1.0, 40.0, 0.0, 0.0]]).repeat(len(SKINS), 1)
    asked[:, 2] = labels.skin.measured("skin_tone", pictures).detach()
    asked[:, 3] = labels.skin.measured("undertone", pictures).detach()
    loss = labels.loss(pictures, asked)
    loss.backward()
    assert float(loss.detach()) < 1e-9
    assert pictures.grad is not None
    assert float(pictures.grad.abs().max()) < 1e-6


def test_black_and_white_pictures_have_finite_gradients() -> None:
    pictures = torch.stack([torch.full((3, 64, 64), value) for value in (-1.0, 1.0)]).requires_grad_()
    measuring().loss(pictures, torch.tensor([[1.0, 40.0, 5.0, 0.0]] * 2)).backward()
    assert pictures.grad is not None
    assert bool(torch.isfinite(pictures.grad).all())


def test_labels_of_another_unit_and_pictures_without_eyes_are_not_measured() -> None:
    lightness = Number("skin_tone", unit="L*", minimum=0.0, maximum=100.0)
    assert MeasuredLabels.of((*SEX_AND_AGE, lightness), METADATA) is None
    assert MeasuredLabels.of((*SEX_AND_AGE, TONE), {}) is None


def test_people_are_drawn_again_at_other_ages_but_not_with_other_skins() -> None:
    assert PairedConfig().moves(AGE)
    assert not PairedConfig().moves(TONE)
    assert PairedConfig(labels=("skin_tone",)).moves(TONE)
