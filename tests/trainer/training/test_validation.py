"""The validation must read worse for what an eye calls worse, and must not care what the labels are."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from trainer.config import CrowdGeneratorConfig
from trainer.training.step.batches import Pictures
from trainer.training.validation import detection_rate, fd_grid8, people_like_held_out


def scenes(count: int, seed: int) -> Tensor:
    """Soft blobs of chance with fine texture over them, [N, 3, 64, 64]: no two alike."""
    randomness = torch.Generator().manual_seed(seed)
    soft = functional.interpolate(torch.randn(count, 3, 6, 6, generator=randomness), size=64, mode="bicubic")
    rough = torch.rand(count, 1, 1, 1, generator=randomness) * torch.randn(count, 1, 64, 64, generator=randomness)
    return 0.3 * soft + 0.1 * rough


SPOILT: dict[str, Callable[[Tensor], Tensor]] = {
    "blurred": lambda x: functional.avg_pool2d(x, 3, stride=1, padding=1),
    "noisy": lambda x: x + 0.1 * torch.randn_like(x),
    "tinted": lambda x: x + torch.tensor([0.15, 0.0, -0.15])[:, None, None],
    "few": lambda x: x[:20].repeat(len(x) // 20, 1, 1, 1),
    "alike": lambda x: x.mean(dim=0) + 0.7 * (x - x.mean(dim=0)),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_spoilt_pictures_read_worse_than_others_of_the_same_kind(spoil: Callable[[Tensor], Tensor]) -> None:
    torch.manual_seed(0)
    real, other = scenes(500, 1), scenes(500, 2)
    assert fd_grid8(real, spoil(other)) > 1.3 * fd_grid8(real, other)
    assert fd_grid8(real, real) == pytest.approx(0.0, abs=1e-6)


def test_generated_people_have_the_labels_of_the_held_out_ones_beside_them() -> None:
    images = (torch.arange(30)[:, None, None, None] * 8).expand(30, 64, 64, 3).to(torch.uint8)
    labels = torch.arange(30.0)[:, None]
    held_out = Pictures(images, labels, labels)

    class Painter(torch.nn.Module):
        def forward(self, _latent: Tensor, matrix: Tensor) -> Tensor:
            return (matrix * 8.0 / 127.5 - 1.0)[:, :, None, None].expand(-1, 3, 64, 64)

    real, fake = people_like_held_out(Painter(), CrowdGeneratorConfig(latent_size=4), held_out, samples=50, seed=3)
    assert torch.allclose(real, fake, atol=1e-5)
    again, _ = people_like_held_out(Painter(), CrowdGeneratorConfig(latent_size=4), held_out, samples=50, seed=3)
    assert torch.equal(real, again)


def test_faces_are_not_found_on_a_wall() -> None:
    assert detection_rate(torch.full((4, 64, 64, 3), 120, dtype=torch.uint8).numpy()) == 0.0
