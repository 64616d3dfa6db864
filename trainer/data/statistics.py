"""What a dataset holds, counted and drawn."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trainer.charts import save_chart
from trainer.data.dataset import Dataset
from trainer.data.light.locus import FAR_OFF
from trainer.errors import UserError
from trainer.labels.label import Label
from trainer.labels.people import SexAndAge, sex_and_age_bins
from trainer.labels.sex_and_years import AGE_GROUP_LIMITS, SEXES, age_group_names

COLOURS = dict(zip(SEXES, ("#c8553d", "#2d6a8e"), strict=True))
EXACT_SHARE = 0.5
EVEN_STEPS = 10
LONG_NAMES = 80
"""Letters in the names below an axis from which they are turned."""


@dataclass(frozen=True)
class Counts:
    """Pictures by age group and sex: `training` and `held_out`, `[groups, 2]` int64, female first."""

    groups: list[str]
    training: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.int64]


def count(dataset: Dataset, limits: Sequence[float] = AGE_GROUP_LIMITS) -> Counts:
    """The pictures of a dataset by age group, sex and side of the split."""
    people = dataset.people
    bins = sex_and_age_bins(people.sex, people.middle, limits)
    sides = [
        np.bincount(bins[chosen & (bins >= 0)], minlength=2 * len(limits)).reshape(-1, 2)
        for chosen in (~dataset.held_out, dataset.held_out)
    ]
    return Counts(age_group_names(limits), *sides)


def table(counts: Counts) -> str:
    """The counts as a table for a terminal; held-out pictures stand in brackets."""
    total, held = counts.training + counts.held_out, counts.held_out
    header = f"{'age':<8}" + "".join(f"{sex:>16}" for sex in (*SEXES, "both"))
    lines = [header]
    rows = [*zip(counts.groups, total, held, strict=True), ("all", total.sum(axis=0), held.sum(axis=0))]
    for name, own_total, own_held in rows:
        numbers = [*zip(own_total, own_held, strict=True), (own_total.sum(), own_held.sum())]
        lines.append(f"{name:<8}" + "".join(f"{f'{all_of} ({kept})':>16}" for all_of, kept in numbers))
    return "\n".join(lines)


def count_label(dataset: Dataset, label: Label) -> tuple[list[str], npt.NDArray[np.int64]]:
    """What a label can be, and how many pictures are: `[values, 2]` int64, for training and held out.

    A number that is not cut into groups is counted in ten even steps of its range.
    """
    of, names = label.counted(EVEN_STEPS).bins(dataset.values[label.name]) or (
        np.zeros(len(dataset), np.int64),
        ["all"],
    )
    sides = [np.bincount(of[chosen], minlength=len(names)) for chosen in (~dataset.held_out, dataset.held_out)]
    return names, np.stack(sides, axis=1)


def label_table(dataset: Dataset, label: Label) -> str:
    """The counts of one label as a table for a terminal; held-out pictures stand in brackets."""
    names, counts = count_label(dataset, label)
    width = max(len(label.name), *map(len, names)) + 2
    lines = [f"{label.name:<{width}}{'pictures':>16}"]
    for name, (training, held) in zip(names, counts, strict=True):
        lines.append(f"{name:<{width}}{f'{training + held} ({held})':>16}")
    return "\n".join(lines)


def light_table(dataset: Dataset) -> str:
    """How the faces were lit, and how they are stored, as a table; empty where that was not measured.

    Of whole photographs, in which no face was looked for, it never is: they have no geometry.
    """
    if dataset.metadata.get("geometry") == {}:
        return ""
    lines = [f"{'light':<34}{'as lit':>16}{'as stored':>16}"]
    for title, before, after, told in LIGHT:
        if before not in dataset.extra or after not in dataset.extra:
            return ""
        columns = [np.array(dataset.extra[name], np.float64) for name in (before, after)]
        lines.append(f"{title:<34}" + "".join(f"{told(column):>16}" for column in columns))
    return "\n".join(lines)


def _middle_and_tenth(values: npt.NDArray[np.float64]) -> str:
    return " / ".join(f"{value:.2f}" for value in np.quantile(values, (0.5, 0.9)))


def _share_far_off(values: npt.NDArray[np.float64]) -> str:
    return f"{100 * float((values > FAR_OFF).mean()):.1f} %"


LIGHT: tuple[tuple[str, str, str, Callable[[npt.NDArray[np.float64]], str]], ...] = (
    ("side light, median / 90 %", "side_light", "stored_side_light", _middle_and_tenth),
    ("contrast, median / 90 %", "contrast", "stored_contrast", _middle_and_tenth),
    (f"skins {FAR_OFF:g} sigma off skin and more", "off_skin", "stored_off_skin", _share_far_off),
)
"""What `light_table` tells: title, the measure before and after, and how its values are put in words."""


def further_labels(dataset: Dataset) -> tuple[Label, ...]:
    """The labels that the table of ages and sexes does not tell."""
    told = ("sex", "age") if dataset.of_people else ()
    return tuple(label for label in dataset.labels if label.name not in told)


def plot_labels(dataset: Dataset, path: Path) -> None:
    """Draw how many pictures there are of what each label can be, as PNG or SVG, by the ending of `path`.

    Raises UserError for another ending, for a dataset without labels, or where the file cannot be written.
    """
    labels = dataset.labels
    if not labels:
        raise UserError("the dataset has no labels to draw")
    figure = Figure(figsize=(8, 2.2 + 2.2 * len(labels)), layout="constrained")
    for axes, label in zip(np.atleast_1d(figure.subplots(len(labels), 1)), labels, strict=True):
        names, counts = count_label(dataset, label)
        axes.bar(names, counts.sum(axis=1), color=COLOURS[SEXES[1]])
        axes.set_title(label.name, loc="left")
        axes.set_ylabel("pictures")
        axes.spines[["top", "right"]].set_visible(False)
        if sum(map(len, names)) > LONG_NAMES:
            axes.tick_params(axis="x", labelrotation=45)
    save_chart(figure, path)


def plot_ages(dataset: Dataset, path: Path) -> None:
    """Draw the age distribution by sex as PNG or SVG, by the ending of `path`.

    Years along the axis where most ages are known to the year; the age groups else. Raises UserError for
    another ending, or where the file cannot be written.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    people = dataset.people
    if float((people.high - people.low <= 1).mean()) >= EXACT_SHARE:
        _draw_years(axes, people)
    else:
        _draw_groups(axes, dataset)
    axes.set_ylabel("pictures")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    save_chart(figure, path)


def _draw_years(axes: Axes, people: SexAndAge) -> None:
    years = np.arange(math.floor(people.low.min()), math.ceil(people.high.max()) + 1)
    for place, sex in enumerate(SEXES):
        ages = people.low[(people.sex > 0) == bool(place)]
        label = f"{sex} ({len(ages)})"
        axes.hist(ages, years.tolist(), histtype="stepfilled", alpha=0.3, color=COLOURS[sex])
        axes.hist(ages, years.tolist(), histtype="step", linewidth=1.8, color=COLOURS[sex], label=label)
    axes.set_xlabel("age in years")


def _draw_groups(axes: Axes, dataset: Dataset) -> None:
    counts = count(dataset)
    totals = counts.training + counts.held_out
    places = np.arange(len(counts.groups))
    for place, sex in enumerate(SEXES):
        label = f"{sex} ({totals[:, place].sum()})"
        axes.bar(places + 0.4 * (place - 0.5), totals[:, place], 0.4, color=COLOURS[sex], label=label)
    axes.set_xticks(places, counts.groups)
    axes.set_xlabel("age group in years")
