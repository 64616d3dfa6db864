"""What people decided about single pictures: a file of lines that only grows, applied whenever a dataset is opened.

One line a decision: a JSON object with `who`, `when` (UTC, ISO 8601), `file` (the photograph's name in its source),
`action` (keep, drop, sex, age or undo) and, for sex and age, `value`. The order of the lines does not matter, their
times do: so files of several people can be joined. Pictures and labels.csv are never changed.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.errors import UserError
from trainer.files import parsed_json
from trainer.labels.declaration import LABELS_OF_PEOPLE
from trainer.labels.label import Range, Value

if TYPE_CHECKING:
    from trainer.data.dataset import Dataset
    from trainer.data.sources.source import Listing

DECISIONS = "decisions.jsonl"
KEEP, DROP, SEX, AGE, UNDO = "keep", "drop", "sex", "age", "undo"
ACTIONS = (KEEP, DROP, SEX, AGE, UNDO)
LONGEST = 1024
"""Characters in a name or a file."""


@dataclass(frozen=True)
class Decision:
    """One line. `value` is what a table may say of the label that `action` names, and empty for the other actions.

    Raises ValueError where it makes no sense.
    """

    who: str
    when: str
    file: str
    action: str
    value: str = ""

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"action {self.action!r}: give one of {', '.join(ACTIONS)}")
        for name, text in (("who", self.who), ("file", self.file)):
            if not 0 < len(text) <= LONGEST or not text.isprintable():
                raise ValueError(f"{name} {text[:40]!r}: give 1 to {LONGEST} printable characters")
        _instant(self.when)
        if self.action in LABELS_OF_PEOPLE:
            LABELS_OF_PEOPLE[self.action].label.read_cell(self.value)
        elif self.value:
            raise ValueError(f"value {self.value!r}: {self.action} takes none")

    @property
    def order(self) -> tuple[datetime, str]:
        """By what decisions are sorted: their time, whatever its zone."""
        return _instant(self.when), self.who

    def line(self) -> str:
        """The decision as it stands in the file, without the line's end."""
        fields = {"who": self.who, "when": self.when, "file": self.file, "action": self.action}
        return json.dumps(fields | ({"value": self.value} if self.value else {}), ensure_ascii=False)


def _instant(when: str) -> datetime:
    instant = datetime.fromisoformat(when)
    if instant.tzinfo is None:
        raise ValueError(f"when {when!r}: give the zone, such as +00:00")
    return instant


def now() -> str:
    """The moment as a decision's `when`."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Standing:
    """What the decisions on one picture amount to; `values` are the labels, by name, that were changed."""

    dropped: bool = False
    values: Mapping[str, Value] = field(default_factory=dict)

    def after(self, decision: Decision) -> "Standing":
        """What stands once `decision` is taken too: the last word counts, and a new label keeps a dropped picture."""
        if decision.action == KEEP:
            return Standing()
        if decision.action == DROP:
            return replace(self, dropped=True)
        value = LABELS_OF_PEOPLE[decision.action].label.read_cell(decision.value)
        return Standing(values={**self.values, decision.action: value})


def effective(decisions: Iterable[Decision]) -> dict[str, list[Decision]]:
    """The decisions that were not undone, by file, earliest first; an `undo` takes back its person's last one there.

    A file all of whose decisions were undone is left out. The same line twice counts once.
    """
    by_file: dict[str, list[Decision]] = {}
    for decision in sorted(set(decisions), key=lambda one: one.order):
        own = by_file.setdefault(decision.file, [])
        if decision.action != UNDO:
            own.append(decision)
            continue
        mine = [index for index, one in enumerate(own) if one.who == decision.who]
        if mine:
            del own[mine[-1]]
    return {file: own for file, own in by_file.items() if own}


def standing(decisions: Iterable[Decision]) -> dict[str, Standing]:
    """What stands for every file on which a decision stands."""
    return {file: standing_after(own) for file, own in effective(decisions).items()}


def standing_after(decisions: Iterable[Decision]) -> Standing:
    """What stands after decisions on one picture, earliest first."""
    return reduce(Standing.after, decisions, Standing())


def decisions_beside(dataset: Path) -> Path:
    """Where the decisions on a dataset lie: in its folder; beside a packed file, under the file's name."""
    return dataset / DECISIONS if dataset.is_dir() else dataset.with_name(f"{dataset.stem}.{DECISIONS}")


def read_decisions(path: Path) -> tuple[list[Decision], int]:
    """The decisions in `path`, none where there is no such file, and how many lines were cut short.

    A line that is no whole JSON value was cut by a crash or a full disk, and is counted, not used. Raises UserError,
    naming the line, where a whole one is no decision.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None
    decisions, cut = [], 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            fields = parsed_json(line)
        except ValueError:
            cut += 1
            continue
        try:
            decisions.append(parse_decision(fields))
        except ValueError as error:
            raise UserError(f"{path}, line {number}: {error}") from None
    return decisions, cut


def parse_decision(fields: object) -> Decision:
    """A decision from a line's parsed JSON. Raises ValueError."""
    names = ("who", "when", "file", "action", "value")
    if not isinstance(fields, dict) or not all(isinstance(fields.get(name, ""), str) for name in names):
        raise ValueError("is no decision: give an object of texts who, when, file, action, value")
    return Decision(**{name: fields.get(name, "") for name in names})


