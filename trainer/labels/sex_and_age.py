"""Sex and age as people write them in tables, turned into numbers."""

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.errors import UserError

SEX_WORDS = {"female": -1.0, "f": -1.0, "woman": -1.0, "male": 1.0, "m": 1.0, "man": 1.0}
OLDEST = 120.0
OPEN_RANGE_YEARS = 20.0

AGE_GROUP_LIMITS = (3.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, math.inf)
"""Upper limits of the age groups in which pictures are counted and split: those of FairFace."""

Number = r"\d+(?:\.\d+)?"
_EXACT = re.compile(Number)
_RANGE = re.compile(rf"({Number})\s*(?:-|–|to)\s*({Number})")
_OPEN = re.compile(rf"({Number})\s*\+|more than ({Number})", re.IGNORECASE)


def parse_sex(text: str) -> float:
    """-1 female ... +1 male, from a word (`female`, `f`, `male`, `m`) or a number. Raises ValueError."""
    word = text.strip().lower()
    if word in SEX_WORDS:
        return SEX_WORDS[word]
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not -1 <= value <= 1:
        raise ValueError(f"sex {text!r}: give female, male, f, m, or a number from -1 (female) to 1 (male)")
    return value


def parse_age(text: str) -> tuple[float, float]:
    """The half-open range of years [low, high) that a person of this age is in. Raises ValueError.

    `34` is 34 to 35, `34.5` is 34.5 to 35.5, `20-29` is 20 to 30, `70+` is 70 to 90: who is that old is
    seldom older than 90.
    """
    word = text.strip()
    if match := _RANGE.fullmatch(word):
        low, high = float(match[1]), float(match[2]) + 1
    elif match := _OPEN.fullmatch(word):
        low = float(match[1] or match[2])
        high = low + OPEN_RANGE_YEARS
    elif _EXACT.fullmatch(word):
        low = float(word)
        high = low + 1
    else:
        raise ValueError(f"age {text!r}: give years such as 34, or a range such as 20-29 or 70+")
    if low >= high or low > OLDEST:
        raise ValueError(f"age {text!r}: give years from 0 to {OLDEST:.0f}, the lower end of a range first")
    return low, high


def age_group(age_low: float, age_high: float, limits: Sequence[float] = AGE_GROUP_LIMITS) -> int:
    """Index of the group that holds the middle of the range; groups are half-open, named by upper limits.

    -1 where the middle lies at or above the last limit.
    """
    middle = (age_low + age_high) / 2
    return next((index for index, limit in enumerate(limits) if middle < limit), -1)


def age_group_names(limits: Sequence[float] = AGE_GROUP_LIMITS) -> list[str]:
    """What people call the groups: `0-2`, `3-9`, ..., `70+`."""
    lower = [0.0, *limits[:-1]]
    return [
        f"{low:g}+" if math.isinf(high) else f"{low:g}-{high - 1:g}" for low, high in zip(lower, limits, strict=True)
    ]


@dataclass(frozen=True)
class Row:
    """A row of a table: its line number in the file, and its cells by column name."""

    path: Path
    line: int
    cells: dict[str, str]

    def error(self, column: str, problem: str) -> UserError:
        """What is wrong with one cell, as a line that names file, line and column."""
        return UserError(f"{self.path}, line {self.line}, column {column}: {problem}")


def read_table(path: Path, required: Sequence[str]) -> Iterator[Row]:
    """The rows of a CSV file with a header. Raises UserError: unreadable, a column missing, a row cut short."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; it is to be a table with the columns {', '.join(required)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as a UTF-8 table ({error})") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    reader.fieldnames = columns = [name.strip() for name in reader.fieldnames or []]
    if missing := [name for name in required if name not in columns]:
        raise UserError(f"{path}: no column {', '.join(missing)}; it has {', '.join(columns) or 'nothing'}")
    for cells in reader:
        if None in cells or None in cells.values():
            raise UserError(f"{path}, line {reader.line_num}: has not the header's {len(columns)} cells")
        yield Row(path, reader.line_num, cells)
