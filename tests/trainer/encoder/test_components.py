import numpy as np
import pytest
import torch

from trainer.data.faces.alignment import Geometry
from trainer.encoder.components import in_the_face, principal_components, shares_of


def differences(count: int, size: int, rank: int) -> torch.Tensor:
    torch.manual_seed(2)
    strength = torch.arange(rank, 0, -1.0)
    directions: torch.Tensor = torch.linalg.qr(torch.randn(size, rank))[0]
    return (torch.randn(count, rank) * strength) @ directions.T


def test_few_numbers_say_what_varies_in_few_ways() -> None:
    given = differences(200, 60, 5)
    fitted = principal_components(given, torch.ones(60), 5)
    said = given @ fitted.read.T
    assert torch.allclose(said @ fitted.basis.T, given, atol=1e-3)
    assert torch.allclose(said.square().mean(dim=0), torch.ones(5), atol=1e-3)
    assert float((said.T @ said / 200 - torch.eye(5)).abs().max()) < 1e-3


def test_no_other_five_numbers_say_more() -> None:
    given = differences(200, 60, 20)
    fitted = principal_components(given, torch.ones(60), 5)
    left = (given - (given @ fitted.read.T) @ fitted.basis.T).square().sum()
    best = np.linalg.svd(given.numpy(), compute_uv=False)[5:]
    assert float(left) == pytest.approx(float((best**2).sum()), rel=1e-3)


def test_what_counts_more_is_said_better() -> None:
    given, weights = torch.randn(300, 40), torch.cat([torch.ones(20), torch.full((20,), 0.1)])
    fitted = principal_components(given, weights, 15)
    left = (given - (given @ fitted.read.T) @ fitted.basis.T).square().mean(dim=0)
    assert float(left[:20].mean()) < 0.5 * float(left[20:].mean())


def test_fewer_pictures_than_components_leave_the_others_at_nothing() -> None:
    fitted = principal_components(differences(6, 60, 3), torch.ones(60), 12)
    assert fitted.basis.shape == (60, 12)
    assert fitted.read.shape == (12, 60)
    assert torch.isfinite(fitted.read).all()
    assert not fitted.basis[:, 6:].any()


def test_the_face_counts_most() -> None:
    face = in_the_face(Geometry(0.36, 0.38), 32).view(32, 32, 3)
    assert float(face[17, 16].min()) > 0.95
    assert float(face[0, 0].max()) < 0.05
    assert torch.equal(in_the_face(None, 32), torch.ones(3 * 32**2))


def test_what_comes_along_with_a_label_is_not_taken_for_it() -> None:
    torch.manual_seed(3)
    others = torch.randn(4000, 1)
    codes = torch.randn(4000, 2) + others
    pictures = codes @ torch.tensor([[1.0, 0.0, 2.0], [0.0, -1.0, 0.0]]) + others * torch.tensor([5.0, 5.0, 5.0])
    shares = shares_of(pictures + 0.3, codes, others)
    assert torch.allclose(shares, torch.tensor([[1.0, 0.0, 2.0], [0.0, -1.0, 0.0]]), atol=0.05)
