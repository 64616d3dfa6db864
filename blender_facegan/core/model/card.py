"""A model's card: who made it, from what, under which licence, and what it understands."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NoReturn

from .errors import ModelFileError, printable, shown

_LARGEST = 1e9
_UNALIGNED = {"eye_distance": 0.36, "eye_height": 0.38}
"""Where the eyes of pictures that were not aligned count as, if they have any."""


@dataclass(frozen=True)
class Label:
    """A property of a face that the model can be asked for.

    kind: `binary` (a number from -1, `negative`, to +1, `positive`), `number` (from `minimum` to `maximum`, in `unit`)
    or `classes` (one of the names in `classes`). Fields of the other kinds are empty.
    """

    name: str
    kind: Literal["binary", "number", "classes"]
    negative: str = ""
    positive: str = ""
    unit: str = ""
    minimum: float = -1.0
    maximum: float = 1.0
    classes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Length of the graph input that carries the label: 1, or the number of classes (one-hot)."""
        return len(self.classes) if self.kind == "classes" else 1


@dataclass(frozen=True)
class Card:
    """The card of docs/model-format.md. `eye_distance` and `eye_height` are shares of the picture's side.

    is_aligned: whether the pictures are faces with their eyes there. light: whether the model learnt from photographs
    as they are, lamps and all, or from evened ones. background: the colour (sRGB, 0 to 1) that the pictures leave
    around what they show, None where they leave none.
    """

    name: str
    licence: str
    attribution: str
    training_data: str
    resolution: int
    latent_size: int
    latent_distribution: Literal["normal", "uniform"]
    labels: tuple[Label, ...]
    eye_distance: float
    eye_height: float
    figures: Mapping[str, Any]
    trainer: Mapping[str, Any]
    is_aligned: bool = True
    light: Literal["photographs", "even"] = "photographs"
    background: tuple[float, float, float] | None = None

    def label(self, name: str) -> Label | None:
        """The label of that name, or None where the model has none."""
        return next((label for label in self.labels if label.name == name), None)

    @property
    def tells_people(self) -> bool:
        """Whether sex and age mean something to the model: one of trees or flowers has other labels, or none."""
        return self.label("sex") is not None and self.label("age") is not None


def is_skin_tone(label: Label) -> bool:
    """Whether the label is the skin's tone as `core.likeness.tone` tells it: a number on the Monk scale."""
    return label.name == "skin_tone" and label.kind == "number" and label.unit == "Monk"


def is_undertone(label: Label) -> bool:
    """Whether the label is the skin's undertone: olive below 0, rosy above, in standard deviations of skins."""
    return label.name == "undertone" and label.kind == "number" and label.unit == "sigma"


def parse_card(path: str, data: Any) -> Card:
    """The card from its JSON value. Unknown keys are passed over. Raises ModelFileError naming the field."""
    fields = _Fields(path, "the card", data)
    latent = _Fields(path, "the card's latent", fields.take("latent", dict))
    eyes = fields.take("face", dict)
    face = _Fields(path, "the card's face", eyes or _UNALIGNED)
    labels = tuple(_parse_label(path, value) for value in fields.take("labels", list))
    if len({label.name for label in labels}) != len(labels):
        fields.refuse("labels", "a name stands twice")
    distribution = latent.take("distribution", str)
    if distribution not in ("normal", "uniform"):
        latent.refuse("distribution", f"{shown(distribution)} is neither normal nor uniform")
    light: Any = fields.take("light", str) if "light" in data else "photographs"
    if light not in ("photographs", "even"):
        fields.refuse("light", f"{shown(light)} is neither photographs nor even")
    return Card(
        name=fields.line("name"),
        licence=fields.line("licence"),
        attribution=fields.line("attribution"),
        training_data=fields.line("training_data"),
        resolution=fields.whole("resolution", 1, 4096),
        latent_size=latent.whole("size", 1, 65_536),
        latent_distribution=distribution,
        labels=labels,
        eye_distance=face.number("eye_distance", 0.0, 1.0),
        eye_height=face.number("eye_height", 0.0, 1.0),
        figures=MappingProxyType(fields.take("figures", dict)),
        trainer=MappingProxyType(fields.take("trainer", dict)),
        is_aligned=bool(eyes),
        light=light,
        background=_background(fields) if "background" in data else None,
    )


def _background(fields: "_Fields") -> tuple[float, float, float]:
    told = fields.take("background", list)
    if len(told) != 3 or not all(type(value) is int and 0 <= value <= 255 for value in told):
        fields.refuse("background", "is not red, green and blue, whole numbers from 0 to 255")
    red, green, blue = (value / 255 for value in told)
    return red, green, blue


def _parse_label(path: str, data: Any) -> Label:
    fields = _Fields(path, "a label of the card", data)
    name, kind = fields.take("name", str), fields.take("kind", str)
    if kind == "binary":
        return Label(name, kind, negative=fields.take("negative", str), positive=fields.take("positive", str))
    if kind == "number":
        minimum = fields.number("minimum", -_LARGEST, _LARGEST)
        maximum = fields.number("maximum", minimum, _LARGEST)
        return Label(name, kind, unit=fields.take("unit", str), minimum=minimum, maximum=maximum)
    if kind != "classes":
        fields.refuse("kind", f"{shown(kind)} is not binary, number or classes")
    classes = fields.take("classes", list)
    if not classes or not all(isinstance(entry, str) for entry in classes):
        fields.refuse("classes", "is not a list of names")
    return Label(name, "classes", classes=tuple(classes))


class _Fields:
    """Takes typed fields out of a JSON object, or raises ModelFileError saying which one is wrong."""

    def __init__(self, path: str, what: str, data: Any) -> None:
        self._path, self._what = path, what
        if not isinstance(data, dict):
            raise ModelFileError(path, f"{what} is not a JSON object")
        self._data = data

    def refuse(self, key: str, reason: str) -> NoReturn:
        raise ModelFileError(self._path, f"{self._what} has a wrong {key!r}: {reason}")

    def take(self, key: str, kind: type | tuple[type, ...]) -> Any:
        if key not in self._data:
            raise ModelFileError(self._path, f"{self._what} has no {key!r}")
        if not isinstance(self._data[key], kind):
            self.refuse(key, f"{shown(self._data[key])} is of the wrong type")
        return self._data[key]

    def line(self, key: str) -> str:
        """A text to be shown: on one line, without signs that a terminal would obey."""
        return printable(" ".join(self.take(key, str).split()))

    def whole(self, key: str, minimum: int, maximum: int) -> int:
        value = self.take(key, int)
        if isinstance(value, bool) or not minimum <= value <= maximum:
            self.refuse(key, f"{shown(value)} is not a whole number from {minimum} to {maximum}")
        return int(value)

    def number(self, key: str, minimum: float, maximum: float) -> float:
        value = self.take(key, (int, float))
        if isinstance(value, bool) or not minimum <= value <= maximum:
            self.refuse(key, f"{shown(value)} is not a number from {minimum:g} to {maximum:g}")
        return float(value)
