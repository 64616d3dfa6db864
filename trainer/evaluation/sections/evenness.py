"""Section light: how even the light on the faces is, whether their skin is one that people have, and the tone asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.faces.alignment import Geometry
from trainer.data.faces.measures import MEASURE_SIDE, measure_evenness, measure_face
from trainer.data.light.evening import EVEN, even
from trainer.data.light.locus import FAR_OFF
from trainer.evaluation.evidence import Evidence
from trainer.evaluation.figures import (
    Cell,
    Figure,
    Section,
    Sheet,
    Table,
    at_least,
    at_most,
    counted,
    grid,
    median,
    written,
)
from trainer.labels.sex_and_years import SEXES, age_group_names

FEW = 0.005
"""Share of such skins that no model is blamed for: evened photographs have none."""
UNEVEN_QUANTILE = 0.9
NEAR = 0.5
OBEYED = 0.95
"""Share of faces whose skin must lie within half a tone of the one asked for."""
SHOWN, COLUMNS = 24, 12


@dataclass(frozen=True)
class Lights:
    """The light on some faces, [N] each: `side` as the dataset's rule measures it, the rest as in `Light`."""

    side: NDArray[np.float64]
    off_skin: NDArray[np.float64]
    tone: NDArray[np.float64]
    undertone: NDArray[np.float64]

    @classmethod
    def of(cls, faces: NDArray[np.uint8], geometry: Geometry) -> "Lights":
        """Measured on uint8 RGB [N, H, H, 3]."""
        lights = [measure_face(face, geometry) for face in faces]
        return cls(
            np.array([side_light(face) for face in faces]),
            np.array([light.off_skin for light in lights]),
            np.array([light.skin_tone for light in lights]),
            np.array([light.undertone for light in lights]),
        )


def side_light(face: NDArray[np.uint8]) -> float:
    """The dataset's `side_light` of an aligned face uint8 RGB [H, H, 3] of any size."""
    resized = cv2.resize(face, (MEASURE_SIDE, MEASURE_SIDE), interpolation=cv2.INTER_CUBIC)
    return measure_evenness(np.asarray(resized, np.uint8))[0]


def measure(evidence: Evidence) -> Section:
    """Side light and skin colour beside the held-out photographs in even light, and tones asked beside measured."""
    made = Lights.of(evidence.matched_faces, evidence.geometry)
    real = Lights.of(evened(evidence), evidence.geometry)
    figures = [*_light(made, real), *_obedience(evidence, made)]
    worst = np.argsort(-made.off_skin, kind="stable")[:SHOWN]
    sheet = Sheet(
        "off_skin",
        "Skins farthest from the colours that skin has",
        f"The {len(worst)} worst of {len(made.side):,}, the farthest first.",
        grid(evidence.matched_faces[worst], COLUMNS),
    )
    notes = [
        "Side light: natural logarithm of the light on one half of the face over the other's. Off skin: how far the "
        f"skin's colour lies off the colours of skin, in standard deviations; {FAR_OFF:g} and more look wrong.",
        "The photographs' column is measured on the held-out ones in even light"
        + ("." if evidence.light == EVEN else ", as they would be evened for training."),
    ]
    return Section("Light and skin", figures, _tables(evidence, made), [sheet], notes)


def evened(evidence: Evidence) -> NDArray[np.uint8]:
    """The held-out photographs in even light, uint8 [N, H, H, 3]."""
    pictures = evidence.held_out.pictures
    if evidence.light == EVEN:
        return pictures
    eyes = (evidence.geometry.eye_distance, evidence.geometry.eye_height)
    return np.stack([even(picture, *eyes).picture for picture in pictures])


def _light(made: Lights, real: Lights) -> list[Figure]:
    far, count = int((made.off_skin > FAR_OFF).sum()), len(made.side)
    real_far = float((real.off_skin > FAR_OFF).mean())
    side, real_side = (float(np.quantile(lights.side, UNEVEN_QUANTILE)) for lights in (made, real))
    return [
        counted(
            "light.off_skin",
            f"skins more than {FAR_OFF:g} standard deviations off the colours of skin",
            far,
            count,
            real_far,
            at_most(far / count, max(real_far, FEW), "photographs in even light, or one in 200"),
        ),
        median("light.side_median", "side light, median", made.side, real.side),
        Figure(
            "light.side_90",
            "side light that one face in ten exceeds",
            side,
            real_side,
            count=count,
            bar=at_most(side, real_side, "photographs in even light"),
        ),
    ]


def _obedience(evidence: Evidence, made: Lights) -> list[Figure]:
    """Skin tone and undertone asked beside measured, for a model that has such labels."""
    asked = evidence.asked_of_matched
    figures = []
    if "skin_tone" in asked:
        error = np.abs(made.tone - asked["skin_tone"][:, 0])
        near, count = int((error <= NEAR).sum()), len(error)
        bar, title = at_least(near / count, OBEYED), "skin within half a tone of the one asked for"
        figures += [
            counted("light.tone_as_asked", title, near, count, bar=bar),
            median("light.tone_error", "tones between asked and measured, median", error),
        ]
    if "undertone" in asked:
        title = "undertone between asked and measured (standard deviations), median"
        figures.append(median("light.undertone_error", title, np.abs(made.undertone - asked["undertone"][:, 0])))
    return figures


def _tables(evidence: Evidence, made: Lights) -> Sequence[Table]:
    """How each sex and age group fares."""
    asked, people = evidence.asked_of_matched, evidence.held_out.people
    rows: list[list[Cell]] = []
    names = age_group_names()
    for value in np.unique(people.bin):
        own = people.bin == value
        row: list[Cell] = [
            f"{names[value // 2]} {SEXES[value % 2]}",
            int(own.sum()),
            written(float((made.off_skin[own] > FAR_OFF).mean()), "share"),
            written(float(np.quantile(made.side[own], UNEVEN_QUANTILE))),
        ]
        if "skin_tone" in asked:
            near = np.abs(made.tone[own] - asked["skin_tone"][own, 0]) <= NEAR
            row.append(written(float(near.mean()), "share"))
        rows.append(row)
    columns = ["", "faces", "off skin", "side light, 90 %"] + (["tone as asked"] if "skin_tone" in asked else [])
    return [Table("Light and skin by sex and age", columns, rows)]
