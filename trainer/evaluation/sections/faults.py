"""Section faults: how many faces are broken, smeared or melted, with those that the model refuses and without."""

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.evidence import Evidence
from trainer.evaluation.figures import Bar, Cell, Figure, Section, Sheet, Table, at_most, counted, grid, written
from trainer.labels.sex_and_years import SEXES, age_group_names

BROKEN = 0.0
"""Logarithm of the odds above which the judge finds a face broken."""
FEW = 0.03
"""Share of broken faces that a crowd's background hides."""
SHOWN, COLUMNS = 24, 12


def measure(evidence: Evidence) -> Section:
    """The share of faces that the judge finds broken, beside the photographs', and what refusing makes of it."""
    made = evidence.faultiness(evidence.matched_faces, "generated")
    photographs = evidence.faultiness(evidence.held_out.pictures, "held-out", real=True)
    real = float((photographs > BROKEN).mean())
    because = "photographs, or three in a hundred"
    whole = evidence.whole
    if whole is None:
        figures = [_share("faults.broken", "faces that look broken", made, real, because)]
        tables = [_by_group(evidence, made)]
    else:
        kept = evidence.faultiness(evidence.faces(whole), "generated, none refused")
        refused = whole.seeds != evidence.matched.seeds
        count = len(refused)
        figures = [
            _share("faults.broken", "faces that look broken, of all that the model draws", made, real),
            _share("faults.broken_kept", "faces that look broken, of those not refused", kept, real, because),
            counted("faults.refused", "faces that the model refuses before it draws them", int(refused.sum()), count),
        ]
        tables = [_by_group(evidence, made, refused, kept)]
    worst = np.argsort(-made, kind="stable")[:SHOWN]
    sheet = Sheet(
        "broken",
        "Faces that look most broken",
        f"The {len(worst)} worst of {len(made):,}, the worst first; none of them refused.",
        grid(evidence.matched_faces[worst], COLUMNS),
    )
    note = "The judge was fitted to what one pair of eyes said of the faces of three models (benchmarks/faults.py)."
    return Section("Broken faces", figures, tables, [sheet], [note])


def _share(key: str, title: str, scores: NDArray[np.float32], real: float, because: str = "") -> Figure:
    broken, count = int((scores > BROKEN).sum()), len(scores)
    bar: Bar | None = at_most(broken / count, max(real, FEW), because) if because else None
    return counted(key, title, broken, count, real, bar)


def _by_group(
    evidence: Evidence,
    made: NDArray[np.float32],
    refused: NDArray[np.bool_] | None = None,
    kept: NDArray[np.float32] | None = None,
) -> Table:
    """How each sex and age group fares."""
    names, people = age_group_names(), evidence.held_out.people
    rows: list[list[Cell]] = []
    for value in np.unique(people.bin):
        own = people.bin == value
        row: list[Cell] = [f"{names[value // 2]} {SEXES[value % 2]}", int(own.sum())]
        row.append(written(float((made[own] > BROKEN).mean()), "share"))
        if refused is not None and kept is not None:
            row += [written(float(one.mean()), "share") for one in (refused[own], kept[own] > BROKEN)]
        rows.append(row)
    columns = ["", "faces", "look broken"] + (["refused", "look broken of the rest"] if refused is not None else [])
    return Table("Broken faces by sex and age", columns, rows)
