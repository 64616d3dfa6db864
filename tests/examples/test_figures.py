"""What figures are made of, and whether their hair fits."""

from pathlib import Path

import numpy as np
import pytest

import examples.people
from examples.people.figures import OUTFITS, SLOTS, Wardrobe

WARDROBE = Wardrobe()
FOLDER = Path(examples.people.__file__).parent


def test_the_file_is_small_and_its_licence_lies_beside_it() -> None:
    assert (FOLDER / "people.npz").stat().st_size < 4e6
    assert "Creative Commons CC0 1.0 Universal" in (FOLDER / "LICENSE.md").read_text(encoding="utf-8")


def test_there_are_builds_of_both_sexes_and_all_ages() -> None:
    for sex in ("female", "male"):
        ages = [build.age for build in WARDROBE.builds.values() if build.sex == sex]
        assert min(ages) < 10
        assert max(ages) > 65
        assert np.diff(sorted(ages)).max() < 15


@pytest.mark.parametrize("outfit", OUTFITS)
@pytest.mark.parametrize("build", sorted(WARDROBE.builds))
def test_a_figure_is_whole(build: str, outfit: str) -> None:
    figure = WARDROBE.figure(build, outfit, "resting")
    assert set(figure.slots.tolist()) == set(range(len(SLOTS)))
    assert figure.faces.max() == len(figure.points) - 1
    assert len(figure.faces) < 9000
    assert np.isfinite(figure.points).all()
    np.testing.assert_allclose(figure.weights.sum(1), 1.0)
    assert figure.coordinates.shape == (*figure.faces.shape, 2)


def test_long_sleeves_cover_the_arms() -> None:
    bare, covered = (
        int((WARDROBE.figure("man_slim", outfit, "standing").slots == SLOTS.index("Skin")).sum())
        for outfit in ("shirt", "jumper")
    )
    assert covered < bare - 200


def test_children_are_smaller_than_those_who_are_grown_up() -> None:
    heights = {
        name: float(np.ptp(WARDROBE.figure(name, "jumper", "standing").points[:, 2])) for name in WARDROBE.builds
    }
    assert 1.1 < heights["girl"] < 1.4
    grown = [heights[name] for name, build in WARDROBE.builds.items() if build.age > 20]
    assert min(grown) > 1.4
    assert max(grown) < 2.0


@pytest.mark.parametrize("cut", WARDROBE.cuts)
@pytest.mark.parametrize("build", ["girl", "man_heavy", "man_old", "woman_fit"])
def test_hair_fits_the_head(build: str, cut: str) -> None:
    hair = WARDROBE.hair(build, cut)
    skin = WARDROBE._part(build, "skin", 0, covered=True).points
    crown, average = float(skin[:, 2].max()), WARDROBE._metres("skin/average")
    scale = crown / float(average[:, 2].max())
    top = float(hair.points[:, 2].max())
    if cut != "receding":
        assert crown - 0.004 < top < crown + 0.09
    assert top > crown - 0.09
    breadth, head = np.ptp(hair.points[:, 0]), np.ptp(skin[skin[:, 2] > crown - 0.13 * scale][:, 0])
    assert 0.8 * head < breadth < 3.0 * head
    assert abs(float(hair.points[:, 0].mean())) < 0.02
