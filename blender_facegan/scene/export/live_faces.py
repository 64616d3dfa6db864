"""The way back from bakes: characters show their pages again."""

from collections.abc import Sequence

import bpy

from ..head.persons import persons_with_faces
from ..materials.look import Look
from ..materials.materials import FaceMaterials
from ..materials.slots import baked_slots, face_slots, give_live_back, give_mesh_back
from ..records import character


def is_baked(obj: bpy.types.Object) -> bool:
    """Whether the object shows pictures of its own in place of its page."""
    return bool(baked_slots(obj))


def restore_live_faces(objects: Sequence[bpy.types.Object]) -> int:
    """Lets baked characters show their page again, with the meshes and materials that they had; returns how many.

    Of a person of several meshes any may be given.
    """
    persons = [person for person in persons_with_faces(objects) if any(map(is_baked, (person.head, *person.body)))]
    materials = FaceMaterials(Look())
    for person in persons:
        for obj in (person.head, *person.body):
            give_mesh_back(obj)
            give_live_back(obj)
            page = character(person.head).page
            if page is None:
                continue
            for index in face_slots(obj):
                materials.follow(obj, index, page)
    return len(persons)
