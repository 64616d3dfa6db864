"""Takes faces away again and leaves the objects as the artist made them."""

from collections.abc import Iterable

import bpy

from ..head.coordinates import drop_coordinates
from ..head.mirroring import drop_mirrored
from ..head.persons import persons_with_faces
from ..materials.slots import drop_added_slots, give_back, shows_face
from ..pages.images import drop_unused
from ..records import OF_A_FACE, character


def remove_faces(objects: Iterable[bpy.types.Object]) -> int:
    """Restores the material slots and takes away what Populate wrote; returns how many had a face.

    Who they are (sex, age, seed, key) is kept, so that populating again gives the same faces.
    """
    persons = [person for person in persons_with_faces(objects) if person.head.is_editable]
    touched = [one for person in persons for one in (person.head, *person.body)]
    for person in persons:
        for one in (person.head, *person.body):
            take_face(one)
    drop_added_slots(touched)
    drop_coordinates(one.data for one in touched if one.data is not None)
    drop_unused()
    return len(persons)


def take_face(obj: bpy.types.Object) -> None:
    """Restores one object; its mesh carries the face on, and a slot that was added stays."""
    if shows_face(obj):
        give_back(obj)
        character(obj).page, character(obj).made_with = None, ""
    _clear(obj)
    drop_mirrored(obj)


def _clear(obj: bpy.types.Object) -> None:
    for name in OF_A_FACE:
        if obj.get(name) is not None:
            # An override cannot lose a property that its library has: it is blank instead.
            if obj.override_library is None:
                del obj[name]
            else:
                obj[name] = [0.0] * len(obj[name])
    obj.update_tag()
