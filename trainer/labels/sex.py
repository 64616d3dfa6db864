"""Sex as people write it."""

from trainer.labels.label import number_in

SEXES = ("female", "male")
SEX_WORDS = {"female": -1.0, "f": -1.0, "woman": -1.0, "women": -1.0, "male": 1.0, "m": 1.0, "man": 1.0, "men": 1.0}


def parse_sex(text: str) -> float:
    """-1 female ... +1 male, from a word (`female`, `f`, `woman`, `male`, `m`, `man`) or a fraction between the two.

    Raises ValueError; for whole numbers too: collections disagree on which sex 0, 1 and 2 are.
    """
    word = text.strip().lower()
    if word in SEX_WORDS:
        return SEX_WORDS[word]
    value = number_in(word)
    if value in (-1, 0, 1, 2):
        raise ValueError(
            f"sex {text!r}: tables disagree on which sex a whole number is; write female and male, or declare it in"
            f' labels.toml: name = "sex", cells = {{ "{text.strip()}" = "female", ... }}'
        )
    if not -1 < value < 1:
        raise ValueError(f"sex {text!r}: give female, male, f, m, woman, man, or a number from -1 (female) to 1 (male)")
    return value
