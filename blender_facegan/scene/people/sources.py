"""Who the characters are, from the properties and attributes that other tools have written on the objects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ...core.people.values import PeopleValueError, SexValues, read_age, read_seed, read_sex, read_skin

_READERS: Mapping[str, Callable[[object], float | int]] = {"age": read_age, "seed": read_seed, "skin": read_skin}


@dataclass(frozen=True)
class Sources:
    """Names of the custom properties or attributes that hold sex, age, seed and skin; empty where all are drawn.

    identity: of an attribute on points that tells them apart for good; only instances need it.
    """

    sex: str = ""
    age: str = ""
    seed: str = ""
    identity: str = ""
    sex_values: SexValues = "AUTO"
    skin: str = ""


class Given(NamedTuple):
    """What an object says of itself; None where it says nothing.

    sex: -1 female or 1 male; age: years; skin: tone from 1 to 10.
    """

    sex: float | None = None
    age: float | None = None
    seed: int | None = None
    skin: float | None = None


def read_given(objects: Sequence[bpy.types.Object], sources: Sources) -> dict[int, Given]:
    """What the objects say of themselves, by `session_uid`.

    A custom property of the object is asked first, then an attribute of its evaluated mesh, which must be the same
    all over. Of a sex between the two the nearer is taken. Raises CrowdError for a value that makes no sense, and for
    a name that none of the objects has.
    """
    names = {"sex": sources.sex, "age": sources.age, "seed": sources.seed, "skin": sources.skin}
    found: dict[int, dict[str, Any]] = {obj.session_uid: {} for obj in objects}
    for what, name in names.items():
        if not name:
            continue
        values = _values(objects, name)
        if objects and not values:
            raise CrowdError(
                rpt_("No object has a property or attribute {} for its {}").format(name, what), rpt_("check the name")
            )
        for obj, value in values:
            try:
                found[obj.session_uid][what] = _read(what, value, sources.sex_values)
            except PeopleValueError as error:
                raise CrowdError(rpt_("{} (property {})").format(error, name), where=obj.name) from error
    return {uid: Given(**given) for uid, given in found.items()}


def _read(what: str, value: object, sex_values: SexValues) -> float | int:
    if what != "sex":
        return _READERS[what](value)
    return -1.0 if read_told_sex(value, sex_values) < 0 else 1.0


def read_told_sex(value: object, values: SexValues) -> float:
    """As `read_sex`, of who must be one or the other. Raises PeopleValueError."""
    sex = read_sex(value, values)
    if sex == 0:
        raise PeopleValueError(rpt_("the sex 0 is neither female nor male"))
    return sex


def _values(objects: Sequence[bpy.types.Object], name: str) -> list[tuple[bpy.types.Object, object]]:
    found: list[tuple[bpy.types.Object, object]] = []
    graph: bpy.types.Depsgraph | None = None
    for obj in objects:
        value: object = obj.get(name)
        if value is None and obj.type == "MESH":
            # Modifiers may have made the attribute, so it takes the evaluated mesh.
            graph = graph or bpy.context.evaluated_depsgraph_get()
            value = _attribute_value(obj, graph, name)
        if value is not None:
            found.append((obj, value))
    return found


def _attribute_value(obj: bpy.types.Object, graph: bpy.types.Depsgraph, name: str) -> object:
    mesh: Any = obj.evaluated_get(graph).data
    attribute = mesh.attributes.get(name)
    if attribute is None or not len(attribute.data):
        return None
    if not hasattr(attribute.data[0], "value"):
        raise CrowdError(rpt_("the attribute {} holds no plain values").format(name), rpt_("choose another"), obj.name)
    values = {_plain(element.value) for element in attribute.data}
    if len(values) > 1:
        raise CrowdError(
            rpt_("the attribute {} is not the same all over the mesh").format(name), rpt_("choose another"), obj.name
        )
    return values.pop()


def _plain(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
