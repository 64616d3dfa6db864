"""Section groups: the young, the old, both sexes and every skin tone beside the rest."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from trainer.data.faces.measures import skin_lightness
from trainer.evaluation.evidence import SHEET_STREAM, Evidence
from trainer.evaluation.figures import Cell, Figure, Section, Sheet, Table, grid, strips, written
from trainer.evaluation.sections.agreement import years_outside
from trainer.evaluation.sections.realism import NEIGHBOURS
from trainer.evaluation.sources import AGE_GROUP_NAMES, people_of_groups
from trainer.evaluation.statistics.distances import precision_recall

COLUMNS = 12
TONES = 5
SAMPLES_OF_TONE = 20
QUALITIES = (
    "found, strict",
    "photographs",
    "sex as asked",
    "photographs",
    "years outside",
    "photographs",
    "precision",
)
"""Headings of what `_quality` tells."""


def measure(evidence: Evidence) -> Section:
    """Each age group of each sex, and each fifth of the skin tones, beside the photographs of the same."""
    bins = evidence.held_out.people.bin
    tone, real_tone = skin_lightness(evidence.matched_faces), skin_lightness(evidence.held_out.pictures)
    edges = np.quantile(real_tone, np.linspace(0, 1, TONES + 1)[1:-1])
    shade, real_shade = np.searchsorted(edges, tone), np.searchsorted(edges, real_tone)
    inside = precision_recall(evidence.judged_real.features, evidence.judged_matched.features, NEIGHBOURS).inside
    quality = _quality(evidence, inside)
    groups: list[list[Cell]] = [
        [
            f"{AGE_GROUP_NAMES[value // 2]} {'men' if value % 2 else 'women'}",
            int((bins == value).sum()),
            *quality(bins == value, bins == value),
        ]
        for value in np.unique(bins)
    ]
    tones: list[list[Cell]] = [
        [
            _tone_name(value),
            int((shade == value).sum()),
            int((real_shade == value).sum()),
            *quality(shade == value, real_shade == value),
        ]
        for value in range(TONES)
    ]
    shares = np.bincount(shade, minlength=TONES) / len(shade)
    rarest = Figure(
        "groups.rarest_tone",
        "share of the rarest of the photographs' fifths of skin tones",
        float(shares.min()),
        1 / TONES,
        count=len(shade),
        style="share",
    )
    return Section(
        "Groups",
        [rarest],
        [
            Table("By age group and sex", ["group", "people", *QUALITIES], groups),
            Table("By skin tone", ["tone", "people", "photographs", *QUALITIES], tones),
        ],
        [*_group_sheets(evidence), _tone_sheet(evidence, tone)],
        [
            "Skin tone is the lightness of the cheeks as pictured (CIE L*), and cut at the fifths of the "
            "held-out photographs. Precision is the share within the photographs' reach (see Distances).",
        ],
    )


def _quality(
    evidence: Evidence, inside: NDArray[np.bool_]
) -> Callable[[NDArray[np.bool_], NDArray[np.bool_]], list[str]]:
    faces = evidence.held_out

    def row(made: NDArray[np.bool_], real: NDArray[np.bool_]) -> list[str]:
        cells = []
        for judged, found, rows in (
            (evidence.judged_matched, evidence.detected_matched, made),
            (evidence.judged_real, evidence.detected_real, real),
        ):
            if not rows.any():
                cells.append(("–", "–", "–"))
                continue
            sex = (judged.male[rows] > 0.5) == (faces.people.sex[rows] > 0)
            outside = years_outside(judged.age[rows], faces.people.low[rows], faces.people.high[rows])
            strict = found[rows][..., 1].any(1)
            cells.append(
                (written(float(strict.mean()), "share"), written(float(sex.mean()), "share"), f"{outside.mean():.1f}")
            )
        paired = [cell for pair in zip(*cells, strict=True) for cell in pair]
        return [*paired, written(float(inside[made].mean()), "share") if made.any() else "–"]

    return row


def _tone_name(value: int) -> str:
    return ("darkest fifth", "second", "third", "fourth", "lightest fifth")[value]


def _group_sheets(evidence: Evidence) -> list[Sheet]:
    rng = evidence.rng(SHEET_STREAM)
    sheets = []
    for name, title, sex in (("women", "Women", -1.0), ("men", "Men", 1.0)):
        people = people_of_groups(COLUMNS, sex, rng)
        faces = evidence.faces(people)
        rows = faces.reshape(-1, COLUMNS, *faces.shape[1:])
        sheets.append(
            Sheet(
                f"groups_{name}",
                f"{title} by age group",
                f"{COLUMNS} at random of each age group; no face was chosen.",
                strips(rows, list(AGE_GROUP_NAMES), []),
            )
        )
    return sheets


def _tone_sheet(evidence: Evidence, tone: NDArray[np.float64]) -> Sheet:
    order = np.argsort(tone, kind="stable")
    shown = order[np.linspace(0, len(order) - 1, min(len(order), TONES * SAMPLES_OF_TONE)).astype(int)]
    return Sheet(
        "tones",
        "By skin tone",
        "An even choice of the people like the held-out ones, from the darkest to the lightest skin as pictured.",
        grid(evidence.matched_faces[shown], SAMPLES_OF_TONE),
    )
