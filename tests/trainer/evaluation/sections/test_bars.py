"""A report on pictures that are spoilt in one way falls short in the bar that is about it, however few there are."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from trainer.evaluation.sections.realism import texture
from trainer.pictures import Pixels

Spoil = Callable[[Pixels], Pixels]


def scenes(count: int, seed: int) -> Pixels:
    """Pictures whose power falls with frequency as a photograph's does: uint8 [N, 64, 64, 3]."""
    dice = np.random.default_rng(seed)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(64), np.fft.rfftfreq(64), indexing="ij")) + 1 / 64
    waves = np.fft.rfft2(dice.normal(size=(count, 64, 64))) / frequency**1.9
    grey = np.fft.irfft2(waves)
    grey = 128 + 45 * grey / grey.std(axis=(1, 2), keepdims=True)
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=3)


def blurred(pictures: Pixels) -> Pixels:
    return np.stack([np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.8), np.uint8) for picture in pictures])


def noisy(pictures: Pixels) -> Pixels:
    noise = np.random.default_rng(9).normal(0, 10, pictures.shape)
    return np.asarray((pictures + noise).clip(0, 255), np.uint8)


def one_repeated(pictures: Pixels) -> Pixels:
    return np.repeat(pictures[:1], len(pictures), axis=0)


def some_repeated(pictures: Pixels) -> Pixels:
    return np.resize(pictures[: len(pictures) // 2], pictures.shape)


@pytest.mark.parametrize("count", [20, 150])
@pytest.mark.parametrize(
    ("spoil", "about"),
    [
        (blurred, {"sharpness", "spectrum"}),
        (noisy, {"sharpness", "spectrum", "grid"}),
        (one_repeated, {"repeated"}),
        (some_repeated, {"repeated"}),
    ],
)
def test_spoilt_pictures_fall_short_in_the_bar_that_is_about_it(spoil: Spoil, about: set[str], count: int) -> None:
    made = spoil(scenes(count, seed=3))
    figures = texture(made, scenes(count, seed=1), scenes(count, seed=2))
    missed = {figure.key.removeprefix("distances.") for figure in figures if figure.bar and not figure.bar.met}
    assert about <= missed


@pytest.mark.parametrize("count", [20, 150])
def test_pictures_as_good_as_photographs_meet_every_bar(count: int) -> None:
    figures = texture(scenes(count, seed=3), scenes(count, seed=1), scenes(count, seed=2))
    assert all(figure.bar.met for figure in figures if figure.bar)
    assert sum(figure.bar is not None for figure in figures) == 4
