"""Sex as people write it."""

import math

SEXES = ("female", "male")
SEX_WORDS = {"female": -1.0, "f": -1.0, "woman": -1.0, "male": 1.0, "m": 1.0, "man": 1.0}


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
