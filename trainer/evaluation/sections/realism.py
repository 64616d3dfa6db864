"""Section distances: how far the generated pictures lie from photographs, in the judge's features."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.data.faces.measures import DETAIL_SIDE, measure_detail
from trainer.data.prepare import near_duplicates
from trainer.evaluation.evidence import Evidence
from trainer.evaluation.figures import Figure, Section, Style, at_least, at_most, between, median
from trainer.evaluation.statistics.distances import Coverage, frechet_distance, kernel_distance, precision_recall
from trainer.evaluation.statistics.texture import grid_excess, luma, sharpness, spectral_distance, spectrum

FLOOR_FACTOR = 1.05
RECALL_OF_REAL, SHARE_OF_REAL = 0.95, 0.6
"""Shares of what photographs reach that a model must, in recall and in coverage; in precision all of it."""
LARGEST_GAP = 0.15
NEIGHBOURS = 5
FEWEST_FOR_FD = 1024
"""Pictures below which FD has no bar: with fewer than four times its 256 features it is mostly bias, on both sides, and
what it says of blurred or repeated faces is chance."""
LEAST_SHARPNESS, MOST_SHARPNESS = 0.7, 1.5
"""As shares of the photographs'. A blur of 0.6 pixels halves the sharpness of faces of 64 px."""
SPECTRUM_ALLOWANCE, GRID_ALLOWANCE = 2.5, 2.0
"""Decibels beyond what as many training photographs differ by. Of faces of 64 px noise of 4 levels adds 4 to the grid,
noise of 8 adds 3 to the spectrum's distance, and a blur of 0.6 pixels 7."""
REPEATED_LOOK, MOST_REPEATED = 0.97, 0.05


def measure(evidence: Evidence) -> Section:
    """FD, KID, precision, recall, density and coverage against the held-out photographs, beside training ones."""
    draws = [evidence.judged_training.features[draw] for draw in evidence.floor_draws]
    return Section(
        "Distances",
        [
            *_distances(evidence, draws),
            *_reach(evidence, draws),
            *texture(
                evidence.matched_faces,
                evidence.held_out.pictures,
                evidence.training.pictures[evidence.floor_draws[0]],
            ),
        ],
        notes=[
            "In the 256 values of the last layer but one of the judge's age network. FD: squared Frechet distance of "
            f"fitted normal distributions; KID: unbiased, kernel (x·y/256 + 1)³; reach: the {NEIGHBOURS}th neighbour.",
            f"With fewer than {FEWEST_FOR_FD:,} pictures FD has no bar: they are too few for 256 features.",
            f"The photographs' column compares training photographs with the held-out ones: as many, of the same sexes "
            f"and age groups, mean of {len(draws)} draws. It is the floor that no model can be expected to pass.",
        ],
    )


def _distances(evidence: Evidence, draws: Sequence[NDArray[Any]]) -> list[Figure]:
    """FD and KID; `draws` are features of training photographs, [N, 256] each."""
    held_out, made = evidence.judged_real.features, evidence.judged_matched.features
    figures = []
    for name, measured in (("FD", frechet_distance), ("KID", kernel_distance)):
        value, floor = measured(held_out, made), float(np.mean([measured(held_out, draw) for draw in draws]))
        barred = name == "FD" and len(made) >= FEWEST_FOR_FD
        bar = at_most(value, FLOOR_FACTOR * floor, f"{FLOOR_FACTOR:g} × training photographs") if barred else None
        title = f"{name}-age256 to held-out photographs"
        figures.append(Figure(f"distances.{name.lower()}_age256", title, value, floor, count=len(made), bar=bar))
    return figures


