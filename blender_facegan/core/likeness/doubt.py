"""Keeps broken faces out of a crowd before they are drawn: whom the model doubts is drawn from another seed."""

from collections.abc import Callable, Sequence
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 8
"""Seeds tried for a character at most. Where half of all faces are doubted, as of the oldest men of the first default
model, 1 of 256 characters keeps its doubtful face."""


class Doubted(Protocol):
    """A character that may be drawn from another seed."""

    @property
    def may_be_refused(self) -> bool:
        """Whether it may: nobody chose this face by hand."""

    def rerolled(self) -> Self:
        """The same character with its next seed."""


_Character = TypeVar("_Character", bound=Doubted)
Doubts = Callable[[Sequence[_Character]], NDArray[np.float32]]
"""How doubtful the model is of each face, float32 [N]: see `core.engine.engine.Engine.doubts`."""


def settled(characters: Sequence[_Character], doubts: Doubts[_Character], most: float) -> list[_Character]:
    """The characters in their order; who is doubted more than `most` has the first seed of its own that is not.

    Who may not be refused stays, and is not asked about; who finds no seed in some rounds keeps the least doubtful one.
    Since a character's seeds follow from its own alone, it settles on the same one in any crowd.
    """
    best, tried = list(characters), list(characters)
    asked = [row for row, one in enumerate(characters) if one.may_be_refused]
    least = dict(zip(asked, doubts([characters[row] for row in asked]).tolist(), strict=True))
    open_rows = [row for row in asked if least[row] > most]
    for _ in range(_ROUNDS):
        if not open_rows:
            break
        for row in open_rows:
            tried[row] = tried[row].rerolled()
        found = doubts([tried[row] for row in open_rows])
        for row, doubt in zip(open_rows, found.tolist(), strict=True):
            if doubt < least[row]:
                best[row], least[row] = tried[row], doubt
        open_rows = [row for row in open_rows if least[row] > most]
    return best
