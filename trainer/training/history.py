"""A run's past, read from its metrics.jsonl and drawn: losses with the gate's pauses, rate, validation."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trainer.errors import UserError
from trainer.files import parsed_json
from trainer.old_names import METRICS, renamed

FURTHER = {
    "rate": ("learning rate", "#555555"),
    "fd_grid8": ("FD on an 8 x 8 grid", "#2d6a8e"),
    "detection_rate": ("faces found, paper mode", "#2d6a8e"),
}
LOSSES = {
    "d_loss": ("discriminator", "#2d6a8e"),
    "g_loss": ("generator", "#c8553d"),
    "label_loss": ("label loss", "#6b8e23"),
    "age_margin": ("age margin", "#8a5a9e"),
    "consistency": ("consistency", "#c9a227"),
}
FEW = 40
PAUSES = {"pause_d": ("discriminator paused", "#2d6a8e"), "pause_g": ("generator paused", "#c8553d")}


@dataclass(frozen=True)
class History:
    """Each figure of a run: images seen and value, float64 [N] both, in the order of the images."""

    series: dict[str, tuple[np.ndarray, np.ndarray]]


def read_history(run: Path) -> History:
    """The figures in the run folder `run`. Raises `UserError` if there are none.

    A resumed or rolled-back run writes some images twice: the later line counts. A last line that was cut off in the
    middle of being written is left out.
    """
    path = run / "metrics.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); give a run folder that `train` wrote") from error
    found: dict[str, dict[int, float]] = {}
    for number, line in enumerate(lines, start=1):
        try:
            values = renamed(parsed_json(line), METRICS)
            images = int(values.pop("images"))
            figures = {name: float(value) for name, value in values.items() if name != "time"}
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            if number == len(lines):
                break
            raise UserError(f"{path}, line {number}: no line of figures") from error
        for name, value in figures.items():
            found.setdefault(name, {})[images] = value
    if not found:
        raise UserError(f"{path}: holds no figures yet")
    return History({name: in_order(values) for name, values in found.items()})


def in_order(values: dict[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """(images, values) sorted by images."""
    images = sorted(values)
    return np.array(images, np.float64), np.array([values[image] for image in images], np.float64)


def draw_history(history: History, title: str) -> Figure:
    """Losses and the gate's pauses, then learning rate and validation as far as there are any, over the images seen."""
    further = {name: words for name, words in FURTHER.items() if name in history.series}
    rows = 1 + len(further)
    figure = Figure(figsize=(9, 2.6 * (1 + rows)), layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False, height_ratios=[2, *[1] * len(further)])[:, 0]
    draw_losses(axes[0], history)
    axes[0].set_title(title)
    for axis, (name, (words, colour)) in zip(axes[1:], further.items(), strict=True):
        axis.plot(*history.series[name], color=colour, marker=marker_of(history, name))
        axis.set_ylabel(words)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel("images seen")
    return figure


def draw_losses(axis: Axes, history: History) -> None:
    """The losses as lines; where the gate paused a player, a band at the foot as tall as its share of the steps."""
    for name, (label, colour) in LOSSES.items():
        if name in history.series:
            marker = marker_of(history, name)
            axis.plot(*history.series[name], label=label, color=colour, linewidth=1.0, marker=marker)
    axis.set_ylabel("loss")
    paused = {name: series for name, series in history.series.items() if name in PAUSES and series[1].any()}
    if paused:
        shares = axis.twinx()
        shares.set_ylim(0, 4)
        shares.set_yticks([0, 1], ["0 %", "100 %"])
        shares.set_ylabel("paused", y=0.125)
        for name, (images, share) in paused.items():
            label, colour = PAUSES[name]
            shares.fill_between(images, share, step="mid", alpha=0.35, color=colour, linewidth=0, label=label)
        shares.legend(frameon=False, loc="upper right", ncols=len(PAUSES))
    # Room for one line of names above the curves, which fill everything else.
    axis.set_ylim(top=1.2 * axis.get_ylim()[1])
    if axis.get_legend_handles_labels()[0]:
        axis.legend(frameon=False, loc="upper left", ncols=len(LOSSES))


def marker_of(history: History, name: str) -> str:
    """How a figure's values are marked: with dots where they are few, or one alone would not be seen."""
    return "." if len(history.series[name][0]) <= FEW else ""


def summary(history: History) -> str:
    """The newest value of every figure, for a terminal."""
    return "\n".join(
        f"{name:<20} {values[-1]:>12.5g}  at {int(images[-1]):,} images"
        for name, (images, values) in history.series.items()
    )
