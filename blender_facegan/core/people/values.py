"""Sex, age and seed as other programs write them down: on objects, on points, in any of the usual ways."""

import math
from typing import Literal

from ..errors import CrowdError
from .ages import MAX_AGE
from .skin_tones import DARKEST_TONE, LIGHTEST_TONE

SexValues = Literal["AUTO", "SIGNED", "ZERO_ONE"]
"""How numbers tell the sex. SIGNED: -1 female to 1 male. ZERO_ONE: 0 female to 1 male. AUTO: whole numbers and yes/no
are 0 female and 1 male, decimals -1 to 1; 0.0 is refused, since the two ways take it for different people."""

MAX_WRITTEN_SEED = 2**31 - 1
"""The largest seed that Blender's whole numbers hold."""
_WORDS = {"female": -1.0, "f": -1.0, "woman": -1.0, "male": 1.0, "m": 1.0, "man": 1.0}


class PeopleValueError(CrowdError, ValueError):
    """A value that tells no sex, age or seed. The message says which value, and what it should be."""


def read_sex(value: object, values: SexValues = "AUTO") -> float:
    """The sex that `value` tells: -1 female to 1 male.

    Words, in any case: female, f, woman; male, m, man. Numbers as `values` says. Raises PeopleValueError.
    """
    if isinstance(value, str):
        if value.strip().lower() not in _WORDS:
            raise PeopleValueError(f"the sex {value[:40]!r} is not female or male")
        return _WORDS[value.strip().lower()]
    number = _number(value, "sex")
    if values == "SIGNED":
        return _within(number, -1.0, "the sex {} is not from -1 (female) to 1 (male)")
    if values == "ZERO_ONE":
        return 2.0 * _within(number, 0.0, "the sex {} is not from 0 (female) to 1 (male)") - 1.0
    if isinstance(value, (bool, int)):
        if number not in (0.0, 1.0):
            raise PeopleValueError(f"the sex {value} is not 0 (female) or 1 (male): say how sexes are written")
        return 2.0 * number - 1.0
    if number == 0.0:
        raise PeopleValueError("the sex 0.0 may be female or neither: say how sexes are written")
    return _within(number, -1.0, "the sex {} is not from -1 (female) to 1 (male)")


def read_age(value: object) -> float:
    """The age in years: 0 to MAX_AGE. Raises PeopleValueError."""
    number = math.nan if isinstance(value, bool) else _number(value, "age")
    if not 0 <= number <= MAX_AGE:
        raise PeopleValueError(f"the age {value} is not from 0 to {MAX_AGE:g} years")
    return number


def read_seed(value: object) -> int:
    """The seed: a whole number from 0 to MAX_WRITTEN_SEED, possibly written as a decimal. Raises PeopleValueError."""
    number = read_id(value, "seed")
    if not 0 <= number <= MAX_WRITTEN_SEED:
        raise PeopleValueError(f"the seed {value} is not from 0 to {MAX_WRITTEN_SEED}")
    return number


def read_skin(value: object) -> float:
    """The skin tone: 1, the lightest, to 10, the darkest. Raises PeopleValueError."""
    number = math.nan if isinstance(value, bool) else _number(value, "skin tone")
    if not LIGHTEST_TONE <= number <= DARKEST_TONE:
        raise PeopleValueError(f"the skin tone {value} is not from 1 (lightest) to 10 (darkest)")
    return number


def read_id(value: object, what: str = "identifier") -> int:
    """A whole number, which may be negative or written as a decimal. Raises PeopleValueError."""
    number = math.nan if isinstance(value, bool) else _number(value, what)
    if not math.isfinite(number) or number != int(number):
        raise PeopleValueError(f"the {what} {value} is not a whole number")
    return int(number)


def _number(value: object, what: str) -> float:
    if not isinstance(value, (int, float)):
        raise PeopleValueError(f"the {what} {str(value)[:40]!r} is not a number")
    return float(value)


def _within(number: float, lowest: float, message: str) -> float:
    if not lowest <= number <= 1.0:
        raise PeopleValueError(message.format(f"{number:g}"))
    return number
