"""Whose faces an operator acts on: an artist chooses a rig, or whatever mesh of a person is at hand."""

from collections.abc import Iterable

import bpy

from ..head.persons import persons_with_faces, with_parts
from ..head.reading import armature_of
from ..materials.slots import shows_face
from ..pages.storage import has_pages
from ..people.characters import Surveyor, has_face


def heads_of(objects: Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    """The heads that show the faces of the persons of these objects, each once, in the order of the objects."""
    chosen = list(objects)
    if all(has_face(obj) for obj in chosen):
        return chosen
    persons = persons_with_faces(with_parts(chosen, Surveyor()))
    return [person.head for person in persons if has_face(person.head)]


def may_have_faces(objects: Iterable[bpy.types.Object]) -> bool:
    """Whether any of them shows a face, or may belong to a person who does: a panel asks at every redraw.

    To know it for certain takes a look at all objects of the file.
    """
    chosen = list(objects)
    if any(shows_face(obj) for obj in chosen):
        return True
    of_others = any(obj.type == "ARMATURE" or obj.parent is not None or armature_of(obj) is not None for obj in chosen)
    return of_others and (has_pages(packed=True) or has_pages(packed=False))
