"""A melted face is told from a whole one."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from trainer.data.faces.alignment import Geometry
from trainer.errors import UserError
from trainer.evaluation.judges.faults import faultiness

ROWS, COLUMNS = np.mgrid[:64, :64].astype(np.float32)


def melted(picture: NDArray[np.uint8], pixels: float) -> NDArray[np.uint8]:
    """The picture [64, 64, 3] with waves of this height in it."""
    x = COLUMNS + pixels * (np.sin(ROWS / 3.1) + np.sin(COLUMNS / 2.3 + 1))
    y = ROWS + pixels * np.cos(COLUMNS / 2.7)
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.uint8)


def test_the_more_a_face_is_melted_the_faultier_it_is(aligned_portraits: NDArray[np.uint8]) -> None:
    found = [
        faultiness(np.stack([melted(one, pixels) for one in aligned_portraits]), Geometry()) for pixels in (0, 1, 2, 3)
    ]
    assert found[0].dtype == np.float32
    assert (np.diff(found, axis=0) > 0).all()
    assert found[0].max() < -2
    assert found[3].min() > 0


def test_a_face_is_judged_alone_as_in_a_batch(aligned_portraits: NDArray[np.uint8]) -> None:
    many = faultiness(np.repeat(aligned_portraits, 12, axis=0), Geometry())
    assert many[::12] == pytest.approx(faultiness(aligned_portraits, Geometry()), abs=1e-3)


def test_damaged_weights_are_named(aligned_portraits: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "faults.safetensors"
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"faults\.safetensors: cannot be read .* install the trainer anew"):
        faultiness(aligned_portraits, Geometry(), path)
