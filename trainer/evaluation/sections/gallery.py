"""Section gallery: pictures for people to look at. Nothing in it is chosen by hand."""

import numpy as np

from trainer.evaluation.evidence import SHEET_STREAM, Evidence
from trainer.evaluation.figures import Figure, Section, Sheet, grid, strips
from trainer.evaluation.sources import People, seeds

SHOWN, COLUMNS = 200, 20
COUPLES = 12
COUPLE_AGES = (8.0, 25.0, 45.0, 70.0)


def measure(evidence: Evidence) -> Section:
    """200 people at random, as many photographs, and the same people as both sexes."""
    order = evidence.rng(0).permutation(len(evidence.matched))[:SHOWN]
    caption = f"{len(order)} people with the sexes and ages of the held-out photographs, at random."
    counted = []
    if evidence.broken is not None:
        title = f"broken faces among the {len(order)} at random, counted by eye"
        counted.append(Figure("gallery.broken", title, evidence.broken / len(order), count=len(order), style="share"))
    return Section(
        "Gallery",
        counted,
        sheets=[
            Sheet("random", "At random", caption, grid(evidence.matched_faces[order], COLUMNS)),
            Sheet(
                "photographs",
                "Held-out photographs",
                "The photographs whose sexes and ages these are, in the same places.",
                grid(evidence.held_out.pictures[np.sort(order)][np.argsort(np.argsort(order))], COLUMNS),
            ),
            _couples(evidence),
        ],
    )


def _couples(evidence: Evidence) -> Sheet:
    chosen = seeds(COUPLES, evidence.rng(SHEET_STREAM + 1))
    rows, words = [], []
    for age in COUPLE_AGES:
        for sex, word in ((-1.0, "female"), (1.0, "male")):
            rows.append(
                evidence.persons(People(chosen, np.full(COUPLES, sex, np.float32), np.full(COUPLES, age, np.float32)))
            )
            words.append(f"{word} {age:.0f}")
    return Sheet(
        "both_sexes", "The same people as both sexes", "One person in each column.", strips(np.stack(rows), words, [])
    )
