"""Characters that are marked, so that what a linked copy of the file needs is in the file."""

from collections.abc import Iterable

import bpy

from ..people.characters import Skipped, Surveyor, mark
from ..people.persons import persons_of
from .finder import FaceFinder, write_face


def mark_characters(objects: Iterable[bpy.types.Object]) -> tuple[int, list[Skipped]]:
    """Marks the persons of these mesh objects, and lets their meshes carry their faces.

    A linked mesh cannot be written: it must carry its face in its own file. Returns how many persons were marked, and
    those on whom no face was found, and why; they are marked as well.
    """
    able = [obj for obj in objects if obj.type == "MESH" and obj.is_editable]
    persons, skipped = persons_of(able, Surveyor(), FaceFinder())
    unseen = {one.name for one in skipped}
    by_uid = {obj.session_uid: obj for obj in bpy.data.objects}
    for person in persons:
        mark(person.head)
        for carrier in person.carriers:
            write_face(carrier, by_uid[carrier.uid])
    for obj in able:
        if obj.name in unseen:
            mark(obj)
    return len(persons) + sum(obj.name in unseen for obj in able), skipped
