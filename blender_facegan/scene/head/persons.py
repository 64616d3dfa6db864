"""Which objects are one person: a head that shows the face, and the body that takes its skin."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import bpy
import numpy as np

from ...core.head.names import part_role
from ...core.head.person import Member, group
from ..people.characters import Kind, Skipped, Surveyor, has_face
from ..people.mesh_columns import column
from ..records import FIT, character, face_material
from .coordinates import is_told
from .finder import Carrier, FaceFinder, Unseen
from .reading import armature_of

Triple = tuple[float, float, float]


class Person(NamedTuple):
    """A character as the scene holds it.

    head: the object that shows the face; it has the character's record, its slot and its tile. body: the other meshes,
    which take the colour of its skin and have no face of their own. carriers: what carries the face, the head first and
    then its other levels of detail; empty for a billboard without a picture.
    """

    head: bpy.types.Object
    body: tuple[bpy.types.Object, ...]
    carriers: tuple[Carrier, ...] = ()

    def kind(self, surveyor: Surveyor) -> Kind:
        """What the head is: a flat one that carries a face shows somebody's picture."""
        if self.carriers and self.carriers[0].on_picture is not None:
            return "PICTURE"
        return surveyor.kind(self.head)


def persons_of(
    objects: Iterable[bpy.types.Object], surveyor: Surveyor, finder: FaceFinder
) -> tuple[list[Person], list[Skipped]]:
    """The persons that these objects are parts of, in the order of the objects, and who cannot get a face and why.

    A flat mesh is a person of its own. Of a person of several meshes any may be given. One whose face is yet to be
    looked for stands among the persons, without carriers, if it shows a face, else among the others.
    """
    chosen = list(objects)
    given = set(chosen)
    persons: list[Person] = []
    skipped: list[Skipped] = []
    families = Families(surveyor)
    flat = {obj.session_uid for obj in chosen if surveyor.kind(obj) == "BILLBOARD" and len(families.of(obj)) == 1}
    done: set[int] = set()
    for obj in chosen:
        if obj.session_uid in flat:
            pictured = finder.on_picture(obj)
            if not isinstance(pictured, Skipped):
                persons.append(Person(obj, families.children(obj), (pictured,) if pictured is not None else ()))
            elif isinstance(pictured, Unseen) and has_face(obj):
                persons.append(Person(obj, families.children(obj)))
            else:
                skipped.append(pictured)
            continue
        if finder.is_told:
            persons.append(Person(obj, families.children(obj)))
            continue
        family = families.of(obj)
        if family[0].session_uid in done:
            continue
        done.add(family[0].session_uid)
        shown = finder.carriers(_name(family, obj), family)
        if isinstance(shown, Skipped):
            as_before = has_face if isinstance(shown, Unseen) else _is_placed_as_before
            before = [one for one in family if one in given and as_before(one)]
            persons += [Person(one, families.children(one)) for one in before]
            skipped += [] if before else [shown]
            continue
        by_uid = {one.session_uid: one for one in family}
        levels = {carrier.uid for carrier in shown}
        body = tuple(one for one in family if one.session_uid not in levels and one.is_editable)
        persons.append(Person(by_uid[shown[0].uid], body, tuple(shown)))
    return persons, skipped


def called(head: bpy.types.Object) -> str:
    """How an artist knows the person of a mesh: by its rig, else by the object itself."""
    rig = armature_of(head)
    return rig.name if rig is not None else head.name


def persons_with_faces(objects: Iterable[bpy.types.Object]) -> list[Person]:
    """The persons of these objects that show a face, as they are. Any of their meshes may be given."""
    chosen = list(objects)
    if not chosen:
        return []
    families, persons, done = Families(Surveyor()), [], set()
    for obj in chosen:
        family = families.of(obj)
        heads = [one for one in family if _shows(one) and character(one).is_character] or [obj]
        head = obj if obj in heads else heads[0]
        if head.session_uid in done or not _shows(head):
            continue
        done.add(head.session_uid)
        others = [one for one in family if one != head and one.is_editable and not character(one).is_character]
        persons.append(Person(head, tuple(others) if len(family) > 1 else families.children(head)))
    return persons


def _shows(obj: bpy.types.Object) -> bool:
    return character(obj).page is not None or any(
        slot.material is not None and face_material(slot.material).role != "NONE" for slot in obj.material_slots
    )


def _is_placed_as_before(obj: bpy.types.Object) -> bool:
    """Whether the object is a head of version 0.1.0, whose face lies by its bounding box: the eyes' height tells."""
    fit: Any = obj.get(FIT)
    return fit is not None and character(obj).is_character and fit[0] != 0.0


def with_parts(objects: Iterable[bpy.types.Object], surveyor: Surveyor) -> list[bpy.types.Object]:
    """These objects, each once, with the meshes of a person in the place of its rig or of the Empty above them.

    What else hangs on a rig without being a mesh (the Empties at the ends of glTF's bones, a lamp in a hand) stands for
    the rig. Meshes that cannot have a face are left out as long as another of the same rig can.
    """
    chosen = list(dict.fromkeys(objects))
    above = {obj.session_uid for obj in chosen if obj.type in ("ARMATURE", "EMPTY")}
    rigs = {obj.session_uid: _rig_over(obj) for obj in chosen if obj.type != "MESH"}
    above.update(rigs.values())
    if not above:
        return chosen
    below: dict[int, list[bpy.types.Object]] = {}
    for obj in bpy.data.objects:
        if obj.type == "MESH":
            for uid in above.intersection(_over(obj)):
                below.setdefault(uid, []).append(obj)
    found: dict[bpy.types.Object, None] = {}
    for obj in chosen:
        parts = below.get(obj.session_uid) or below.get(rigs.get(obj.session_uid, 0), [])
        found |= dict.fromkeys([one for one in parts if surveyor.problem(one) is None] or parts or [obj])
    return list(found)


