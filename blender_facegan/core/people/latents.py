"""The vector that stands in a seed's place: a person who was found in a photograph and not drawn."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

LARGEST = 1e6
"""Of a number of a latent; those of a normal distribution lie within 6."""
MAX_NUMBERS = 131_072
"""Of a latent; the largest that a model may have, with offsets."""

Latent = tuple[float, ...]


def checked_latent(values: ArrayLike) -> Latent:
    """The vector [V] as float32 numbers in a tuple. Raises ValueError for none, too many, and ones that are none."""
    numbers = np.asarray(values, np.float64)
    if numbers.ndim != 1 or not 1 <= numbers.size <= MAX_NUMBERS:
        raise ValueError(f"the latent has {numbers.size} numbers, not 1 to {MAX_NUMBERS:,}")
    if not (np.abs(numbers) <= LARGEST).all():
        raise ValueError(f"the latent has numbers that are not within {LARGEST:g}")
    return tuple(numbers.astype(np.float32).tolist())


def read_latent(text: str) -> Latent:
    """The vector from its numbers, separated by spaces. Raises ValueError."""
    words = text.split(maxsplit=MAX_NUMBERS)
    try:
        numbers = [float(word) for word in words[:MAX_NUMBERS]]
    except ValueError as error:
        raise ValueError(f"the latent has {_first_wrong(words)[:20]!r} for a number") from error
    return checked_latent(numbers + [float("nan")] * (len(words) > MAX_NUMBERS))


def latent_text(latent: Latent) -> str:
    """The numbers, separated by spaces; `read_latent` gives the same float32 values."""
    return " ".join(f"{number:.9g}" for number in latent)


def latent_seed(latent: Latent) -> int:
    """A seed for what else is drawn of this person, the same for the same vector: 0 to 2^31 - 1."""
    return int.from_bytes(_hash(latent, 8), "little") & (2**31 - 1)


def latent_mark(latent: Latent) -> str:
    """16 hexadecimal digits that tell the vector from others."""
    return _hash(latent, 8).hex()


def _hash(latent: Latent, size: int) -> bytes:
    numbers: NDArray[Any] = np.asarray(latent, "<f4")
    return hashlib.blake2b(numbers.tobytes(), digest_size=size, person=b"latent").digest()


def _first_wrong(words: list[str]) -> str:
    for word in words:
        try:
            float(word)
        except ValueError:
            return word
    return ""
