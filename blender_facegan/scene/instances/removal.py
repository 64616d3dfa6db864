"""Takes the faces of instances away again, and leaves what they show as the artist made it."""

from collections.abc import Iterable

import bpy

from ..head.coordinates import drop_coordinates
from ..head.mirroring import drop_mirrored
from ..materials.slots import drop_added_slots, give_back
from ..pages.images import drop_unused
from ..records import OF_A_FACE, SKIN, TILE, character
from .point_data import MADE_WITH, PAGES, Carrier, carrier, own_columns
from .points import with_tables
from .prototypes import instanced_by, shows_page_set


def populated_instances(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """The objects of the scene whose instances have faces."""
    return [obj for obj in scene.objects if obj.get(PAGES) is not None]


def remove_instances(objects: Iterable[bpy.types.Object]) -> int:
    """Takes the faces of the carriers among the objects away and returns of how many characters.

    The objects that they instance get their own materials back, unless others still show faces of the same pages.
    """
    _, targets = with_tables(list(objects))
    removed = [one for obj in targets if obj.get(PAGES) is not None and isinstance(one := carrier(obj), Carrier)]
    owners, _ = with_tables([one.obj for one in removed])
    prototypes = [obj for obj in instanced_by(owners) if shows_page_set(obj) and obj.is_editable]
    for one in removed:
        for name in (TILE, SKIN, *own_columns()):
            one.remove(name)
        for name in (PAGES, MADE_WITH):
            if one.obj.get(name) is not None:
                del one.obj[name]
        one.tag()
    in_use = {obj[PAGES] for obj in bpy.data.objects if obj.get(PAGES) is not None}
    freed = [obj for obj in prototypes if character(obj).page not in in_use]
    for obj in freed:
        give_back(obj)
        drop_mirrored(obj)
        character(obj).page = None
        for name in OF_A_FACE:
            if obj.get(name) is not None:
                del obj[name]
    drop_added_slots(freed)
    drop_coordinates(obj.data for obj in freed if obj.data is not None)
    drop_unused()
    return sum(one.count for one in removed)
