"""Who of some objects can show a face, and in which slot of its head's material."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import bpy

from ..head.finder import Carrier, FaceFinder
from ..head.persons import Person, persons_of
from ..materials.materials import FaceMaterials
from ..materials.slots import choose_slot
from ..people.characters import Kind, Skipped, Surveyor, sorted_out

Problem = Callable[[bpy.types.Object], Skipped | None]
"""Why an object cannot get a face; None where it can."""


class Fitting(NamedTuple):
    """A person who can show a face: what its head is, and the slot for the face."""

    person: Person
    kind: Kind
    slot: int


def fitting(
    objects: Iterable[bpy.types.Object],
    problem: Problem,
    finder: FaceFinder,
    surveyor: Surveyor,
    materials: FaceMaterials,
    skin_material: str,
    of_head: Problem = lambda _head: None,
) -> tuple[list[Fitting], list[Skipped]]:
    """The persons among the objects who can show a face, and who cannot and why.

    problem: of any of the objects; of_head: of a person's head. skin_material: see `choose_slot`.
    """
    able, no_persons = sorted_out(objects, problem)
    persons, skipped = persons_of(able, surveyor, finder)
    found: list[Fitting] = []
    for person in persons:
        kind = person.kind(surveyor)
        slot = of_head(person.head) or slot_for(person.head, kind, person.carriers, materials, skin_material)
        if isinstance(slot, Skipped):
            skipped.append(slot)
        else:
            found.append(Fitting(person, kind, slot))
    # Persons first: of a collection's lamps and cameras nobody wants to read before them.
    return found, [*skipped, *no_persons]


def slot_for(
    obj: bpy.types.Object, kind: Kind, carriers: Sequence[Carrier], materials: FaceMaterials, skin_material: str
) -> int | Skipped:
    """The slot for the face of an object of this kind: see `choose_slot`. carriers: of its face, itself first."""
    skin = carriers[0].slots[0] if carriers and carriers[0].slots else 0
    return choose_slot(obj, kind, skin_material, materials, skin)
