from pathlib import Path

import cv2
import numpy as np
import pytest

from trainer.errors import UserError
from trainer.evaluation.judges import cascades
from trainer.evaluation.judges.cascades import CASCADES, detect, load, uniform_noise, window
from trainer.pictures import Pixels


def test_aligned_portraits_are_faces_and_grey_is_none(aligned_portraits: Pixels) -> None:
    found = detect(np.concatenate([aligned_portraits, np.full((2, 64, 64, 3), 128, np.uint8)]))
    assert found.shape == (6, 7, 2)
    assert found[:4].any(1).all()
    assert not found[4:].any()


def test_what_is_found_strictly_is_found_in_paper_mode(aligned_portraits: Pixels) -> None:
    found = detect(aligned_portraits)
    assert not (found[..., 1] & ~found[..., 0]).any()


def test_noise_has_faces_in_paper_mode_alone() -> None:
    found = detect(uniform_noise(150, 64, np.random.default_rng(0)))
    assert 0 < found[..., 0].any(1).mean() < 0.3
    assert not found[..., 1].any()


@pytest.mark.parametrize("mode", [0, 1])
def test_one_scan_gives_what_two_calls_of_opencv_give(aligned_portraits: Pixels, mode: int) -> None:
    pictures = np.concatenate([aligned_portraits, uniform_noise(20, 64, np.random.default_rng(1))])
    found = detect(pictures)
    for column, name in enumerate(CASCADES):
        cascade, hits_here = load(name), np.asarray(found[:, column, mode])
        for picture, hit in zip(pictures, hits_here, strict=True):
            grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
            hits = cascade.detectMultiScale(grey, 1.1, 3 * mode, 0, (32, 32), (64, 64))
            assert (len(hits) > 0) == hit


def test_the_window_grows_with_the_picture(aligned_portraits: Pixels) -> None:
    assert window(64) == (32, 64)
    assert window(128) == (64, 128)
    large = np.stack([cv2.resize(picture, (128, 128)) for picture in aligned_portraits])
    found = detect(np.asarray(large, np.uint8))
    assert found[..., 0].any(1).all()


def test_a_missing_cascade_says_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cascades, "_places", lambda name: [Path("nowhere") / f"{name}.xml"])
    with pytest.raises(UserError, match=r"lbpcascade_frontalface\.xml .* scikit-image .* opencv-data"):
        load("lbpcascade_frontalface")
