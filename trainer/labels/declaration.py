"""What a collection's labels are, as its owner declares them in a TOML file (docs/labels.md).

Until the collection has been read, a declared label may leave open what the photographs will tell: a number's range,
a label's classes.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainer.errors import UserError, meant
from trainer.files import read_toml
from trainer.labels.kinds import KIND_NAMES, KINDS
from trainer.labels.label import Label, Value, mistyped
from trainer.labels.sex_and_years import AGE_GROUP_LIMITS, SEXES

DECLARATION = "labels.toml"
NO_LABELS = "none"
MEASURES = ("skin_lightness", "skin_tone", "undertone")
MEASURED_OUTLIERS = 0.01
"""Share of the pictures at either end that does not widen the range of a measured number."""
COMMON_KEYS = ("name", "kind", "column", "balanced", "cells")
BUILT_IN: dict[str, dict[str, Any]] = {
    "sex": {"kind": "binary", "negative": SEXES[0], "positive": SEXES[1]},
    "age": {"kind": "number", "unit": "years", "groups": AGE_GROUP_LIMITS[:-1]},
    "skin_tone": {
        "kind": "number",
        "unit": "Monk",
        "minimum": 1.0,
        "maximum": 10.0,
        "groups": (4.0, 7.0),
        "measure": "skin_tone",
    },
    "undertone": {
        "kind": "number",
        "unit": "sigma",
        "minimum": -1.0,
        "maximum": 1.0,
        "measure": "undertone",
        "balanced": False,
    },
}


@dataclass(frozen=True)
class DeclaredLabel:
    """One label as declared: `column` is where a table holds it; a `measure` is taken from the aligned pictures.

    `cells` says for cells that mean something else in this table, such as 0 and 1, what is meant by them.
    """

    label: Label
    column: str
    measure: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)

    def read_cell(self, text: str) -> Value:
        """What a cell of the label's column says. Raises ValueError."""
        return self.label.read_cell(self.cells.get(text.strip(), text))

    def settled(self, values: Sequence[Value]) -> Label:
        """The label once its photographs' values are known. Raises UserError where they cannot make one."""
        label = self.label.settled(values, MEASURED_OUTLIERS if self.measure else 0.0)
        if problem := label.problem():
            raise UserError(f"the label {label.name} cannot be learnt from these photographs: {problem}")
        return label

    def told(self) -> dict[str, Any]:
        """All that tells one declaration from another, as plain values."""
        told = {**self.label.told(), "column": self.column, "measure": self.measure}
        return told | ({"cells": dict(self.cells)} if self.cells else {})


@dataclass(frozen=True)
class Declaration:
    """A collection's labels, in the order in which networks will be told them."""

    labels: tuple[DeclaredLabel, ...]

    @property
    def in_table(self) -> tuple[DeclaredLabel, ...]:
        """Those that a table has to tell."""
        return tuple(label for label in self.labels if not label.measure)

    def refuse_further(self, source: str) -> None:
        """Raises UserError for a label that only a table of one's own could tell."""
        for declared_label in self.in_table:
            label = declared_label.label
            built_in = LABELS_OF_PEOPLE.get(label.name)
            if built_in is None or label.shape != built_in.label.shape:
                raise UserError(f"the source {source} tells sex and age alone, not {label.name}; use the source folder")


def read_declaration(path: Path) -> Declaration:
    """The declaration in a TOML file. Raises UserError, naming the label, where it makes no sense."""
    if not path.exists():
        raise UserError(f"{path}: no such declaration of labels")
    content = read_toml(path)
    entries = content.get("labels")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries) or len(content) != 1:
        raise UserError(f"{path}: give one [[labels]] for each label and nothing else, or labels = [] for none")
    labels = []
    for number, entry in enumerate(entries, start=1):
        try:
            labels.append(declared(entry))
        except ValueError as error:
            raise UserError(f"{path}, label {entry.get('name', number)}: {error}") from None
    names = [one.label.name for one in labels]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"{path}: label {', '.join(twice)} stands twice")
    return Declaration(tuple(labels))


def declared(entry: Mapping[str, Any]) -> DeclaredLabel:
    """One label from its table in the file. Raises ValueError."""
    name = entry.get("name")
    if not isinstance(name, str):
        raise ValueError("has no name")
    filled = {**BUILT_IN[name], **entry} if name in BUILT_IN and "kind" not in entry else dict(entry)
    kind = KINDS.get(str(filled.get("kind")))
    if kind is None:
        raise ValueError(f"its kind is {filled.get('kind')!r}; give {KIND_NAMES}")
    known = (*COMMON_KEYS, *kind.declares)
    if unknown := [key for key in filled if key not in known]:
        told = ", ".join(key + meant(key, known) for key in unknown)
        raise ValueError(f"{kind.kind} knows no {told}; it knows {', '.join(known)}")
    cells = filled.pop("cells", {})
    _check_values(kind, filled, cells)
    measure = filled.get("measure", "")
    if measure and measure not in MEASURES:
        raise ValueError(f"measure {measure!r}: give {', '.join(MEASURES)}")
    label = kind.declared(filled)
    if problem := label.completed().problem():
        raise ValueError(problem)
    return _readable(DeclaredLabel(label, filled.get("column", name), measure, dict(cells)))


def _readable(label: DeclaredLabel) -> DeclaredLabel:
    """The label, all of whose `cells` mean what a cell may hold. Raises ValueError."""
    for cell in label.cells:
        try:
            label.read_cell(cell)
        except ValueError as error:
            raise ValueError(f"cells: {cell} is to mean what cannot be read: {error}") from None
    return label


def _check_values(kind: type[Label], filled: Mapping[str, Any], cells: Any) -> None:
    """Raises ValueError where a key's value, or what is meant by a table's `cells`, cannot be what it is to be."""
    if not isinstance(cells, Mapping) or not all(isinstance(word, str) for word in cells.values()):
        raise ValueError(f'cells {cells!r}: give what is meant by a table\'s cells, such as {{ 0 = "no", 1 = "yes" }}')
    for key, value in filled.items():
        if mistyped(kind, key, value):
            raise ValueError(f"{key} {value!r} is of the wrong type")
        if not all(math.isfinite(number) for number in _numbers(value)):
            raise ValueError(f"{key}: give finite numbers")


def _numbers(value: Any) -> list[float]:
    """The numbers that a value of a declaration is made of; one too large for a float is infinite."""
    items = value if isinstance(value, list | tuple) else [value]
    numbers = [item for item in items if isinstance(item, int | float)]
    return [math.inf if abs(item) > sys.float_info.max else float(item) for item in numbers]


LABELS_OF_PEOPLE = {name: declared({"name": name}) for name in ("sex", "age")}
SEX_AND_AGE = Declaration(tuple(LABELS_OF_PEOPLE.values()))
"""What a collection of people declares where nothing else is said."""