class DecisionFile:
    """Appends to a file of decisions, from several threads; each is on the disk when `append` returns.

    Raises UserError where the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            self._whole = self._ends_whole()
            os.fsync(self._descriptor)
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror or error})") from None

    def _ends_whole(self) -> bool:
        length = os.lseek(self._descriptor, 0, os.SEEK_END)
        if length == 0:
            return True
        os.lseek(self._descriptor, length - 1, os.SEEK_SET)
        return os.read(self._descriptor, 1) == b"\n"

    def append(self, decisions: Iterable[Decision]) -> None:
        """Write the lines. Raises OSError where the disk does not take them; what it took of one counts as cut."""
        text = "".join(f"{decision.line()}\n" for decision in decisions).encode()
        with self._lock:
            data = text if self._whole else b"\n" + text
            self._whole = False
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fsync(self._descriptor)
            self._whole = True

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def apply_decisions(dataset: "Dataset", path: Path) -> "Dataset":
    """The dataset as the decisions in `path` leave it, itself where there are none.

    A dropped picture is in neither side of the split. `metadata["decisions"]` counts what was done. Raises UserError
    as `read_decisions`, and where no picture is left.
    """
    decisions, cut = read_decisions(path)
    if not decisions and not cut:
        return dataset
    states = standing(decisions)
    index_of = {file: index for index, file in enumerate(dataset.files)}
    known = {index_of[file]: state for file, state in states.items() if file in index_of}
    kept = np.ones(len(dataset), dtype=np.bool_)
    values = {name: _copied(dataset.values[name]) for name in (SEX, AGE) if name in dataset.values}
    for index, state in known.items():
        kept[index] = not state.dropped
        for name in values.keys() & state.values.keys():
            value = state.values[name]
            values[name][0][index], values[name][1][index] = float(value[0]), float(value[1])
    if not kept.any():
        raise UserError(f"{path}: drops every picture of the dataset")
    changed = {"dropped": int((~kept).sum())}
    for name in (SEX, AGE):
        differs = [now != was for now, was in zip(values.get(name, ()), dataset.values.get(name, ()), strict=True)]
        changed[name] = int((kept & np.any(differs, axis=0)[:, 0]).sum()) if differs else 0
    summary = {
        "pictures": len(known),
        "kept_as_labelled": sum(1 for index, state in known.items() if not _differs(dataset, index, state)),
        **changed,
        "files_not_here": len(states) - len(known),
        "lines_cut_short": cut,
        "people": dict(Counter(decision.who for decision in decisions)),
    }
    decided = replace(dataset, values={**dataset.values, **values}, metadata={**dataset.metadata, "decisions": summary})
    return decided.rows(np.flatnonzero(kept))


def _copied(values: Range) -> Range:
    return values[0].copy(), values[1].copy()


def decided_listing(listing: "Listing", path: Path) -> "Listing":
    """What a source lists, as the decisions in `path` leave it: for preparing photographs that were reviewed before.

    Dropped photographs are counted in `left_out`, changed labels in `remarks`. Raises UserError as `read_decisions`,
    and where there is no such file.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file of decisions")
    states = standing(read_decisions(path)[0])
    photographs = []
    relabelled = 0
    for photograph in listing.photographs:
        state = states.get(photograph.file, Standing())
        if state.dropped:
            continue
        known = {name: value for name, value in state.values.items() if name in photograph.values}
        decided = replace(photograph, values={**photograph.values, **known})
        relabelled += decided != photograph
        photographs.append(decided)
    return replace(
        listing,
        photographs=photographs,
        left_out=listing.left_out | {"dropped by decision": len(listing.photographs) - len(photographs)},
        remarks=listing.remarks | {"label changed by decision": relabelled},
    )


def _differs(dataset: "Dataset", index: int, state: Standing) -> bool:
    return state.dropped or any(
        value != tuple(float(ends[index, 0]) for ends in dataset.values[name])
        for name, value in state.values.items()
        if name in dataset.values
    )


def tell_decisions(metadata: Mapping[str, Any]) -> list[str]:
    """What the decisions did to a dataset that was opened, as lines for a terminal; none where there were none."""
    summary = metadata.get("decisions")
    if not summary:
        return []
    lines = [
        f"decisions: {summary['pictures']:,} pictures reviewed; {summary['dropped']:,} dropped, "
        f"sex changed on {summary['sex']:,}, age on {summary['age']:,}, {summary['kept_as_labelled']:,} as labelled"
    ]
    if summary["files_not_here"]:
        lines.append(
            f"decisions on {summary['files_not_here']:,} photographs that this dataset does not hold: not used"
        )
    if summary["lines_cut_short"]:
        lines.append(f"decisions: {summary['lines_cut_short']:,} lines cut short: not used")
    return lines
