"""Section labels: whether an independent judge sees the sex and age that were asked for, beside photographs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.evidence import Evidence
from trainer.evaluation.figures import Cell, Figure, Limit, Section, Style, Table, at_least, at_most, written
from trainer.evaluation.judges.judge import Judgement
from trainer.evaluation.sources import RealFaces
from trainer.evaluation.statistics.estimates import rank_correlation, wilson_interval
from trainer.labels.sex_and_years import ADULT


@dataclass(frozen=True)
class Agreement:
    """How well judged labels follow the asked ones. Shares 0 ... 1; ages in years."""

    adults: int
    adults_agreeing: int
    everyone_agreeing: float
    outside_group: float
    bias: float
    mean_error: float
    correlation: float

    @property
    def sex_of_adults(self) -> float:
        """The share of adults whose sex is judged as asked; nan without adults."""
        return self.adults_agreeing / self.adults if self.adults else float("nan")


def agreement(judged: Judgement, faces: RealFaces, age: NDArray[np.floating]) -> Agreement:
    """`judged` against the labels of `faces`, [N] each; `age` is the age asked for, within each one's group.

    Years outside the group are 0 for a judged age within it, else the distance to its nearer end.
    """
    agrees = (judged.male > 0.5) == (faces.people.sex > 0)
    adult = faces.people.low >= ADULT
    return Agreement(
        adults=int(adult.sum()),
        adults_agreeing=int(agrees[adult].sum()),
        everyone_agreeing=float(agrees.mean()),
        outside_group=float(years_outside(judged.age, faces.people.low, faces.people.high).mean()),
        bias=float((judged.age - age).mean()),
        mean_error=float(np.abs(judged.age - age).mean()),
        correlation=rank_correlation(judged.age, age),
    )


def years_outside(
    judged: NDArray[np.floating], low: NDArray[np.floating], high: NDArray[np.floating]
) -> NDArray[np.floating]:
    """How far each judged age lies outside [low, high], in years, >= 0."""
    return np.maximum(0, np.maximum(low - judged, judged - high))


def measure(evidence: Evidence) -> Section:
    """The judge's agreement with the labels of generated people, beside its agreement with the photographs' labels."""
    faces, age = evidence.held_out, evidence.matched.age
    made = agreement(evidence.judged_matched, faces, age)
    real = agreement(evidence.judged_real, faces, age)
    because = "the judge on photographs"
    interval = wilson_interval(made.adults_agreeing, made.adults) if made.adults else None

    def figure(key: str, title: str, name: str, style: Style = "number", bar: Limit | None = None) -> Figure:
        value, beside = getattr(made, name), getattr(real, name)
        kept = None if bar is None else bar(value, beside, because)
        return Figure(key, title, value, beside, count=len(faces), style=style, bar=kept)

    figures = [
        Figure(
            "labels.sex_of_adults",
            "adults judged to be of the asked sex",
            made.sex_of_adults,
            real.sex_of_adults,
            interval,
            made.adults,
            "share",
            at_least(made.sex_of_adults, real.sex_of_adults, because),
        ),
        figure("labels.sex_of_all", "people of any age judged to be of the asked sex", "everyone_agreeing", "share"),
        figure("labels.years_outside_group", "years outside the asked age group, mean", "outside_group", bar=at_most),
        figure("labels.age_rank_correlation", "rank correlation of judged and asked age", "correlation", bar=at_least),
        figure("labels.age_error", "years between judged and asked age, mean", "mean_error"),
        figure("labels.age_bias", "years judged too old, mean", "bias"),
    ]
    return Section(
        "Label agreement",
        figures,
        [_by_decade(evidence)],
        notes=[
            "Generated people have the sexes and age groups of the held-out photographs, and an age drawn uniformly "
            "within the group. The judge errs on photographs too, above all on children and the old: read each figure "
            "beside theirs.",
            f"Adults are people of an age group from {ADULT:.0f} upwards.",
        ],
    )


def _by_decade(evidence: Evidence) -> Table:
    age = evidence.matched.age
    decade = np.minimum(age // 10, 8).astype(int)
    rows: list[list[Cell]] = []
    for value in np.unique(decade):
        rows_in = decade == value
        made, real = (
            float((judged.age[rows_in] - age[rows_in]).mean())
            for judged in (evidence.judged_matched, evidence.judged_real)
        )
        male = evidence.held_out.people.sex[rows_in] > 0
        sexes = [
            float(((judged.male[rows_in] > 0.5) == male).mean())
            for judged in (evidence.judged_matched, evidence.judged_real)
        ]
        name = f"{10 * value}-{10 * value + 9}" if value < 8 else "80+"
        rows.append(
            [name, int(rows_in.sum()), f"{made:+.1f}", f"{real:+.1f}", *(written(share, "share") for share in sexes)]
        )
    columns = ["asked age", "people", "years too old", "photographs", "sex as asked", "photographs"]
    return Table("By decade", columns, rows)
