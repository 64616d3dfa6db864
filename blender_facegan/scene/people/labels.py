"""The further labels of a model (besides sex and age), set for the crowd or for a character.

A label is a plain custom property, of the scene for the crowd and of the object for a character. So its control has the
range and the unit that the model's card declares, which a registered property could not have; it stays in the file, can
be overridden in a linked one, and other tools can write it. Where it is missing the model decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...core.model.card import Card, Label, is_skin_tone

Chosen = tuple[tuple[str, float | str], ...]
"""Labels with the values chosen for them, by name: what a recipe holds."""
_PREFIX = "facegan_label_"
_LONGEST_NAME = 63 - len(_PREFIX)
"""Bytes of a label's name; the name of a custom property has at most 63."""


class LabelValue(NamedTuple):
    """A label's property: its value, and its range, unit and choices, as Blender takes them."""

    value: Any
    control: Mapping[str, Any]


def settable(card: Card) -> tuple[Label, ...]:
    """The labels that get a control: all but sex, age and the tone of the skin, which have their own."""
    labels = (label for label in card.labels if label.name not in ("sex", "age") and not is_skin_tone(label))
    return tuple(label for label in labels if 0 < len(label.name.encode("utf-8", "surrogatepass")) <= _LONGEST_NAME)


def label_property(label: Label) -> str:
    """The name of the custom property that holds the label."""
    return f"{_PREFIX}{label.name}"


def offer_label(owner: bpy.types.ID, label: Label) -> None:
    """Gives the scene or the character a control for the label, at its middle or its first class."""
    if label.kind == "classes":
        set_label(owner, label, label.classes[0])
    else:
        set_label(owner, label, (label.minimum + label.maximum) / 2)


def set_label(owner: bpy.types.ID, label: Label, value: float | str) -> None:
    """Sets the label. value: a number in the label's range, or the name of a class. Raises CrowdError."""
    name = label_property(label)
    checked = _checked(owner.name, label, value)
    ids: Any = owner
    ids[name] = label.classes.index(str(checked)) if label.kind == "classes" else float(checked)
    ids.id_properties_ui(name).update(**_control(label))
    if isinstance(owner, bpy.types.Object) and owner.override_library is None:
        owner.property_overridable_library_set(f'["{bpy.utils.escape_identifier(name)}"]', True)


def write_labels(owner: bpy.types.ID, labels: Sequence[Label], values: Chosen) -> None:
    """Sets those of the labels that have a value. Raises CrowdError for one that a label lacks."""
    given = dict(values)
    for label in labels:
        if label.name in given:
            set_label(owner, label, given[label.name])


def clear_label(owner: bpy.types.ID, label: Label) -> None:
    """Takes the label away: the model decides again."""
    if owner.get(label_property(label)) is not None:
        del owner[label_property(label)]


def read_labels(owner: bpy.types.ID, labels: Sequence[Label]) -> Chosen:
    """The labels that are set on the owner, sorted by name. Raises CrowdError for a value that its label lacks."""
    found: dict[str, float | str] = {}
    for label in labels:
        value: Any = owner.get(label_property(label))
        if value is None:
            continue
        if label.kind == "classes" and isinstance(value, int) and 0 <= value < len(label.classes):
            value = label.classes[value]
        found[label.name] = _checked(owner.name, label, value)
    return tuple(sorted(found.items()))


def check_labels(values: Mapping[str, float | str], labels: Sequence[Label]) -> Chosen:
    """The values by name, sorted. Raises CrowdError for a name that is no label, and a value that its label lacks."""
    known = known_labels(values, labels)
    return tuple(sorted((name, _checked("The crowd", known[name], value)) for name, value in values.items()))


def known_labels(names: Iterable[str], labels: Sequence[Label], where: str = "") -> dict[str, Label]:
    """The labels by name. Raises CrowdError for one of the names that is none of theirs."""
    known = {label.name: label for label in labels}
    for name in names:
        if name not in known:
            remedy = rpt_("it has {}").format(", ".join(known) or rpt_("none but sex and age"))
            raise CrowdError(rpt_("the model has no label {}").format(name), remedy, where)
    return known


def label_values(owner: bpy.types.ID) -> dict[str, LabelValue]:
    """The properties of all labels that are set on the owner, whatever the model, by name."""
    return {name: LabelValue(value, _shown(owner, name)) for name, value in owner.items() if name.startswith(_PREFIX)}


def write_label_values(obj: bpy.types.Object, values: Mapping[str, LabelValue]) -> None:
    """Gives the character these properties of labels, as `label_values` read them, and no others."""
    for name in [name for name in label_values(obj) if name not in values]:
        del obj[name]
    ids: Any = obj
    for name, (value, control) in values.items():
        ids[name] = value
        if control:
            ids.id_properties_ui(name).clear()
            ids.id_properties_ui(name).update(**control)
        if obj.override_library is None:
            obj.property_overridable_library_set(f'["{bpy.utils.escape_identifier(name)}"]', True)


def _shown(owner: Any, name: str) -> dict[str, Any]:
    """How Blender shows the property; nothing for one that is no single value, which another tool has written."""
    is_single = isinstance(owner[name], (int, float, str))
    return dict(owner.id_properties_ui(name).as_dict()) if is_single else {}


def _checked(owner: str, label: Label, value: object) -> float | str:
    if label.kind == "classes":
        if not isinstance(value, str) or value not in label.classes:
            known = ", ".join(label.classes)
            raise CrowdError(
                rpt_("{} has no class {!r}").format(label.name, value), rpt_("choose from {}").format(known), owner
            )
        return value
    if not isinstance(value, (int, float)) or not label.minimum <= value <= label.maximum:
        limits = f"{label.minimum:g} to {label.maximum:g}"
        raise CrowdError(rpt_("{} is {!r}, which is not from {}").format(label.name, value, limits), where=owner)
    return float(value)


def _control(label: Label) -> dict[str, Any]:
    """How Blender shows the property: its range, its unit, its choices."""
    if label.kind == "classes":
        choices = [(str(i), name or str(i), "") for i, name in enumerate(label.classes)]
        return {"items": choices, "description": f"{label.name} of the character"}
    limits = {"min": label.minimum, "max": label.maximum, "soft_min": label.minimum, "soft_max": label.maximum}
    if label.kind == "binary":
        tip = f"{label.name}: -1 is {label.negative}, 1 is {label.positive}"
    else:
        tip = f"{label.name} in {label.unit}" if label.unit else label.name
    return {**limits, "description": tip}
