"""What a picture is labelled with: declared by the dataset, carried by the checkpoint and the model's card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from trainer.errors import UserError

LabelKind = Literal["binary", "number", "classes"]


@dataclass(frozen=True)
class LabelSpec:
    """One label.

    `binary` is a number -1 (`negative`) ... +1 (`positive`); `number` has a `unit` and a range `minimum` ... `maximum`;
    `classes` names its classes and is one-hot.
    """

    name: str
    kind: LabelKind
    negative: str = ""
    positive: str = ""
    unit: str = ""
    minimum: float = 0.0
    maximum: float = 1.0
    classes: tuple[str, ...] = ()

    @property
    def columns(self) -> int:
        """How many columns of a label matrix this label takes."""
        return len(self.classes) if self.kind == "classes" else 1

    def card(self) -> dict[str, Any]:
        """The label as the model file's card declares it (docs/model-format.md)."""
        if self.kind == "binary":
            return {"name": self.name, "kind": "binary", "negative": self.negative, "positive": self.positive}
        if self.kind == "number":
            return {
                "name": self.name,
                "kind": "number",
                "unit": self.unit,
                "minimum": self.minimum,
                "maximum": self.maximum,
            }
        return {"name": self.name, "kind": "classes", "classes": list(self.classes)}


SEX = LabelSpec("sex", "binary", negative="female", positive="male")
AGE = LabelSpec("age", "number", unit="years", minimum=0.0, maximum=90.0)
SEX_AND_AGE = (SEX, AGE)


def columns_of(labels: Sequence[LabelSpec]) -> int:
    """Width of the label matrix [N, C] that holds `labels` side by side, in their order."""
    return sum(label.columns for label in labels)


def from_card(entries: Sequence[Mapping[str, Any]]) -> tuple[LabelSpec, ...]:
    """The labels that a card or a dataset.json declares. Raises `UserError` on an entry that makes no sense."""
    labels = []
    for entry in entries:
        kind, name = entry.get("kind"), entry.get("name")
        if not isinstance(name, str) or kind not in ("binary", "number", "classes"):
            raise UserError(
                f"label declaration {dict(entry)!r} has no name, or a kind other than binary, number, classes"
            )
        known = {key: value for key, value in entry.items() if key in LabelSpec.__dataclass_fields__}
        if "classes" in known:
            known["classes"] = tuple(known["classes"])
        labels.append(LabelSpec(**known))
    return tuple(labels)
