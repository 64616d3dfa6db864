"""Which objects are one person: a head that shows the face, and the body that takes its skin."""

from collections.abc import Iterable
from typing import NamedTuple

import bpy

from ..records import character


class Person(NamedTuple):
    """A character as the scene holds it.

    head: the object that shows the face; it has the character's record, its slot and its tile. body: the other meshes,
    which take the colour of its skin and have no face of their own.
    """

    head: bpy.types.Object
    body: tuple[bpy.types.Object, ...]


def persons_of(heads: Iterable[bpy.types.Object]) -> list[Person]:
    """The persons of these heads, each with its body.

    The body are the children of the head, and, when it is the only character on its parent, the parent and the parent's
    other children: mesh objects that can be edited and are no characters themselves, among `heads` or before.
    """
    # Blender knows an object's parent, not its children: all objects are asked once.
    children: dict[int, list[bpy.types.Object]] = {}
    for obj in bpy.data.objects:
        if obj.parent is not None:
            children.setdefault(obj.parent.session_uid, []).append(obj)
    chosen = list(heads)
    uids = {obj.session_uid for obj in chosen}

    def is_character(obj: bpy.types.Object) -> bool:
        return obj.session_uid in uids or character(obj).is_character

    def body_of(obj: bpy.types.Object) -> tuple[bpy.types.Object, ...]:
        family = list(children.get(obj.session_uid, ()))
        if obj.parent is not None:
            siblings = children[obj.parent.session_uid]
            if sum(map(is_character, siblings)) == 1:
                family += [obj.parent, *siblings]
        return tuple(one for one in family if one.type == "MESH" and one.is_editable and not is_character(one))

    return [Person(obj, body_of(obj)) for obj in chosen]
