"""The same person found under another name."""

import cv2
import numpy as np
import pytest

from tests.trainer.data.conftest import Pixels
from trainer.data.faces import embedding
from trainer.data.faces.detection import FaceDetector
from trainer.data.faces.embedding import LENGTH, FaceEmbedding, require_embedding
from trainer.errors import UserError


def test_pictures_of_one_person_are_near_and_of_others_far(portraits: list[Pixels]) -> None:
    detector, network = FaceDetector(), FaceEmbedding()
    turn = cv2.getRotationMatrix2D((112, 137), 10, 0.9)
    changed = [
        np.clip(cv2.warpAffine(portrait, turn, (225, 275)).astype(np.int64) * 0.8 + 20, 0, 255).astype(np.uint8)
        for portrait in portraits
    ]
    own = np.array([network.look(one, detector.find(one)[0].landmarks)[0] for one in portraits])
    again = np.array([network.look(one, detector.find(one)[0].landmarks)[0] for one in changed])
    assert own.shape == (4, LENGTH)
    assert own.dtype == np.float32
    apart = np.linalg.norm(own[:, None] - again[None], axis=2)
    assert np.diag(apart).max() < 0.25
    assert apart[~np.eye(4, dtype=bool)].min() > 0.5


def test_a_missing_network_is_told_with_both_remedies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "EMBEDDING_MODEL", ("no-such-package", "model.dat"))
    with pytest.raises(UserError, match="pip install no-such-package; or group by looks alone: --same-person 0"):
        require_embedding()
