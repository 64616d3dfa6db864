"""What both programs know of skin and its light stands in each of them, and is the same."""

from pathlib import Path

import numpy as np

from blender_facegan.core.likeness import locus as add_on
from trainer.data.light import locus as trainer

ROOT = Path(__file__).parents[1]


def test_both_see_the_same_colours_as_skin() -> None:
    colours = np.random.default_rng(0).uniform(0.01, 0.9, (200, 3)).astype(np.float32)
    ours = np.stack([add_on.residual(colour) for colour in colours])
    theirs = np.stack([trainer.residual(colour) for colour in colours])
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    np.testing.assert_allclose([add_on.undertone(off) for off in theirs], [trainer.undertone(off) for off in theirs])
    np.testing.assert_allclose(add_on.sigmas(theirs), [trainer.sigmas(off) for off in theirs], rtol=1e-5)


def test_both_draw_exposures_in_alike() -> None:
    light = np.linspace(0.001, 1.0, 100)
    np.testing.assert_allclose(add_on.even_exposure(light), [trainer.even_exposure(float(one)) for one in light])
    assert (add_on.DARKEST, add_on.LIGHTEST) == (trainer.DARKEST, trainer.LIGHTEST)


def test_the_generic_head_is_the_same() -> None:
    of_add_on = ROOT / "blender_facegan" / "core" / "likeness" / "generic_head.npz"
    assert of_add_on.read_bytes() == (ROOT / "trainer" / "data" / "light" / "generic_head.npz").read_bytes()
