"""Section ageing: a fixed person grows older with the age that is asked for, and stays the same person."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.evidence import Evidence
from trainer.evaluation.figures import Figure, Section, Sheet, Table, at_least, at_most, counted, median, strips
from trainer.evaluation.sections.distinctness import pairs_within, real_strangers
from trainer.evaluation.sources import AGEING_AGES, RealFaces
from trainer.labels.sex_and_years import age_groups

STEPS_UP = 0.9
WELL_UNDER = 0.75
"""How far under the distance of strangers that of one person at neighbouring ages must lie."""
SHOWN = 12


def steps_up(ages: NDArray[np.floating]) -> tuple[int, int]:
    """Of the judged ages [people, asked ages], how many steps to the next asked age rise, and how many there are."""
    rises = np.diff(ages, axis=1) > 0
    return int(rises.sum()), rises.size


def strangers_rise(judged: NDArray[np.floating], faces: RealFaces) -> float | None:
    """How often the judge tells the elder of two photographs of one sex, ten years apart.

    `judged` [N] are its ages of `faces`. The mean over sexes and steps; None where the photographs allow no step.
    Strangers differ in more than age: this is what the judge's own noise leaves, not what one person's ageing could
    reach.
    """
    bins, shares = faces.people.bin, []
    for younger, older in pairwise(age_groups(AGEING_AGES)):
        for male in (0, 1):
            before, after = (judged[bins == 2 * group + male] for group in (younger, older))
            if len(before) and len(after):
                shares.append(float((after[:, None] > before).mean()))
    return float(np.mean(shares)) if shares else None


def measure(evidence: Evidence) -> Section:
    """The judged age of 100 people at 5, 15, ..., 75, and how far each step moves their identity."""
    people = len(evidence.ageing_faces)
    judged = evidence.judged_ageing.age.reshape(people, -1)
    moved = np.linalg.norm(np.diff(evidence.described_ageing, axis=1), axis=-1)
    note = (
        f"{people} fixed people, half of them women. The judge pulls ages towards 30, on photographs too: what counts "
        "is that they rise."
    )
    return Section(
        "Ageing", _figures(evidence, judged, moved), [_age_by_age(judged, moved)], [_sheet(evidence)], [note]
    )


def _figures(evidence: Evidence, judged: NDArray[np.floating], moved: NDArray[np.floating]) -> list[Figure]:
    """`judged` [people, ages] are their judged ages, `moved` [people, steps] how far each step moves their identity."""
    risen, steps = steps_up(judged)
    described = evidence.described_ageing
    strangers = float(np.median(pairs_within(evidence.described_matched, evidence.held_out.people.bin).distance))
    real_strangers_median = float(np.median(real_strangers(evidence).distance))
    return [
        counted(
            "ageing.steps_up",
            "steps of ten years in which the judged age rises (photographs: strangers ten years apart)",
            risen,
            steps,
            strangers_rise(evidence.judged_real.age, evidence.held_out),
            at_least(risen / steps, STEPS_UP),
        ),
        median(
            "ageing.neighbour_distance",
            "identity distance of one person ten years apart, median (photographs: strangers)",
            moved,
            real_strangers_median,
            lambda value, _: at_most(value, WELL_UNDER * strangers, f"{WELL_UNDER} × the model's own strangers"),
        ),
        median(
            "ageing.life_distance",
            "identity distance of one person at 5 and at 75, median (photographs: strangers)",
            np.linalg.norm(described[:, 0] - described[:, -1], axis=-1),
            real_strangers_median,
        ),
        Figure(
            "ageing.strangers", "identity distance of the model's strangers, median", strangers, real_strangers_median
        ),
    ]


def _age_by_age(judged: NDArray[np.floating], moved: NDArray[np.floating]) -> Table:
    rows = [
        [
            f"{asked:.0f}",
            f"{judged[:, column].mean():.1f}",
            f"{judged[:, column].std():.1f}",
            *_step(moved, judged, column),
        ]
        for column, asked in enumerate(AGEING_AGES)
    ]
    columns = ["asked age", "judged, mean", "spread", "steps up to the next", "identity distance to the next"]
    return Table("Age by age", columns, rows)


def _sheet(evidence: Evidence) -> Sheet:
    return Sheet(
        "ageing",
        "The same people ageing",
        f"{SHOWN} people, women and men in turn, at the ages above; no face was chosen.",
        strips(
            evidence.ageing_faces[:SHOWN],
            [f"{seed}" for seed in evidence.ageing.seeds[:: len(AGEING_AGES)][:SHOWN]],
            [f"{age:.0f}" for age in AGEING_AGES],
        ),
    )


def _step(moved: NDArray[np.floating], judged: NDArray[np.floating], column: int) -> list[str]:
    if column == judged.shape[1] - 1:
        return ["", ""]
    rises = judged[:, column + 1] > judged[:, column]
    return [f"{100 * rises.mean():.0f} %", f"{np.median(moved[:, column]):.2f}"]
