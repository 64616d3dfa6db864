import numpy as np
import pytest

from trainer.evaluation.statistics.texture import grid_excess, sharpness, spectral_distance, spectrum


@pytest.fixture
def soft() -> np.ndarray:
    """Smooth random pictures in grey, [40, 32, 32]."""
    rows, columns = np.mgrid[:32, :32] / 32
    dice = np.random.default_rng(0)
    waves = [
        np.sin(2 * np.pi * (dice.uniform(0, 3) * rows + dice.uniform(0, 3) * columns + dice.uniform()))
        for _ in range(40)
    ]
    noise = dice.normal(0, 2, (40, 32, 32))
    return np.asarray(128 + 60 * np.stack(waves) + noise).clip(0, 255).astype(np.uint8)


def test_a_spectrum_has_no_distance_to_itself(soft: np.ndarray) -> None:
    assert spectral_distance(spectrum(soft), spectrum(soft)) == 0
    assert grid_excess(spectrum(soft), spectrum(soft)) == 0


def test_twice_the_contrast_is_six_decibels() -> None:
    grey = np.random.default_rng(0).integers(64, 128, (50, 16, 16)).astype(np.uint8)
    doubled = ((grey.astype(int) - 64) * 2 + 30).astype(np.uint8)
    difference = spectrum(doubled) - spectrum(grey)
    assert difference == pytest.approx(np.full_like(difference, 20 * np.log10(2)), abs=1e-6)


@pytest.mark.parametrize("axis", [1, 2])
def test_a_grid_shows_in_its_own_frequencies(soft: np.ndarray, axis: int) -> None:
    stripes = 6 * (-1) ** np.indices(soft.shape)[axis]
    striped = (soft.astype(int) + stripes).clip(0, 255).astype(np.uint8)
    plain, found = spectrum(soft), spectrum(striped)
    assert found[16, 0] - plain[16, 0] > 15 if axis == 1 else found[0, 16] - plain[0, 16] > 15
    assert grid_excess(found, plain) > 0.5
    assert spectral_distance(found, plain) < grid_excess(found, plain)


def test_blur_is_less_sharp(soft: np.ndarray) -> None:
    blurred = ((soft[:, 1:].astype(int) + soft[:, :-1]) // 2).astype(np.uint8)
    assert (sharpness(blurred) < sharpness(soft)).all()
