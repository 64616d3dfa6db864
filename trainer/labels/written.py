"""Numbers as tables hold them."""

import math
import re

DIGITS = "[0-9]+(?:[.][0-9]+)?"
"""A number without its sign, in a regular expression: `float` would read `1_0`, full-width digits and `inf` as well."""
NUMBER = re.compile(rf"[+-]?(?:{DIGITS}|[0-9]+[.]|[.][0-9]+)(?:[eE][+-]?[0-9]{{1,4}})?")


def plain_number(text: str) -> float:
    """The finite number that a cell holds. Raises ValueError."""
    value = float(text) if NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise ValueError("is no number")
    return value
