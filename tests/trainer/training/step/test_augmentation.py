import pytest
import torch

from trainer.config import AugmentationConfig
from trainer.training.step.augmentation import DRAWS, augmented, colour, cut_out, draw, placed


def faces(count: int = 6) -> torch.Tensor:
    return torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(3)) * 2 - 1


def test_nothing_happens_at_probability_zero() -> None:
    images = faces()
    off = AugmentationConfig(colour=0.0, translation=0.0, zoom=0.0, cutout=0.0)
    assert torch.equal(augmented(images, draw(6, torch.Generator().manual_seed(0)), off), images)


def test_a_translation_moves_by_whole_pixels_and_fills_with_black_level() -> None:
    images = faces(1)
    config = AugmentationConfig(translation=1.0, translation_share=0.25, zoom=0.0)
    moved = placed(images, torch.tensor([[1.0, 0.5, 0.0]]), torch.rand(1, 3), config)
    assert torch.allclose(moved[..., :-4], images[..., 4:], atol=1e-5)
    assert float(moved[..., -4:].abs().max()) < 1e-5


def test_a_zoom_keeps_the_centre_and_its_border_comes_nearer() -> None:
    rows, columns = torch.meshgrid(torch.arange(33.0) - 16, torch.arange(33.0) - 16, indexing="ij")
    ring = torch.exp(-((torch.hypot(rows, columns) - 8) ** 2) / 2)[None, None].repeat(2, 3, 1, 1)
    config = AugmentationConfig(translation=0.0, zoom=1.0, zoom_share=0.25, turn_degrees=90.0)
    still, shown_at_most = torch.tensor([[0.5, 0.5, 0.9]] * 2), torch.tensor([[0.0, 0.5, 0.0], [1.0, 0.5, 0.0]])
    nearer, farther = placed(ring, still, shown_at_most, config)
    across = columns[0].abs()
    for zoomed, radius in ((nearer, 8 * 1.25), (farther, 8 / 1.25)):
        profile = zoomed[0, 16]
        assert float((profile * across).sum() / profile.sum()) == pytest.approx(radius, abs=0.5)


def test_a_turn_is_by_as_many_degrees_as_drawn() -> None:
    image = torch.zeros(1, 3, 33, 33)
    image[:, :, 16, 24:] = 1.0
    config = AugmentationConfig(translation=0.0, zoom=1.0, zoom_share=0.0, turn_degrees=90.0)
    still = torch.tensor([[0.5, 0.5, 0.9]])
    turned = placed(image, still, torch.tensor([[0.5, 1.0, 0.0]]), config)
    upright = torch.rot90(image, 1, (2, 3)), torch.rot90(image, -1, (2, 3))
    assert any(torch.allclose(turned, one, atol=1e-4) for one in upright)


def test_a_cut_out_square_has_its_share_of_the_side() -> None:
    holed = cut_out(torch.ones(1, 3, 32, 32), torch.tensor([[0.5, 0.5, 0.0]]), probability=1.0, share=0.25)
    assert int((holed[0, 0] == 0).sum()) in (7 * 7, 8 * 8)


def test_only_the_share_that_the_probability_says_is_changed() -> None:
    images = faces(400)
    changed = colour(images, torch.rand(400, 6, generator=torch.Generator().manual_seed(5)), probability=0.2)
    share = float(((changed - images).abs().amax(dim=(1, 2, 3)) > 1e-6).float().mean())
    assert 0.40 < share < 0.58  # 1 - 0.8 ** 3 = 0.488


def test_a_gradient_reaches_the_pictures() -> None:
    images = faces().requires_grad_(True)
    on = AugmentationConfig(colour=1.0, translation=1.0, cutout=1.0)
    augmented(images, torch.full((6, DRAWS), 0.4), on).sum().backward()
    assert images.grad is not None
    assert float(images.grad.abs().sum()) > 0
