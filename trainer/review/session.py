"""What the page shows: suspects filtered, cut into pages, and each picture with its facts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.data.dataset import Dataset
from trainer.labels.sex_and_years import AGE_GROUP_LIMITS, SEXES, age_group, age_group_names
from trainer.pictures import png
from trainer.review.ledger import Ledger
from trainer.review.looks import Looks, nearest_read_alike
from trainer.review.predictions import Predictions
from trainer.review.suspects import KINDS, Suspects

ALL = "all"
EVERYTHING = "every picture, suspects or not, in the dataset's order"
NEIGHBOURS = 8
LARGEST_PAGE = 500
PRESENCE_SECONDS = 60.0
AGE_GROUPS = age_group_names()


@dataclass(frozen=True)
class Filter:
    """Which suspects are asked for: a kind or `all`; sex -1, +1 or None; age group by index or None.

    Sex and age are those of the label as prepared, so that a picture stays where it was when its label is changed.
    """

    kind: str = "label"
    sex: int | None = None
    age: int | None = None


class Review:
    """One dataset under review, as prepared (decisions are the ledger's). Used from several threads."""

    def __init__(
        self, dataset: Dataset, predictions: Predictions, looks: Looks, suspects: dict[str, Suspects], ledger: Ledger
    ) -> None:
        self.dataset = dataset
        self.predictions = predictions
        self.looks = looks
        self.suspects = suspects
        self.ledger = ledger
        self.years = predictions.years
        self.people = dataset.people
        self._age, self._sex = self.people.group, np.where(self.people.sex > 0, 1, -1)
        self._place: dict[int, list[tuple[str, float]]] = {}
        for kind, own in suspects.items():
            for row, score in zip(own.rows.tolist(), own.score.tolist(), strict=True):
                self._place.setdefault(row, []).append((kind, score))
        self._present: dict[str, tuple[float, frozenset[int]]] = {}

    def chosen(self, asked: Filter) -> Suspects:
        """The pictures that `asked` names. Raises ValueError for a kind that there is not."""
        if asked.kind == ALL:
            count = len(self.dataset)
            own = Suspects.alone(np.arange(count, dtype=np.int64), np.zeros(count, np.float32))
        elif asked.kind in self.suspects:
            own = self.suspects[asked.kind]
        else:
            raise ValueError(f"no kind {asked.kind!r}")
        wanted = np.ones(len(own), dtype=np.bool_)
        if asked.sex is not None:
            wanted &= self._sex[own.rows] == asked.sex
        if asked.age is not None:
            wanted &= self._age[own.rows] == asked.age
        return own[wanted]

    def overview(self) -> dict[str, Any]:
        """What there is to choose from, and how far the review is."""
        kinds = [
            {"name": kind, "meaning": KINDS[kind], "count": len(own), "left": self.ledger.left(own.rows)}
            for kind, own in self.suspects.items()
        ]
        every = np.arange(len(self.dataset))
        kinds.append({"name": ALL, "meaning": EVERYTHING, "count": len(every), "left": self.ledger.left(every)})
        return {
            "pictures": len(self.dataset),
            "side": self.dataset.size,
            "kinds": kinds,
            "ages": AGE_GROUPS,
            "people": self.ledger.by_person(),
            "change": len(self.ledger.changes),
        }

    def page(self, asked: Filter, number: int, length: int, who: str) -> dict[str, Any]:
        """Page `number`, from 0, of `length` pictures; beyond the last page, the last one."""
        chosen = self.chosen(asked)
        length = min(max(length, 1), LARGEST_PAGE)
        pages = max(1, -(-len(chosen.rows) // length))
        number = min(max(number, 0), pages - 1)
        part = slice(number * length, (number + 1) * length)
        rows = chosen.rows[part].tolist()
        if who:
            self._present[who] = time.monotonic(), frozenset(rows)
        return {
            "page": number,
            "pages": pages,
            "count": len(chosen.rows),
            "left": self.ledger.left(chosen.rows),
            "items": [
                self.item(row) | {"score": round(score, 3), "partner": partner}
                for row, score, partner in zip(
                    rows, chosen.score[part].tolist(), chosen.partner[part].tolist(), strict=True
                )
            ],
        }

    def next_open(self, asked: Filter, after: int, who: str) -> int | None:
        """The place, from 0, of the first undecided picture behind place `after`, or from the start; None: all done.

        Pictures that another person has before the eyes are passed over while there are others.
        """
        rows = self.chosen(asked).rows
        places = np.flatnonzero(~self.ledger.decided[rows])
        if not len(places):
            return None
        ranked = np.concatenate([places[places > after], places[places <= after]])
        taken = self._taken(who)
        return next((int(place) for place in ranked if int(rows[place]) not in taken), int(ranked[0]))

    def _taken(self, who: str) -> frozenset[int]:
        recent = time.monotonic() - PRESENCE_SECONDS
        others = [rows for name, (seen, rows) in list(self._present.items()) if name != who and seen > recent]
        return frozenset().union(*others)

    def item(self, row: int) -> dict[str, Any]:
        """A picture's label, what was read from it, of which kinds it is a suspect, and what was decided."""
        dataset = self.dataset
        return {
            "row": row,
            "file": dataset.files[row],
            "sex": _sex_name(float(self.people.sex[row])),
            "age": _age_name(float(self.people.low[row]), float(self.people.high[row])),
            "heldOut": bool(dataset.held_out[row]),
            "male": round(float(self.predictions.male[row]), 3),
            "years": round(float(self.years[row]), 1),
            "kinds": [kind for kind, _ in self._place.get(row, [])],
            "decision": self.decision(row),
        }

    def decision(self, row: int) -> dict[str, Any] | None:
        """What stands for a picture, in words, and who decided."""
        found = self.ledger.standing(row)
        if found is None:
            return None
        (state, own), shown = found, {"sex": lambda sex, _: _sex_name(sex), "age": _age_name}
        return {
            "dropped": state.dropped,
            **{name: words(*state.values[name]) if name in state.values else None for name, words in shown.items()},
            "who": own[-1].who,
            "when": own[-1].when,
        }

    def details(self, row: int) -> dict[str, Any]:
        """An item, its age as read by group, and its neighbours: by looks, and by what a network saw in it."""
        read = self.predictions.age[row]
        group = np.array([age_group(float(knot), float(knot)) for knot in self.predictions.knots])
        by_group = [round(float(read[group == number].sum()), 3) for number in range(len(AGE_GROUPS))]
        return self.item(row) | {
            "ageRead": by_group,
            "alike": self._neighbours(self.looks.nearest(row, NEIGHBOURS)),
            "readAlike": self._neighbours(nearest_read_alike(self.predictions, row, NEIGHBOURS)),
        }

    def _neighbours(self, found: Sequence[tuple[int, float]]) -> list[dict[str, Any]]:
        return [self.item(row) | {"similarity": round(value, 2)} for row, value in found]

    def changes(self, since: int, asked: Filter) -> dict[str, Any]:
        """The decisions that changed after change number `since`, and how far the review of `asked` is."""
        changed = self.ledger.since(since)
        return {
            "change": len(self.ledger.changes),
            "decisions": [{"row": change.row, "decision": self.decision(change.row)} for change in changed],
            "left": self.ledger.left(self.chosen(asked).rows),
            "people": self.ledger.by_person(),
        }

    def picture(self, row: int) -> bytes:
        """The picture as PNG."""
        return png(np.asarray(self.dataset.images[row]), compression=1)


def _sex_name(sex: float) -> str:
    return {-1.0: SEXES[0], 1.0: SEXES[1]}.get(sex, f"{sex:+.2g}")


def _age_name(low: float, high: float) -> str:
    if high - low <= 1:
        return f"{low:g}"
    group = age_group(low, high)
    return AGE_GROUPS[-1] if group == len(AGE_GROUPS) - 1 and low >= AGE_GROUP_LIMITS[-2] else f"{low:g}-{high - 1:g}"
