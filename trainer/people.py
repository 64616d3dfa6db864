"""The list of people to draw: `seed,sex,age` in a CSV."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainer.errors import UserError

COLUMNS = ("seed", "sex", "age")
SEXES = {"female": -1.0, "f": -1.0, "male": 1.0, "m": 1.0}
MAXIMUM_SEED = 2**32 - 1


@dataclass(frozen=True)
class People:
    """`seed` int64 [N], `sex` float32 [N] (-1 female ... +1 male), `age` float32 [N] in years."""

    seed: np.ndarray
    sex: np.ndarray
    age: np.ndarray


def read_people(path: Path) -> People:
    """Read a people CSV: columns seed (0 ... 2^32 - 1), sex (female, male, or -1 ... 1), age (years, 0 ... 130).

    Raises `UserError` naming the file, the line and the value that does not fit.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise UserError(f"{path}: no column {', '.join(missing)}; the first line must be seed,sex,age")
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error
    if not rows:
        raise UserError(f"{path}: lists nobody")
    return People(
        np.array([read_seed(row["seed"], f"{path}, line {line}") for line, row in rows], np.int64),
        np.array([read_sex(row["sex"], f"{path}, line {line}") for line, row in rows], np.float32),
        np.array([read_age(row["age"], f"{path}, line {line}") for line, row in rows], np.float32),
    )


def read_seed(text: str | None, where: str) -> int:
    """A seed. Raises `UserError`."""
    try:
        seed = int(text or "")
    except ValueError:
        seed = -1
    if not 0 <= seed <= MAXIMUM_SEED:
        raise UserError(f"{where}: seed {text!r} is not a whole number from 0 to {MAXIMUM_SEED}")
    return seed


def read_sex(text: str | None, where: str) -> float:
    """A sex, -1 ... +1. Raises `UserError`."""
    word = (text or "").strip().lower()
    value = SEXES[word] if word in SEXES else number(word)
    if not -1.0 <= value <= 1.0:
        raise UserError(f"{where}: sex {text!r} is not female, male, or a number from -1 to 1")
    return value


def read_age(text: str | None, where: str) -> float:
    """An age in years. Raises `UserError`."""
    value = number((text or "").strip())
    if not 0.0 <= value <= 130.0:
        raise UserError(f"{where}: age {text!r} is not a number of years from 0 to 130")
    return value


def number(text: str) -> float:
    """A finite number, or NaN."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
