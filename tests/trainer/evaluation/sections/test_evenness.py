"""Light and skin beside photographs in even light."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from trainer.data.faces.alignment import Geometry
from trainer.data.light.colour import encode
from trainer.data.light.evening import EVEN, PHOTOGRAPHS
from trainer.data.light.head import generic_head
from trainer.data.light.locus import on_locus
from trainer.data.light.tone import luminance_of_tone
from trainer.evaluation.figures import Figure
from trainer.evaluation.sections import evenness
from trainer.labels.people import SexAndAge

SIDE = 64
GEOMETRY = Geometry()


def face(tone: float, across: float = 0.0, tint: tuple[float, float, float] = (1, 1, 1)) -> NDArray[np.uint8]:
    """A head all of skin of one tone, lit from a side."""
    head = generic_head(SIDE, SIDE, GEOMETRY.eye_distance, GEOMETRY.eye_height)
    light = float(luminance_of_tone(tone))
    ratios = np.exp(on_locus(light))
    colour = np.array([ratios[0], 1, ratios[1]]) * np.array(tint)
    colour *= light / float(colour @ [0.2126, 0.7152, 0.0722])
    shaded = np.maximum(1 + across * head.normals[..., :1], 0.05)
    return encode(np.asarray(shaded * colour, np.float32))


def evidence(made: list[NDArray[np.uint8]], real: list[NDArray[np.uint8]], **asked: list[float]) -> Any:
    count = len(made)
    people = SexAndAge(
        np.where(np.arange(count) % 2, 1, -1).astype(np.float32),
        np.full(count, 20, np.float32),
        np.full(count, 30, np.float32),
    )
    return SimpleNamespace(
        matched_faces=np.stack(made),
        held_out=SimpleNamespace(pictures=np.stack(real), people=people),
        geometry=GEOMETRY,
        light=EVEN,
        asked_of_matched={name: np.array(values, np.float32)[:, None] for name, values in asked.items()},
    )


def figures_of(found: Any) -> dict[str, Figure]:
    return {figure.key: figure for figure in evenness.measure(found).figures}


def test_even_faces_of_skins_colours_meet_the_bars() -> None:
    faces = [face(tone) for tone in (2, 4, 6, 8)]
    figures = figures_of(evidence(faces, faces))
    assert figures["light.off_skin"].value == 0
    assert figures["light.side_90"].value < 0.05
    assert all(figure.bar.met for figure in figures.values() if figure.bar)
    assert "light.tone_as_asked" not in figures


def test_side_light_and_purple_skin_are_told() -> None:
    even = [face(tone) for tone in (2, 4, 6, 8)]
    spoiled = [face(2, across=0.6), face(4, tint=(1, 1, 2.6)), face(6, tint=(1, 1, 2.6)), face(8, across=-0.6)]
    figures = figures_of(evidence(spoiled, even))
    assert figures["light.off_skin"].value == 0.5
    assert figures["light.side_90"].value > 0.4
    assert not any(figure.bar.met for figure in figures.values() if figure.bar)


def test_photographs_as_they_were_lit_are_evened_before_they_are_a_bar() -> None:
    made, real = [face(4)] * 4, [face(4, across=0.5), face(6, tint=(1, 1, 1.8)), face(3, across=-0.5), face(7)]
    found = evidence(made, real)
    found.light = PHOTOGRAPHS
    figures = figures_of(found)
    assert figures["light.side_90"].real == pytest.approx(0, abs=0.12)
    assert figures["light.off_skin"].real == 0


def test_the_tone_that_is_asked_for_is_compared_with_the_one_that_is_seen() -> None:
    faces = [face(tone) for tone in (2, 4, 6, 8)]
    figures = figures_of(evidence(faces, faces, skin_tone=[2.2, 4.0, 6.4, 5.0], undertone=[0.0, 0.0, 0.0, 0.5]))
    assert figures["light.tone_as_asked"].value == 0.75
    bar = figures["light.tone_as_asked"].bar
    assert bar is not None
    assert not bar.met
    assert figures["light.undertone_error"].value == pytest.approx(0, abs=0.1)
    (table,) = evenness.measure(evidence(faces, faces, skin_tone=[2, 4, 6, 8])).tables
    assert [row[0] for row in table.rows] == ["20-29 female", "20-29 male"]
    assert [row[-1] for row in table.rows] == ["100.00 %"] * 2
