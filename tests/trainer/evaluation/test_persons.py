"""Whoever is shown at several ages, or of both sexes, is asked for the same further labels each time."""

from collections.abc import Callable

import numpy as np
import pytest

from trainer.data.faces.alignment import Geometry
from trainer.drawing.inference import FaceGenerator
from trainer.evaluation.evidence import Evidence
from trainer.evaluation.judges.pool import Pool
from trainer.evaluation.sections import gallery
from trainer.evaluation.sources import AGEING_AGES, AsInDataset, RealFaces
from trainer.labels.people import SexAndAge, sex_and_age_bins


class _Recorder:
    """A model that notes down which skins each seed is asked for."""

    def __init__(self) -> None:
        self.asked: dict[int, set[float]] = {}

    def draw(self, seeds: np.ndarray, values: dict[str, np.ndarray]) -> np.ndarray:
        for seed, tone in zip(seeds.tolist(), values["skin_tone"][:, 0].tolist(), strict=True):
            self.asked.setdefault(seed, set()).add(tone)
        return np.zeros((len(seeds), 64, 64, 3), np.uint8)


def _model(recorder: _Recorder) -> AsInDataset:
    """Photographs of every group whose skins tell the group: children 0, the old 200."""
    ages = np.array(AGEING_AGES, np.float32).repeat(4)
    sex = np.tile(np.array([-1, 1], np.float32), len(ages) // 2)
    bins = sex_and_age_bins(sex, ages)
    tones = np.linspace(0, 200, len(ages), dtype=np.float32)[:, None]
    members = {int(value): np.flatnonzero(bins == value) for value in np.unique(bins)}
    model: FaceGenerator = recorder  # type: ignore[assignment]  # all that is asked of a model here
    return AsInDataset(model, {"skin_tone": tones}, members, np.arange(len(ages)))


@pytest.mark.parametrize("show", [lambda evidence: evidence.ageing_faces, gallery.measure])
def test_whoever_is_shown_more_than_once_keeps_its_skin(show: Callable[[Evidence], object]) -> None:
    recorder = _Recorder()
    model = _model(recorder)
    sex, age = np.tile(np.array([-1, 1], np.float32), 100), np.full(200, 30, np.float32)
    photographs = RealFaces(
        np.zeros((200, 64, 64, 3), np.uint8), SexAndAge(sex, age, age), np.arange(200, dtype=np.int32)
    )
    with Pool(1) as pool:
        show(Evidence(model, photographs, photographs, Geometry(), pool, samples=1, generate_persons=model.of_persons))
    assert all(len(tones) == 1 for tones in recorder.asked.values())
    assert len({tone for tones in recorder.asked.values() for tone in tones}) > 5


def test_photographs_groups_keep_their_own_skins() -> None:
    """Whoever stands beside a photograph is asked for the skin of one of the same sex and age."""
    model = _model(_Recorder())
    women, seeds = np.full(50, -1.0, np.float32), np.arange(50)
    young = model.further(seeds, women, np.full(50, 5.0, np.float32))["skin_tone"]
    old = model.further(seeds, women, np.full(50, 75.0, np.float32))["skin_tone"]
    assert young.max() < old.min()