def _reach(evidence: Evidence, draws: Sequence[NDArray[Any]]) -> list[Figure]:
    """Precision, recall, density and coverage; `draws` as above."""
    held_out, made = evidence.judged_real.features, evidence.judged_matched.features
    ours = precision_recall(held_out, made, NEIGHBOURS)
    real = [precision_recall(held_out, draw, NEIGHBOURS) for draw in draws]
    precision, recall, density, coverage = (
        reach_figure(name, title, ours, real, least)
        for name, title, least in (
            ("precision", "precision: generated pictures within the photographs' reach", (1.0, "photographs")),
            ("recall", "recall: photographs within the generated pictures' reach", of_photographs(RECALL_OF_REAL)),
            ("density", "density", None),
            ("coverage", "coverage", of_photographs(SHARE_OF_REAL)),
        )
    )
    gap, real_gap = abs(ours.precision - ours.recall), abs((precision.real or 0.0) - (recall.real or 0.0))
    gap_figure = Figure(
        "distances.precision_recall_gap",
        "gap between precision and recall",
        gap,
        real_gap,
        count=len(made),
        style="share",
        bar=at_most(gap, LARGEST_GAP),
    )
    return [precision, recall, gap_figure, density, coverage]


def of_photographs(share: float) -> tuple[float, str]:
    """The limit of a share of what photographs reach, and what it is called."""
    return share, f"{share:g} × photographs"


def reach_figure(
    name: str, title: str, ours: Coverage, others: Sequence[Coverage], least: tuple[float, str] | None
) -> Figure:
    """One part of a coverage, beside its mean for `others`; `least`: the share of that it must be, and why."""
    value, beside = float(getattr(ours, name)), float(np.mean([getattr(one, name) for one in others]))
    bar = None if least is None else at_least(value, least[0] * beside, least[1])
    style: Style = "number" if name == "density" else "share"
    return Figure(f"distances.{name}", title, value, beside, count=len(ours.inside), style=style, bar=bar)


def texture(generated: NDArray[np.uint8], photographs: NDArray[np.uint8], others: NDArray[np.uint8]) -> list[Figure]:
    """Sharpness, spectrum and pixel grid, which features hardly feel; `others` are photographs to compare with."""
    made, real, other = (luma(pictures) for pictures in (generated, photographs, others))
    real_spectrum, spectra = spectrum(real), (spectrum(made), spectrum(other))
    again = repeated(generated)
    return [
        *detail(generated, photographs),
        median(
            "distances.sharpness",
            "sharpness (variance of the Laplacian), median",
            sharpness(made),
            sharpness(real),
            lambda value, own: between(value, LEAST_SHARPNESS * own, MOST_SHARPNESS * own, "photographs'"),
        ),
        over_floor(
            "spectrum",
            "distance of the mean spectrum, decibels",
            (spectral_distance(one, real_spectrum) for one in spectra),
            SPECTRUM_ALLOWANCE,
            len(made),
        ),
        over_floor(
            "grid",
            "pixel grid: its frequencies stronger than in photographs, decibels",
            (grid_excess(one, real_spectrum) for one in spectra),
            GRID_ALLOWANCE,
            len(made),
        ),
        Figure(
            "distances.repeated",
            f"pictures that are nearly another of them (correlation of looks {REPEATED_LOOK})",
            again,
            repeated(photographs),
            count=len(made),
            style="share",
            bar=at_most(again, MOST_REPEATED),
        ),
    ]


def over_floor(name: str, title: str, values: Iterable[float], allowance: float, count: int) -> Figure:
    """A value beside that of training photographs, which it may exceed by an `allowance`."""
    value, floor = values
    bar = at_most(value, floor + allowance, f"training photographs + {allowance:g}")
    return Figure(f"distances.{name}", title, value, floor, count=count, bar=bar)


def detail(generated: NDArray[np.uint8], photographs: NDArray[np.uint8]) -> list[Figure]:
    """What pictures of 128 px show that those of 64 px cannot; nothing of other sizes."""
    if generated.shape[1] != DETAIL_SIDE:
        return []
    made, real = (np.array([measure_detail(one) for one in some]) for some in (generated, photographs))
    title = "energy that a side of 128 px holds and one of 64 cannot, beside the octave below, median"
    return [median("distances.detail", title, made, real)]


def repeated(pictures: NDArray[np.uint8]) -> float:
    """The share of pictures [N, H, W, 3] that look as another of them does."""
    pairs = near_duplicates.similar_pairs(near_duplicates.describe(pictures), REPEATED_LOOK)
    return len(np.unique(pairs)) / len(pictures)
