"""A whole report on spoilt faces falls short in the bar that is about what was spoilt, or says that there are too few.

The photographs' part is played by faces that the shipped model draws: they are as sharp, as different and as labelled
as photographs are, and may lie in the project.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from trainer.data.faces.alignment import Geometry
from trainer.drawing.inference import FaceGenerator, open_generator
from trainer.evaluation.evidence import Evidence
from trainer.evaluation.figures import Bar
from trainer.evaluation.judges.pool import Pool
from trainer.evaluation.sections.registry import SECTIONS
from trainer.evaluation.sources import RealFaces
from trainer.labels.people import SexAndAge
from trainer.pictures import Pixels

MODEL = next((Path(__file__).parents[4] / "blender_facegan" / "models").glob("*.facegan"))
MEASURED = ("labels", "distances", "identity")
COUNTS = (20, 75)
Seeds = npt.NDArray[np.int64]
Sexes = npt.NDArray[np.float32]
Ages = npt.NDArray[np.float32]
Draw = Callable[[Seeds, Sexes, Ages], Pixels]


@lru_cache(maxsize=1)
def model() -> FaceGenerator:
    return open_generator(MODEL)


def drawn(seeds: Seeds, sex: Sexes, age: Ages) -> Pixels:
    return model().draw(seeds, {"sex": sex, "age": age})


def faces(count: int, seed: int) -> RealFaces:
    dice = np.random.default_rng(seed)
    sex = np.where(np.arange(count) % 2, 1, -1).astype(np.float32)
    low = dice.choice(np.array([3, 10, 20, 30, 40, 50, 60]), count).astype(np.float32)
    high = np.where(low == 3, 10, low + 10).astype(np.float32)
    pictures = drawn(dice.integers(0, 2**32, count), sex, ((low + high) / 2).astype(np.float32))
    return RealFaces(pictures, SexAndAge(sex, low, high), np.arange(count, dtype=np.int32))


def as_asked(seeds: Seeds, sex: Sexes, age: Ages) -> Pixels:
    return drawn(seeds, sex, age)


def blurred(seeds: Seeds, sex: Sexes, age: Ages) -> Pixels:
    return np.stack([np.asarray(cv2.GaussianBlur(one, (0, 0), 0.8), np.uint8) for one in drawn(seeds, sex, age)])


def noisy(seeds: Seeds, sex: Sexes, age: Ages) -> Pixels:
    pictures = drawn(seeds, sex, age)
    return np.asarray((pictures + np.random.default_rng(9).normal(0, 8, pictures.shape)).clip(0, 255), np.uint8)


def one_face(seeds: Seeds, sex: Sexes, age: Ages) -> Pixels:
    return np.repeat(drawn(seeds[:1] * 0, sex[:1], age[:1]), len(seeds), axis=0)


def shuffled(seeds: Seeds, sex: Sexes, age: Ages) -> Pixels:
    order = np.random.default_rng(5).permutation(len(seeds))
    return drawn(seeds, sex[order], age[order])


@dataclass(frozen=True)
class Reported:
    """The bars of a report by their figure's key."""

    bars: Mapping[str, Bar]

    @property
    def missed(self) -> set[str]:
        return {key for key, bar in self.bars.items() if not bar.met}


def report(draw: Draw, count: int) -> Reported:
    held_out, training = faces(count, seed=1), faces(3 * count, seed=2)
    with Pool(1) as pool:
        evidence = Evidence(draw, held_out, training, Geometry(), pool, samples=20)
        figures = [figure for name in MEASURED for figure in SECTIONS[name](evidence).figures]
    return Reported({figure.key: figure.bar for figure in figures if figure.bar})


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(
    ("draw", "about"),
    [
        (blurred, {"distances.sharpness", "distances.spectrum"}),
        (noisy, {"distances.grid", "distances.spectrum"}),
        (one_face, {"distances.repeated", "identity.median_distance"}),
        (shuffled, {"labels.sex_of_adults", "labels.years_outside_group", "labels.age_rank_correlation"}),
    ],
)
def test_a_report_on_spoilt_faces_misses_the_bars_that_are_about_it(draw: Draw, about: set[str], count: int) -> None:
    found = report(draw, count)
    assert about <= found.missed


@pytest.mark.parametrize("count", COUNTS)
def test_a_report_on_faces_as_good_as_the_others_meets_the_bars_on_texture(count: int) -> None:
    bars = report(as_asked, count).bars
    for name in ("sharpness", "spectrum", "grid", "repeated"):
        assert bars[f"distances.{name}"].met, name
