"""The list of people to draw, or of whatever the model draws: a CSV of `seed` and the model's labels."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.errors import UserError
from trainer.labels.label import SEX_AND_AGE, LabelSpec, unasked

SEXES = {"female": -1.0, "f": -1.0, "male": 1.0, "m": 1.0}
MAXIMUM_SEED = 2**32 - 1
OLDEST = 130.0


@dataclass(frozen=True)
class People:
    """`seed` int64 [N], and by name what is asked of each label, float32 [N, columns]."""

    seed: NDArray[np.int64]
    values: Mapping[str, NDArray[np.float32]]

    def part(self, rows: slice) -> "People":
        """The people in `rows`."""
        return People(self.seed[rows], {name: value[rows] for name, value in self.values.items()})


def read_people(path: Path, labels: Sequence[LabelSpec] = SEX_AND_AGE) -> People:
    """Read a CSV with the columns seed (0 ... 2^32 - 1), sex and age where `labels` have them, and further labels.

    A binary label is one of its two words or -1 ... 1, years are 0 ... 130, another number is within its range, a class
    is named. A further label whose column or cell is missing is as nobody asked for it. Raises `UserError` naming the
    file, the line and the value that does not fit.
    """
    needed = ["seed", *(label.name for label in labels if label.name in ("sex", "age"))]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise UserError(f"{path}: no column {', '.join(missing)}; the first line must be {','.join(needed)}")
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error
    if not rows:
        raise UserError(f"{path}: lists nobody")
    seeds = np.array([read_seed(row["seed"], f"{path}, line {line}") for line, row in rows], np.int64)
    values = {}
    for label in labels:
        own = unasked(label, seeds)
        for index, (line, row) in enumerate(rows):
            text = row.get(label.name)
            if label.name in needed or (text or "").strip():
                own[index] = read_value(label, text, f"{path}, line {line}")
        values[label.name] = own
    return People(seeds, values)


def read_settings(words: Sequence[str], labels: Sequence[LabelSpec]) -> dict[str, NDArray[np.float32]]:
    """`glasses=yes` and the like as values by name, float32 [columns] each. Raises `UserError`."""
    known = {label.name: label for label in labels}
    values = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or name not in known:
            raise UserError(f"{word!r}: give NAME=VALUE; the model's labels are {', '.join(known) or 'none'}")
        values[name] = read_value(known[name], text, word)
    return values


def read_value(label: LabelSpec, text: str | None, where: str) -> NDArray[np.float32]:
    """What is asked of a label, float32 [columns]. Raises `UserError`."""
    word = (text or "").strip()
    if label.kind == "classes":
        if word not in label.classes:
            raise UserError(f"{where}: {label.name} {text!r} is none of {', '.join(label.classes)}")
        chosen: NDArray[np.float32] = np.eye(label.columns, dtype=np.float32)[label.classes.index(word)]
        return chosen
    if label.kind == "binary":
        words = {label.negative.lower(): -1.0, label.positive.lower(): 1.0} | (SEXES if label.name == "sex" else {})
        value = words.get(word.lower(), number(word))
        if not -1.0 <= value <= 1.0:
            told = f"{label.negative}, {label.positive}, or a number from -1 to 1"
            raise UserError(f"{where}: {label.name} {text!r} is not {told}")
    else:
        low, high = label.minimum, label.maximum
        if label.unit == "years":
            low, high = 0.0, OLDEST
        value = number(word)
        if not low <= value <= high:
            kind = f"number of {label.unit}" if label.unit else "number"
            raise UserError(f"{where}: {label.name} {text!r} is not a {kind} from {low:g} to {high:g}")
    return np.array([value], np.float32)


def read_seed(text: str | None, where: str) -> int:
    """A seed. Raises `UserError`."""
    try:
        seed = int(text or "")
    except ValueError:
        seed = -1
    if not 0 <= seed <= MAXIMUM_SEED:
        raise UserError(f"{where}: seed {text!r} is not a whole number from 0 to {MAXIMUM_SEED}")
    return seed


def number(text: str) -> float:
    """A finite number, or NaN."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
