"""Distributions of skin tone: each turns one even draw into a tone from 1, the lightest, to 10, the darkest."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

TONES: Final = 10
"""Tones of the scale (Monk Skin Tone Scale, Ellis Monk, CC BY 4.0)."""
LIGHTEST_TONE: Final = 1.0
DARKEST_TONE: Final = float(TONES)


@dataclass(frozen=True)
class SkinTones:
    """How many people have each of the ten tones, as weights beside each other; within a tone, all shades as likely.

    Raises ValueError for another number of weights, one that is not from 0 to 1,000,000, and weights that are all zero.
    """

    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.weights) != TONES:
            raise ValueError(
                f"{len(self.weights)} weights of skin tones: give {TONES}, from the lightest to the darkest"
            )
        for tone, weight in enumerate(self.weights, 1):
            if not 0 <= weight <= 1e6:
                raise ValueError(f"the weight {weight:g} of skin tone {tone} is not from 0 to 1,000,000")
        if sum(self.weights) <= 0:
            raise ValueError("the skin tones all have the weight 0: give one of them more")

    def at(self, share: float) -> float:
        """The tone at the given share (0 to 1) of people, counted from the lightest.

        A tone's shades reach half a step to either side, and at the ends of the scale no further than that.
        """
        rest = share * sum(self.weights)
        *others, last = (tone for tone, weight in enumerate(self.weights, 1) if weight > 0)
        for tone in others:
            if rest < self.weights[tone - 1]:
                break
            rest -= self.weights[tone - 1]
        else:
            tone = last
        low, high = max(tone - 0.5, LIGHTEST_TONE), min(tone + 0.5, DARKEST_TONE)
        return low + min(max(rest / self.weights[tone - 1], 0.0), 1.0) * (high - low)

    def to_json(self) -> list[float]:
        """Plain values for `skin_from_json`."""
        return list(self.weights)


def skin_from_json(data: Any) -> SkinTones:
    """The distribution that `to_json` wrote down. Raises ValueError naming what is wrong."""
    if not isinstance(data, list) or not all(type(value) in (int, float) and abs(value) <= 1e9 for value in data):
        raise ValueError(f"the skin tones are not a list of {TONES} weights")
    return SkinTones(tuple(float(value) for value in data))


SKINS: Final[Mapping[str, SkinTones]] = MappingProxyType(
    {
        "even": SkinTones((1.0,) * TONES),
        "light": SkinTones((10.0, 26, 28, 18, 9, 4, 2, 1.5, 1, 0.5)),
        "medium": SkinTones((1.0, 4, 10, 18, 22, 20, 13, 7, 4, 1)),
        "dark": SkinTones((0.5, 1, 1.5, 2, 5, 12, 22, 26, 20, 10)),
    }
)
"""Ready distributions by name: plausible crowds for pictures, not statistics of a country. No survey is cited: none is
known here that tells the shares of a whole people in Monk's tones."""
COMMON: Final = SkinTones((8.0, 9, 10, 13, 15, 16, 12, 9, 6, 2))
"""The tones of the faces of a model that learnt from FairFace and knows no tones: 512 of them, evened and measured."""
