"""Sex and ages: as people write them, as they are grouped and shown. All age limits of the trainer stand here."""

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainer.labels.label import DIGITS, number_in

SEXES = ("female", "male")
SEX_WORDS = {"female": -1.0, "f": -1.0, "woman": -1.0, "women": -1.0, "male": 1.0, "m": 1.0, "man": 1.0, "men": 1.0}
OLDEST = 120.0
OPEN_RANGE_YEARS = 20.0
AGE_GROUP_LIMITS = (3.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, math.inf)
"""Upper limits of the age groups in which pictures are counted, split and compared: those of FairFace."""
ADULT = 20.0
SHOWN_AGES = (3.0, 10.0, 18.0, 27.0, 36.0, 45.0, 55.0, 65.0, 75.0, 85.0)
"""The ages that sheets show."""
YOUNGEST_SHOWN, OLDEST_SHOWN = 1.0, 85.0
_EXACT = re.compile(DIGITS)
_RANGE = re.compile(rf"({DIGITS})\s*(?:-|–|to)\s*({DIGITS})")
_OPEN = re.compile(rf"({DIGITS})\s*\+|more than ({DIGITS})", re.IGNORECASE)


def parse_sex(text: str) -> float:
    """-1 female ... +1 male, from a word (`female`, `f`, `woman`, `male`, `m`, `man`) or a fraction between the two.

    Raises ValueError; for whole numbers too: collections disagree on which sex 0, 1 and 2 are.
    """
    word = text.strip().lower()
    if word in SEX_WORDS:
        return SEX_WORDS[word]
    value = number_in(word)
    declared = f'declare it in labels.toml: name = "sex", cells = {{ "{text.strip()}" = "female", ... }}'
    if value in (-1, 0, 1, 2):
        raise ValueError(
            f"sex {text!r}: tables disagree on which sex a whole number is; write female and male, or {declared}"
        )
    if not -1 < value < 1:
        one_of = "female, male, f, m, woman, man, or a number from -1 (female) to 1 (male)"
        raise ValueError(f"sex {text!r}: give {one_of}; or {declared}" if word else f"sex '': give {one_of}")
    return value


def parse_age(text: str) -> tuple[float, float]:
    """The half-open range of years [low, high) that a person of this age is in. Raises ValueError.

    `34` is 34 to 35, `34.5` is 34.5 to 35.5, `20-29` is 20 to 30, `70+` is 70 to 90: who is that old is
    seldom older than 90.
    """
    word = text.strip()
    if match := _RANGE.fullmatch(word):
        low, last = float(match[1]), float(match[2])
        high = last + 1
    elif match := _OPEN.fullmatch(word):
        low = last = float(match[1] or match[2])
        high = low + OPEN_RANGE_YEARS
    elif _EXACT.fullmatch(word):
        low = last = float(word)
        high = low + 1
    else:
        raise ValueError(f"age {text!r}: give years such as 34, or a range such as 20-29 or 70+")
    if low >= high or last > OLDEST:
        raise ValueError(f"age {text!r}: give years from 0 to {OLDEST:.0f}, the lower end of a range first")
    return low, high


def age_group(age_low: float, age_high: float, limits: Sequence[float] = AGE_GROUP_LIMITS) -> int:
    """Index of the group that holds the middle of the range; groups are half-open, named by upper limits.

    -1 where the middle lies at or above the last limit.
    """
    return int(age_groups((age_low + age_high) / 2, limits))


def age_groups(age: ArrayLike, limits: Sequence[float] = AGE_GROUP_LIMITS) -> NDArray[np.int64]:
    """The group of each of `age`, in years, below rising upper `limits`, same shape; -1 at or above the last one."""
    group = np.searchsorted(np.asarray(limits, np.float64), np.asarray(age, np.float64), side="right")
    return np.where(group < len(limits), group, -1).astype(np.int64)


def age_group_names(limits: Sequence[float] = AGE_GROUP_LIMITS) -> list[str]:
    """What people call the groups: `0-2`, `3-9`, ..., `70+`."""
    lower = [0.0, *limits[:-1]]
    return [
        f"{low:g}+" if math.isinf(high) else f"{low:g}-{high - 1:g}" for low, high in zip(lower, limits, strict=True)
    ]
