"""Sets who a character is, from scripts."""

from collections.abc import Mapping, Sequence

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.model.card import Label
from ...core.people.values import PeopleValueError, read_age, read_seed, read_sex
from ..records import character
from .labels import LabelError, set_label
from .sources import SourceError


def set_character(
    obj: bpy.types.Object,
    sex: str | float | None,
    age: float | None,
    seed: int | None,
    locked: bool | None,
    values: Mapping[str, float | str],
    labels: Sequence[Label],
) -> None:
    """Sets what is not None; Populate then keeps it instead of drawing it.

    sex: female, male, or a number below or above 0. values: of the labels, by name. Raises SourceError, and LabelError
    for a label that is not among `labels` or a value that it lacks.
    """
    record, known = character(obj), {label.name: label for label in labels}
    try:
        read = read_sex(sex, "SIGNED") if sex is not None else None
        years = read_age(age) if age is not None else None
        number = read_seed(seed) if seed is not None else None
        if read == 0:
            raise PeopleValueError(rpt_("the sex 0 is neither female nor male"))
    except PeopleValueError as error:
        raise SourceError(f"{obj.name}: {error}") from error
    for name in values:
        if name not in known:
            raise LabelError(
                rpt_("{}: the model has no label {}: it has {}").format(
                    obj.name, name, ", ".join(known) or rpt_("none")
                )
            )
    if read is not None:
        record.sex = "FEMALE" if read < 0 else "MALE"
    if years is not None:
        record.age = years
    if number is not None:
        record.seed = number
    if locked is not None:
        record.locked = locked
    for name, value in values.items():
        set_label(obj, known[name], value)
