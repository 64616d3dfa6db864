"""What an evaluation says: figures beside their bars and their real-picture values, tables, sheets of pictures."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.statistics.estimates import wilson_interval
from trainer.pictures import GAP, Pixels, tiled

Style = Literal["share", "number", "count"]
Cell = str | int | float | None
WORD_HEIGHT = 14
GROUND, INK = 24, 220


@dataclass(frozen=True)
class Bar:
    """A limit that a figure must keep, in words, and whether it does."""

    text: str
    met: bool


def at_least(value: float, limit: float, because: str = "") -> Bar:
    """The bar `value >= limit`; `because` says where the limit comes from. Not met by nan."""
    return Bar(_worded("≥", limit, because), bool(value >= limit))


def at_most(value: float, limit: float, because: str = "") -> Bar:
    """The bar `value <= limit`; `because` says where the limit comes from. Not met by nan."""
    return Bar(_worded("≤", limit, because), bool(value <= limit))


def between(value: float, low: float, high: float, because: str = "") -> Bar:
    """The bar `low <= value <= high`; `because` says where the limits come from. Not met by nan."""
    told = f" ({because})" if because else ""
    return Bar(f"{low:.4g} to {high:.4g}{told}", bool(low <= value <= high))


Values = float | NDArray[np.floating]
Limit = Callable[[float, float, str], Bar]
"""`at_least` or `at_most`."""


def _worded(sign: str, limit: float, because: str) -> str:
    return f"{sign} {limit:.4g}" + (f" ({because})" if because else "")


@dataclass(frozen=True)
class Figure:
    """One measured number.

    `key` is stable, for programs (`cascades.strict`); `title` is for people. `real` is the same measure on held-out
    real pictures (or between two sets of real pictures), `interval` the 95 % interval, `count` how many pictures,
    pairs or steps were measured.
    """

    key: str
    title: str
    value: float
    real: float | None = None
    interval: tuple[float, float] | None = None
    count: int | None = None
    style: Style = "number"
    bar: Bar | None = None


def counted(key: str, title: str, found: int, of: int, real: float | None = None, bar: Bar | None = None) -> Figure:
    """A share of what was counted, with Wilson's interval."""
    return Figure(key, title, found / of, real, wilson_interval(found, of), of, "share", bar)


def median(
    key: str, title: str, made: Values, real: Values | None = None, bar: Callable[[float, float], Bar] | None = None
) -> Figure:
    """The median of `made`, any shape, beside that of `real`; `bar` is made of both medians."""
    value, beside = float(np.median(made)), math.nan if real is None else float(np.median(real))
    kept = None if bar is None else bar(value, beside)
    return Figure(key, title, value, None if real is None else beside, count=np.size(made), bar=kept)


@dataclass(frozen=True)
class Table:
    """Rows of cells below `columns`. Numbers are written as they are; shares are given as strings."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Sheet:
    """A picture for people: uint8 RGB [H, W, 3]. `name` is its file name without the ending."""

    name: str
    title: str
    caption: str
    picture: NDArray[np.uint8]


@dataclass(frozen=True)
class Section:
    """One part of a report."""

    title: str
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    sheets: Sequence[Sheet] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def written(value: float | None, style: Style = "number") -> str:
    """A number as people read it: a share in per cent, a count whole, anything else to three significant places."""
    if value is None:
        return "–"
    if math.isnan(value):
        return "not measurable"
    if style == "share":
        return f"{100 * value:.2f} %"
    if style == "count":
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def aligned(rows: Sequence[Sequence[str]], left: Collection[int]) -> list[str]:
    """Rows of cells as lines for a terminal: the columns in `left` begin on one line, the others end on one."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:<{width}}" if column in left else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def grid(pictures: Sequence[Pixels] | Pixels, columns: int) -> Pixels:
    """Pictures [H, H, 3] row by row: uint8 RGB."""
    return _framed(tiled(pictures, columns, ground=GROUND), GAP, GAP, GAP)


def strips(pictures: Pixels, row_words: Sequence[str], column_words: Sequence[str]) -> Pixels:
    """[rows, columns, H, H, 3] with a word before each row and one above each column: uint8 RGB."""
    rows, columns, side = pictures.shape[:3]
    margin = 10 + 8 * max((len(word) for word in row_words), default=0)
    sheet = tiled(pictures.reshape(-1, *pictures.shape[2:]), columns, ground=GROUND)
    sheet = _framed(sheet, WORD_HEIGHT, margin, 2 * GAP)
    for column, word in enumerate(column_words):
        _write(sheet, word, margin + column * (side + GAP) + 2, WORD_HEIGHT - 4)
    for row in range(rows):
        _write(sheet, row_words[row], 4, WORD_HEIGHT + row * (side + GAP) + side // 2 + 4)
    return sheet


def _framed(sheet: Pixels, top: int, left: int, end: int) -> Pixels:
    return np.pad(sheet, ((top, end), (left, end), (0, 0)), constant_values=GROUND)


def _write(sheet: Pixels, word: str, left: int, base: int) -> None:
    cv2.putText(sheet, word, (left, base), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (INK, INK, INK), 1, cv2.LINE_AA)
