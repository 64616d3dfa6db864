"""Takes faces away again and leaves the objects as the artist made them."""

from collections.abc import Iterable

import bpy

from ..materials.slots import drop_added_slots, give_back, shows_face
from ..pages.images import drop_unused
from ..people.persons import persons_of
from ..records import FIT, SKIN, TILE, character


def remove_faces(objects: Iterable[bpy.types.Object]) -> int:
    """Restores the material slots and takes away what Populate wrote; returns how many had a face.

    Who they are (sex, age, seed, key) is kept, so that populating again gives the same faces.
    """
    removed = [obj for obj in objects if obj.is_editable and shows_face(obj)]
    for obj, body in persons_of(removed):
        give_back(obj)
        record = character(obj)
        record.page, record.made_with = None, ""
        _clear(obj)
        for one in body:
            _clear(one)
    drop_added_slots(removed)
    drop_unused()
    return len(removed)


def _clear(obj: bpy.types.Object) -> None:
    for name in (TILE, SKIN, FIT):
        if obj.get(name) is not None:
            # An override cannot lose a property that its library has: it is blank instead.
            if obj.override_library is None:
                del obj[name]
            else:
                obj[name] = [0.0] * len(obj[name])
    obj.update_tag()
