import torch

from trainer.config import AugmentationConfig
from trainer.training.augmentation import DRAWS, augmented, colour, cut_out, draw, translated


def faces(count: int = 6) -> torch.Tensor:
    return torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(3)) * 2 - 1


def test_nothing_happens_at_probability_zero() -> None:
    images = faces()
    off = AugmentationConfig(colour=0.0, translation=0.0, cutout=0.0)
    assert torch.equal(augmented(images, draw(6, torch.Generator().manual_seed(0)), off), images)


def test_a_translation_moves_by_whole_pixels_and_fills_with_black_level() -> None:
    images = faces(1)
    moved = translated(images, torch.tensor([[1.0, 0.5, 0.0]]), probability=1.0, share=0.25)
    assert torch.allclose(moved[..., :-4], images[..., 4:], atol=1e-5)
    assert float(moved[..., -4:].abs().max()) < 1e-5


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
