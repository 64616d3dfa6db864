"""The kinds of labels there are, and labels read from a card or a dataset.json."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from trainer.errors import UserError
from trainer.labels.binary import Binary
from trainer.labels.classes import Classes
from trainer.labels.label import Label, as_field, mistyped
from trainer.labels.number import Number

KINDS: dict[str, type[Label]] = {kind.kind: kind for kind in (Binary, Number, Classes)}
"""A new kind is one module with its class, and its name here."""
KIND_NAMES = f"{', '.join(list(KINDS)[:-1])} or {list(KINDS)[-1]}"


def from_card(entries: Sequence[Mapping[str, Any]]) -> tuple[Label, ...]:
    """The labels that a card or a dataset.json declares. Raises `UserError` on an entry that makes no sense."""
    labels = []
    for entry in entries:
        if not isinstance(entry, Mapping):
            raise UserError(f"label declaration {entry!r}: is no table with a name and a kind")
        if not {"name", "kind"} <= entry.keys():
            raise UserError(f"label declaration {dict(entry)!r} has no name, or no kind ({', '.join(KINDS)})")
        try:
            labels.append(_from_entry(entry))
        except (ValueError, TypeError) as error:
            raise UserError(f"label declaration {dict(entry)!r}: {error}") from None
    if len({label.name for label in labels}) < len(labels):
        raise UserError(f"labels {', '.join(label.name for label in labels)}: a name stands twice")
    return tuple(labels)


def _from_entry(entry: Mapping[str, Any]) -> Label:
    kind = KINDS.get(str(entry["kind"]))
    if kind is None:
        raise ValueError(f"its kind is {entry['kind']!r}, not {KIND_NAMES}")
    known = {item.name: entry[item.name] for item in fields(kind) if item.name in entry}
    for key, value in known.items():
        if mistyped(kind, key, value):
            raise ValueError(f"{key} is of the wrong type")
    label = kind(**{key: as_field(value) for key, value in known.items()})
    if problem := label.problem():
        raise ValueError(problem)
    return label
