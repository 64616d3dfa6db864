"""The selections of pictures that people are shown: the page draws one of them for each person.

The page holds all decks, so they must not tell the kinds apart, however many of them are compared. Were each of many
overlapping decks half made and half photographs, their equations could be solved. Hence:

- in the part `real`, half are made, and decks share either all of its faces or none: whoever compares decks learns what
  everybody is told, that half are photographs;
- in the other parts, the kind plays no part in the choice.
"""

from collections.abc import Sequence

import numpy as np

from trainer.study.design import PARTS, STRATA, Deck, Options, Picture, Question

DECKS = 48
"""At most so many: enough that in every part every picture is shown about as often."""


class _Dealer:
    """Deals pictures: none twice before all of the same choice were dealt once."""

    def __init__(self, pictures: Sequence[Picture], rng: np.random.Generator) -> None:
        self._rng = rng
        self._dealt: dict[tuple[str, int], int] = {}
        self._strata_dealt: dict[tuple[str, int], int] = {}
        self._members: list[list[int]] = [[] for _ in range(STRATA)]
        self._pictures = pictures
        for index, picture in enumerate(pictures):
            if picture.kind != "check":
                self._members[picture.stratum].append(index)

    def strata(self, part: str, count: int, in_deck: list[int]) -> list[int]:
        """`count` strata: those that this deck has least of, then those that came short in earlier decks.

        `in_deck` [STRATA] counts what the deck has; it is brought up to date.
        """
        chosen: list[int] = []
        for _ in range(count):
            least = min(
                range(STRATA), key=lambda s: (in_deck[s], self._strata_dealt.get((part, s), 0), self._rng.random())
            )
            self._strata_dealt[part, least] = self._strata_dealt.get((part, least), 0) + 1
            in_deck[least] += 1
            chosen.append(least)
        return chosen

    def deal(self, part: str, stratum: int, taken: set[int], kind: str | None = None) -> int:
        """A picture that is not `taken`, one of those dealt least often in `part`; of `kind`, or of either."""
        free = [
            index
            for index in self._members[stratum]
            if index not in taken and kind in (None, self._pictures[index].kind)
        ]
        least = min(free, key=lambda index: (self._dealt.get((part, index), 0), self._rng.random()))
        self._dealt[part, least] = self._dealt.get((part, least), 0) + 1
        taken.add(least)
        return least


def draw_decks(
    pictures: Sequence[Picture], checks: dict[str, list[Question]], options: Options, rng: np.random.Generator
) -> list[Deck]:
    """Up to DECKS selections of `pictures`, with their checks; sexes and age groups are even in each.

    `options` must have passed `refuse_nonsense`.
    """
    dealer = _Dealer(pictures, rng)
    sets = _disjoint_sets(dealer, pictures, options)
    variants = max(1, DECKS // len(sets))
    return [_deck(dealer, faces, pictures, checks, options, rng) for _ in range(variants) for faces in sets[:DECKS]]


def _disjoint_sets(dealer: _Dealer, pictures: Sequence[Picture], options: Options) -> list[list[tuple[int, ...]]]:
    """The faces of the part `real`: as many sets as there are faces for. In pairs the partners are fixed."""
    taken: set[int] = set()
    sets: list[list[tuple[int, ...]]] = []
    for _ in range(options.faces // options.photographs):
        strata = dealer.strata("real", options.photographs, [0] * STRATA)
        made = [dealer.deal("real", stratum, taken, "made") for stratum in strata]
        if options.protocol == "pair":
            sets.append([(index, pictures[index].partner) for index in made])
        else:
            photographs = [dealer.deal("real", stratum, taken, "photograph") for stratum in strata]
            sets.append([(index,) for index in (*made, *photographs)])
    return sets


def _deck(
    dealer: _Dealer,
    faces: list[tuple[int, ...]],
    pictures: Sequence[Picture],
    checks: dict[str, list[Question]],
    options: Options,
    rng: np.random.Generator,
) -> Deck:
    taken = {index for shown in faces for index in shown}
    in_deck = [0] * STRATA
    for index in taken:
        in_deck[pictures[index].stratum] += 1
    times = exposures(len(faces), options.show_for, rng)
    deck: Deck = {"real": [Question(shown, time) for shown, time in zip(faces, times, strict=True)] + checks["real"]}
    for part in PARTS[1:]:
        if options.questions(part):
            strata = dealer.strata(part, options.questions(part), in_deck)
            deck[part] = [Question((dealer.deal(part, stratum, taken),)) for stratum in strata] + checks[part]
    return deck


def exposures(count: int, show_for: Sequence[int], rng: np.random.Generator) -> list[int | None]:
    """How long each of `count` questions shows its picture, [count], in ms or None; every time equally often.

    The kind plays no part in it: the times stand in the public decks.
    """
    if not show_for:
        return [None] * count
    cycle = np.resize(rng.permutation(np.asarray(show_for)), count)
    return [int(time) for time in rng.permutation(cycle)]
