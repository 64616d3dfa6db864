"""The list of people to draw, or of whatever the model draws: a CSV of `seed` and the model's labels."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.errors import UserError, meant
from trainer.labels.label import Label
from trainer.labels.people import SEX_AND_AGE
from trainer.labels.tables import read_table

MAXIMUM_SEED = 2**32 - 1
SEED = re.compile("[0-9]{1,20}")


@dataclass(frozen=True)
class People:
    """`seed` int64 [N], and by name what is asked of each label, float32 [N, columns]."""

    seed: NDArray[np.int64]
    values: Mapping[str, NDArray[np.float32]]

    def part(self, rows: slice) -> "People":
        """The people in `rows`."""
        return People(self.seed[rows], {name: value[rows] for name, value in self.values.items()})


def read_people(path: Path, labels: Sequence[Label] = SEX_AND_AGE) -> People:
    """Read a CSV with the columns seed (0 ... 2^32 - 1), sex and age where `labels` have them, and further labels.

    A binary label is one of its two words or -1 ... 1, years are 0 ... 120, another number is within its range, a class
    is named. A further label whose column or cell is missing is as nobody asked for it. Raises `UserError` naming the
    file, the line and the value that does not fit.
    """
    needed = ["seed", *(label.name for label in labels if label.name in ("sex", "age"))]
    further = [label.name for label in labels if label.name not in needed]
    rows = list(read_table(path, needed, further))
    if not rows:
        raise UserError(f"{path}: lists nobody")
    seeds = np.array([read_seed(row.cells["seed"], f"{path}, line {row.line}") for row in rows], np.int64)
    values = {}
    for label in labels:
        own = label.unasked(seeds)
        cells = [row.number_text(label.name) if label.name in row.cells else "" for row in rows]
        if problem := label.column_problem(cells):
            raise UserError(f"{path}, column {label.name}: {problem}")
        for index, (row, text) in enumerate(zip(rows, cells, strict=True)):
            if label.name in needed or text:
                own[index] = read_value(label, text, f"{path}, line {row.line}")
        values[label.name] = own
    return People(seeds, values)


def drawn_things(count: int, labels: Sequence[Label]) -> str:
    """How many of what a model with these labels draws, in words."""
    thing = "face" if any(label.name in ("sex", "age") for label in labels) else "picture"
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def read_settings(words: Sequence[str], labels: Sequence[Label]) -> dict[str, NDArray[np.float32]]:
    """`glasses=yes` and the like as values by name, float32 [columns] each. Raises `UserError`."""
    known = {label.name: label for label in labels}
    values = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or name not in known:
            raise UserError(
                f"{word!r}{meant(name, known)}: give NAME=VALUE; the model's labels are {', '.join(known) or 'none'}"
            )
        values[name] = read_value(known[name], text, word)
    return values


def read_value(label: Label, text: str | None, where: str) -> NDArray[np.float32]:
    """What is asked of a label, float32 [columns]. Raises `UserError`."""
    try:
        return label.read_request((text or "").strip())
    except ValueError as error:
        raise UserError(f"{where}: {label.name} {text!r} {error}") from None


def read_seed(text: str | None, where: str) -> int:
    """A seed. Raises `UserError`."""
    seed = int(text) if text and SEED.fullmatch(text) else -1
    if not 0 <= seed <= MAXIMUM_SEED:
        raise UserError(f"{where}: seed {text!r} is not a whole number from 0 to {MAXIMUM_SEED}")
    return seed
