"""The objects that are instanced: they carry the material, and each instance its own face."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import bpy

from ..head.finder import Carrier, FaceFinder
from ..head.persons import persons_of
from ..materials.materials import FaceMaterials
from ..materials.slots import choose_slot
from ..pages.page_set import is_page_set
from ..people.characters import Kind, Skipped, Surveyor
from ..populate.settings import Settings
from ..records import character


class Prototype(NamedTuple):
    """An instanced object that shows the face, what it is, the material slot for it, and what its mesh carries."""

    obj: bpy.types.Object
    kind: Kind
    slot: int
    carrier: Carrier | None


def instanced_by(owners: Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    """The mesh objects that the owners instance, through geometry nodes or as a collection, by name."""
    wanted = {owner.session_uid for owner in owners}
    found: dict[int, bpy.types.Object] = {}
    graph: Any = bpy.context.evaluated_depsgraph_get()
    for instance in graph.object_instances:
        if not instance.is_instance or instance.parent.original.session_uid not in wanted:
            continue
        original = instance.object.original
        # Geometry that has no object of its own goes by the name of its owner.
        if isinstance(original, bpy.types.Object) and original.type == "MESH" and original.session_uid not in wanted:
            found[original.session_uid] = original
    return sorted(found.values(), key=lambda obj: obj.name)


def choose_prototypes(objects: Sequence[bpy.types.Object], settings: Settings) -> tuple[list[Prototype], list[Skipped]]:
    """Which of the instanced objects show the face: the heads of the persons that are marked, else of all.

    With a skin material, only those that have it; why the rest cannot is told only where none can.
    """
    marked = [obj for obj in objects if character(obj).is_character]
    surveyor, materials = Surveyor(), FaceMaterials(settings.look)
    chosen: list[Prototype] = []
    able, skipped = [], []
    for obj in marked or objects:
        problem = surveyor.problem(obj)
        if problem is None:
            able.append(obj)
        else:
            skipped.append(problem)
    persons, unseen = persons_of(able, surveyor, FaceFinder(settings.look.projection == "FACE"))
    skipped += unseen
    for person in persons:
        kind = surveyor.kind(person.head)
        carrier = next(iter(person.carriers), None)
        skin = carrier.slots[0] if carrier is not None and carrier.slots else 0
        slot = choose_slot(person.head, kind, settings.skin_material, materials, skin)
        if isinstance(slot, Skipped):
            skipped.append(slot)
        else:
            chosen.append(Prototype(person.head, kind, slot, carrier))
    return chosen, [] if chosen else skipped


def shows_page_set(obj: bpy.types.Object) -> bool:
    """Whether the object is a prototype that shows its instances' faces."""
    return is_page_set(character(obj).page)