def _rig_over(obj: bpy.types.Object) -> int:
    """The nearest armature above an object, by `session_uid`; 0 for none."""
    above = obj.parent
    while above is not None and above.type != "ARMATURE":
        above = above.parent
    return above.session_uid if above is not None else 0


def _over(obj: bpy.types.Object) -> list[int]:
    """The rig and the parents of an object, by `session_uid`."""
    rig, above = armature_of(obj), obj.parent
    found = [] if rig is None else [rig.session_uid]
    while above is not None:
        found.append(above.session_uid)
        above = above.parent
    return found


class Families:
    """Groups the mesh objects of the file into persons; all are looked at once."""

    def __init__(self, surveyor: Surveyor) -> None:
        parts = [
            (place, obj)
            for place, obj in enumerate(bpy.data.objects)
            if obj.type == "MESH" and _may_be_part(obj, surveyor)
        ]
        # Asked for its children, an object would look through all there are.
        self._below: dict[int, list[bpy.types.Object]] = {}
        for obj in bpy.data.objects:
            if obj.parent is not None and obj.type == "MESH":
                self._below.setdefault(obj.parent.session_uid, []).append(obj)
        boxes = _boxes([place for place, _ in parts])
        meshes = [obj for _, obj in parts]
        self._family: dict[int, list[bpy.types.Object]] = {}
        for indices in group([_member(obj, surveyor, box) for obj, box in zip(meshes, boxes, strict=True)]):
            family = [meshes[index] for index in indices]
            for one in family:
                self._family[one.session_uid] = family

    def of(self, obj: bpy.types.Object) -> list[bpy.types.Object]:
        """The mesh objects of the object's person; the object alone where it is none."""
        return self._family.get(obj.session_uid, [obj])

    def children(self, obj: bpy.types.Object) -> tuple[bpy.types.Object, ...]:
        """The meshes that hang on a billboard and may take its skin."""
        below = self._below.get(obj.session_uid, ())
        return tuple(one for one in below if one.is_editable and not character(one).is_character)


def _may_be_part(obj: bpy.types.Object, surveyor: Surveyor) -> bool:
    """Whether the mesh may belong to a person with others: a flat one only where nobody has made it a character."""
    if not len(obj.data.polygons):  # type: ignore[union-attr]
        return False
    if surveyor.kind(obj) != "BILLBOARD":
        return True
    return character(obj).kind == "AUTO" and not character(obj).is_character


def _boxes(places: Sequence[int]) -> list[tuple[Triple, Triple]]:
    """Centre and size of the bounding boxes in world space of the objects at these places of the file's list.

    All are read together: object by object it takes longer than all else of a survey.
    """
    corners = column(bpy.data.objects, "bound_box", np.float32, 24)[places].reshape(-1, 8, 3).astype(np.float64)
    matrices = column(bpy.data.objects, "matrix_world", np.float32, 16)[places].reshape(-1, 4, 4).astype(np.float64)
    # Blender's matrices come column by column.
    world = corners @ matrices[:, :3, :3] + matrices[:, 3:, :3]
    low, high = world.min(axis=1), world.max(axis=1)
    return [
        (tuple(centre), tuple(size))
        for centre, size in zip(((low + high) / 2).tolist(), (high - low).tolist(), strict=True)
    ]


def _member(obj: bpy.types.Object, surveyor: Surveyor, box: tuple[Triple, Triple]) -> Member:
    ancestors: list[bpy.types.Object] = []
    above = obj.parent
    while above is not None:
        ancestors.append(above)
        above = above.parent
    rig = armature_of(obj)
    # A linked object may have the name of one of this file.
    return Member(
        obj.name_full,
        rig.name_full if rig is not None else "",
        tuple(one.name_full for one in ancestors),
        tuple(one.name_full for one in ancestors if one.type == "MESH"),
        *box,
        _role(obj),
        character(obj).is_character or is_told(obj.data),
        surveyor.kind(obj) == "BILLBOARD",
    )


def _role(obj: bpy.types.Object) -> str:
    """What the object is by its name, else by its only material."""
    named = part_role(obj.name)
    if named:
        return named
    materials = {slot.material.name for slot in obj.material_slots if slot.material is not None}
    return part_role(materials.pop()) if len(materials) == 1 else ""


def _name(family: Sequence[bpy.types.Object], obj: bpy.types.Object) -> str:
    """How a person is told: by its character's name, else by the object that was given."""
    if len(family) == 1:
        return family[0].name
    known = next((one.name for one in family if character(one).is_character), "")
    heads = [one.name for one in family if _role(one) == "HEAD"]
    rig = armature_of(obj)
    return known or (heads[0] if heads else rig.name if rig is not None and len(family) > 1 else obj.name)
