"""What a collection's labels are, as its owner declares them in a TOML file (docs/labels.md).

Until the collection has been read, a declared label may leave open what the photographs will tell: a number's range,
a label's classes.
"""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from trainer.errors import UserError
from trainer.labels.label import LabelSpec, mistyped, problem_of
from trainer.labels.sex_and_age import AGE_GROUP_LIMITS, age_group, age_group_names, parse_age, parse_sex

DECLARATION = "labels.toml"
NO_LABELS = "none"
MEASURES = ("skin_lightness", "skin_tone", "undertone")
MEASURED_OUTLIERS = 0.01
"""Share of the pictures at either end that does not widen the range of a measured number."""
KEYS = {
    "binary": ("negative", "positive"),
    "number": ("unit", "minimum", "maximum", "groups", "measure"),
    "classes": ("classes", "limits", "unit"),
}
COMMON_KEYS = ("name", "kind", "column", "balanced")
BUILT_IN: dict[str, dict[str, Any]] = {
    "sex": {"kind": "binary", "negative": "female", "positive": "male"},
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
NO_WORDS, YES_WORDS = ("no", "false", "0", "-1"), ("yes", "true", "1")

Value = tuple[float, float] | str
"""A label of one photograph: a class by name, or the lowest and the highest that a number can be."""

_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_EXACT = re.compile(_NUMBER)
_RANGE = re.compile(rf"({_NUMBER})\s*(?:-|–|to)\s*({_NUMBER})")


@dataclass(frozen=True)
class DeclaredLabel:
    """One label as declared.

    `spec` with `classes` empty, and `minimum` and `maximum` NaN, where the photographs are to tell. `column` is where a
    table holds it, `unit` what its numbers are in. A `measure` is taken from the aligned pictures instead. `limits`:
    the classes are groups of a number, each below its limit.
    """

    spec: LabelSpec
    column: str
    unit: str = ""
    measure: str = ""
    limits: tuple[float, ...] = ()

    def read(self, text: str) -> Value:
        """What a table's cell says. Raises ValueError."""
        spec, word = self.spec, text.strip()
        if spec.kind == "binary":
            return _read_binary(spec, word)
        if spec.kind == "classes":
            return self._read_class(word)
        low, high = _read_number(self.unit, word)
        if low < spec.minimum or low > spec.maximum or (high > spec.maximum and spec.unit != "years"):
            raise ValueError(f"{text!r} is not from {spec.minimum:g} to {spec.maximum:g} {spec.unit}".rstrip())
        return low, high

    def _read_class(self, word: str) -> str:
        if self.limits:
            group = age_group(*_read_number(self.unit, word), self.limits)
            if group < 0:
                raise ValueError(f"{word!r} lies at or above the last limit, {self.limits[-1]:g}")
            return self.spec.classes[group]
        if not word or (self.spec.classes and word not in self.spec.classes):
            raise ValueError(f"{word!r} is none of the classes {', '.join(self.spec.classes)}".rstrip())
        return word

    def settled(self, values: Sequence[Value]) -> LabelSpec:
        """The label once its photographs' values are known. Raises UserError where they cannot make one."""
        spec = self.spec
        if spec.kind == "classes" and not spec.classes:
            spec = replace(spec, classes=tuple(sorted({str(value) for value in values})))
        if spec.kind == "number":
            ends = np.array([value for value in values if not isinstance(value, str)], np.float64)
            outliers = MEASURED_OUTLIERS if self.measure else 0.0
            low = float(np.quantile(ends[:, 0], outliers)) if math.isnan(spec.minimum) else spec.minimum
            high = float(np.quantile(ends[:, 1], 1.0 - outliers)) if math.isnan(spec.maximum) else spec.maximum
            spec = replace(spec, minimum=low, maximum=high)
        if problem := problem_of(spec):
            raise UserError(f"the label {spec.name} cannot be learnt from these photographs: {problem}")
        return spec


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
        for label in self.in_table:
            built_in = LABELS_OF_PEOPLE.get(label.spec.name)
            if built_in is None or label.spec.shape != built_in.spec.shape:
                raise UserError(
                    f"the source {source} tells sex and age alone, not {label.spec.name}; use the source folder"
                )


def read_declaration(path: Path) -> Declaration:
    """The declaration in a TOML file. Raises UserError, naming the label, where it makes no sense."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such declaration of labels") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path}: cannot be read as TOML ({error})") from None
    entries = content.get("labels")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries) or len(content) != 1:
        raise UserError(f"{path}: give one [[labels]] for each label and nothing else, or labels = [] for none")
    labels = []
    for number, entry in enumerate(entries, start=1):
        try:
            labels.append(declared(entry))
        except ValueError as error:
            raise UserError(f"{path}, label {entry.get('name', number)}: {error}") from None
    names = [label.spec.name for label in labels]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"{path}: label {', '.join(twice)} stands twice")
    return Declaration(tuple(labels))


def declared(entry: Mapping[str, Any]) -> DeclaredLabel:
    """One label from its table in the file. Raises ValueError."""
    name = entry.get("name")
    if not isinstance(name, str):
        raise ValueError("has no name")
    filled = {**BUILT_IN[name], **entry} if name in BUILT_IN and "kind" not in entry else dict(entry)
    kind = filled.get("kind")
    if kind not in KEYS:
        raise ValueError(f"its kind is {kind!r}; give binary, number or classes")
    if unknown := [key for key in filled if key not in (*COMMON_KEYS, *KEYS[kind])]:
        raise ValueError(f"{kind} knows no {', '.join(unknown)}; it knows {', '.join((*COMMON_KEYS, *KEYS[kind]))}")
    _check_types(filled)
    column, measure = filled.get("column", name), filled.get("measure", "")
    if measure and measure not in MEASURES:
        raise ValueError(f"measure {measure!r}: give {', '.join(MEASURES)}")
    limits = tuple(float(limit) for limit in filled.get("limits", ()))
    spec = _spec(name, filled, limits)
    if problem := problem_of(_complete(spec)):
        raise ValueError(problem)
    return DeclaredLabel(spec, column, filled.get("unit", ""), measure, (*limits, math.inf) if limits else ())


def _check_types(entry: Mapping[str, Any]) -> None:
    for key, value in entry.items():
        if mistyped("groups" if key == "limits" else key, value):
            raise ValueError(f"{key} {value!r} is of the wrong type")


def _spec(name: str, entry: Mapping[str, Any], limits: tuple[float, ...]) -> LabelSpec:
    unit, kind = entry.get("unit", ""), entry["kind"]
    classes = tuple(entry.get("classes", ()))
    if limits:
        if classes or any(low >= high for low, high in pairwise(limits)):
            raise ValueError("limits are rising numbers, and name the classes themselves")
        classes = tuple(group_names((*limits, math.inf), unit))
    return LabelSpec(
        name,
        kind,
        negative=entry.get("negative", ""),
        positive=entry.get("positive", ""),
        unit=unit if kind == "number" else "",
        minimum=float(entry.get("minimum", math.nan)) if kind == "number" else 0.0,
        maximum=float(entry.get("maximum", math.nan)) if kind == "number" else 1.0,
        classes=classes,
        groups=tuple(float(group) for group in entry.get("groups", ())),
        balanced=entry.get("balanced", True),
    )


def _complete(spec: LabelSpec) -> LabelSpec:
    """The label with anything that fits in the place of what is still open."""
    if spec.kind == "classes" and not spec.classes:
        return replace(spec, classes=("first", "second"))
    low = -math.inf if math.isnan(spec.minimum) else spec.minimum
    high = math.inf if math.isnan(spec.maximum) else spec.maximum
    if math.isinf(low):
        low = -1e9 if math.isinf(high) else high - 1.0
    return replace(spec, minimum=low, maximum=low + 1.0 if math.isinf(high) else high)


def group_names(limits: Sequence[float], unit: str) -> list[str]:
    """What the groups of a number below rising `limits` are called: `20-29` in years, else `150 to 160 cm`."""
    if unit == "years":
        return age_group_names(limits)
    tail = f" {unit}" if unit else ""
    names = [f"under {limits[0]:g}{tail}"]
    names += [f"{low:g} to {high:g}{tail}" for low, high in pairwise(limits) if not math.isinf(high)]
    return names + ([f"{limits[-2]:g}{tail} and more"] if len(limits) > 1 and math.isinf(limits[-1]) else [])


def _read_binary(spec: LabelSpec, word: str) -> tuple[float, float]:
    if spec.name == "sex" and (spec.negative, spec.positive) == ("female", "male"):
        value = parse_sex(word)
        return value, value
    small = word.lower()
    if small in (spec.negative.lower(), *NO_WORDS):
        return -1.0, -1.0
    if small in (spec.positive.lower(), *YES_WORDS):
        return 1.0, 1.0
    raise ValueError(f"{word!r} is neither {spec.negative} nor {spec.positive}, no nor yes, 0 nor 1")


def _read_number(unit: str, word: str) -> tuple[float, float]:
    if unit == "years":
        return parse_age(word)
    if match := _RANGE.fullmatch(word):
        low, high = float(match[1]), float(match[2])
    elif _EXACT.fullmatch(word):
        low = high = float(word)
    else:
        raise ValueError(f"{word!r} is no number such as 172.5, nor a range such as 170-180")
    if low > high:
        raise ValueError(f"{word!r}: give the lower end of a range first")
    return low, high


LABELS_OF_PEOPLE = {name: declared({"name": name}) for name in ("sex", "age")}
SEX_AND_AGE = Declaration(tuple(LABELS_OF_PEOPLE.values()))
"""What a collection of people declares where nothing else is said."""
