"""The decisions on one dataset while people are at work: what stands, who decided what, how far they are."""

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from trainer.data.decisions import (
    UNDO,
    Decision,
    DecisionFile,
    Standing,
    effective,
    now,
    read_decisions,
    standing_after,
)
from trainer.errors import UserError


@dataclass(frozen=True)
class Change:
    """That the decisions on picture `row` changed, by `who`; changes are numbered from 1 in their order."""

    number: int
    row: int
    who: str


class Ledger:
    """Reads the decisions on `files` from `path`, and appends to it where it `writes`. Used from several threads.

    Raises UserError where the file cannot be read or written.
    """

    def __init__(self, path: Path, files: Sequence[str], *, writes: bool = True) -> None:
        decisions, _ = read_decisions(path)
        self.row_of = {file: row for row, file in enumerate(files)}
        if len(self.row_of) < len(files):
            raise UserError(f"the dataset names {len(files) - len(self.row_of)} photographs twice; prepare it anew")
        self.path = path
        self.files = files
        self.decided = np.zeros(len(files), dtype=np.bool_)
        self.changes: list[Change] = []
        self._standing: dict[int, list[Decision]] = {}
        for file, own in effective(decisions).items():
            if (row := self.row_of.get(file)) is not None:
                self._standing[row] = own
                self.decided[row] = True
        self._own: dict[str, list[tuple[str, int]]] = {}
        for row, own in self._standing.items():
            for decision in own:
                self._own.setdefault(decision.who, []).append((decision.when, row))
        for history in self._own.values():
            history.sort()
        self._file = DecisionFile(path) if writes else None
        self._lock = Lock()

    def decide(self, who: str, rows: Sequence[int], action: str, value: str = "") -> None:
        """Put one decision on every picture of `rows`; it is on the disk when this returns.

        Raises ValueError where it makes no sense, OSError where the disk does not take it.
        """
        with self._lock:
            when = now()
            decisions = [Decision(who, when, self.files[row], action, value) for row in rows]
            self._append(decisions)
            for row, decision in zip(rows, decisions, strict=True):
                self._standing.setdefault(row, []).append(decision)
                self._own.setdefault(who, []).append((when, row))
                self._note(row, who)

    def undo(self, who: str) -> list[int]:
        """Take back the last decision of `who`, on all pictures it was put on; returns these, none where none stands.

        Raises as `decide`.
        """
        with self._lock:
            history = self._own.get(who, [])
            if not history:
                return []
            last = history[-1][0]
            rows = [row for when, row in history if when == last]
            when = now()
            self._append([Decision(who, when, self.files[row], UNDO) for row in rows])
            self._own[who] = [entry for entry in history if entry[0] != last]
            for row in rows:
                own = self._standing[row]
                place = max(index for index, decision in enumerate(own) if decision.who == who)
                del own[place]
                self._note(row, who)
            return rows

    def _append(self, decisions: Sequence[Decision]) -> None:
        if self._file is None:
            raise OSError(errno.EBADF, "the decisions were opened for reading")
        self._file.append(decisions)

    def _note(self, row: int, who: str) -> None:
        self.decided[row] = bool(self._standing.get(row))
        self.changes.append(Change(len(self.changes) + 1, row, who))

    def since(self, number: int) -> list[Change]:
        """The changes after the one numbered `number`, each picture's last one only."""
        return list({change.row: change for change in self.changes[number:]}.values())

    def standing(self, row: int) -> tuple[Standing, list[Decision]] | None:
        """What stands for a picture and by which decisions; None where nothing was decided."""
        own = list(self._standing.get(row, []))
        return (standing_after(own), own) if own else None

    def by_person(self) -> dict[str, int]:
        """How many standing decisions each person has made."""
        with self._lock:
            return {who: len(history) for who, history in sorted(self._own.items()) if history}

    def left(self, rows: npt.NDArray[np.int64]) -> int:
        """How many of `rows` nobody has decided on."""
        return int((~self.decided[rows]).sum())

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
