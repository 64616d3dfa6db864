"""A character's material slot: given over to its face, and given back exactly as it was.

The face's material is linked to the object and not to its mesh. So heads that share a mesh may stand on different
pages, a linked mesh stays untouched, and what the artist had is still there, under the mesh.

Artists move, add and remove slots, and swap meshes. So the slot is always found by what is in it; its number is noted
down for files that older versions read.
"""

from collections.abc import Iterable
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..people.characters import Kind, Skipped, has_face
from ..records import Character, character, face_material
from .materials import FaceMaterials, color_remedy, is_ours, original_of

ARTISTS_MESH = "facegan_original"
"""Custom property of a mesh of ours, on which a face was baked: the mesh that the artist made."""

LIVE, LINK = "facegan_live", "facegan_link"
"""Custom properties of a baked material: the one that stands in the slot where it is not baked, and whether that is
the object's or the mesh's; the object's where it is not told."""


def face_slot(obj: bpy.types.Object) -> int | None:
    """The slot that shows a material of ours, or None. Of several it is the one that was noted down."""
    ours = _our_slots(obj)
    noted = character(obj).slot
    return noted if noted in ours else next(iter(ours), None)


def shows_face(obj: bpy.types.Object) -> bool:
    """Whether there is anything to remove: a face, or a material of ours whose page is gone."""
    return has_face(obj) or face_slot(obj) is not None


def choose_slot(
    obj: bpy.types.Object, kind: Kind, skin_material: str, materials: FaceMaterials, skin: int = 0
) -> int | Skipped:
    """The slot whose material is to show the face: the one named `skin_material`, or `skin` where that is empty.

    A character that shows a face keeps its slot. For a billboard the name does not matter.
    """
    shown = face_slot(obj)
    found = shown if shown is not None else min(skin, max(len(obj.material_slots) - 1, 0))
    if kind == "HEAD" and shown is None and skin_material:
        names = [slot.material.name if slot.material is not None else "" for slot in obj.material_slots]
        if skin_material not in names:
            remedy = rpt_("choose another skin material, or none to take the first slot")
            return Skipped(obj.name, rpt_("no material {}").format(skin_material), remedy)
        found = names.index(skin_material)
    material = own_material(obj, found)
    if material is not None and not materials.can_show(kind, material):
        return Skipped(obj.name, rpt_("no shader with a color in {}").format(material.name), color_remedy(material))
    return found


def own_material(obj: bpy.types.Object, index: int) -> bpy.types.Material | None:
    """What the artist has in the slot, behind our material if that is there, also one that does not know it."""
    if index >= len(obj.material_slots):
        return None
    slot, record = obj.material_slots[index], character(obj)
    if not is_ours(slot.material):
        return slot.material
    behind = original_of(slot.material)
    if behind is not None or (index != record.slot and index != face_slot(obj)):
        return behind
    if record.slot_link == "OBJECT":
        return record.slot_material
    materials: Any = obj.data.materials if isinstance(obj.data, bpy.types.Mesh) else ()
    return original_of(materials[index]) if index < len(materials) else None


def hand_over(obj: bpy.types.Object, index: int, material: bpy.types.Material) -> None:
    """Puts the face's material into the slot, noting down what the artist had, which is never a material of ours."""
    give_mesh_back(obj)
    give_live_back(obj)
    record = character(obj)
    ours = _our_slots(obj)
    for other in ours:
        if other != index:
            _release(obj, other, None, "DATA")
    if index not in ours or obj.material_slots[index].link != "OBJECT":
        _note(obj, record, index)
    record.slot = index
    slot: Any = obj.material_slots[index]
    if slot.material != material:
        slot.material = material


def also_hand_over(obj: bpy.types.Object, index: int, material: bpy.types.Material) -> None:
    """Puts the face's material into a further slot of a head whose face lies on several.

    Only where the slot shows its mesh's material, which is then still there: `give_back` has no note of another.
    """
    if index < len(obj.material_slots) and obj.material_slots[index].link == "DATA":
        slot: Any = obj.material_slots[index]
        slot.link = "OBJECT"
        slot.material = material


def face_slots(obj: bpy.types.Object) -> list[int]:
    """All slots that show a material of ours."""
    return _our_slots(obj)


def give_back(obj: bpy.types.Object) -> None:
    """Restores the slot. An added slot stays until `drop_added_slots`, since others may share the mesh."""
    give_mesh_back(obj)
    give_live_back(obj)
    record, shown = character(obj), face_slot(obj)
    for index in _our_slots(obj):
        if index == shown:
            _release(obj, index, record.slot_material, record.slot_link or "DATA")
        else:
            _release(obj, index, None, "DATA")
    record.slot_material, record.slot_link = None, ""
    # Opening a file of an older Blender, Blender 5.0 and newer leave a second copy there, which nothing reads or
    # updates: it would hold the page for ever.
    if bpy.app.version >= (5, 0, 0) and obj.get("facegan") is not None:
        del obj["facegan"]


def give_mesh_back(obj: bpy.types.Object) -> None:
    """Gives the object the mesh that the artist made, if it has one of ours, and removes ours when nobody has it."""
    mesh: Any = obj.data if obj.type == "MESH" else None
    if mesh is None or ARTISTS_MESH not in mesh:
        return
    obj.data = mesh[ARTISTS_MESH]
    if mesh.users == 0:
        bpy.data.meshes.remove(mesh)


def baked_slots(obj: bpy.types.Object) -> list[int]:
    """The slots that show a picture of the character's own in place of its page."""
    return [
        index
        for index, slot in enumerate(obj.material_slots)
        if slot.material is not None and face_material(slot.material).role == "BAKED"
    ]


def give_live_back(obj: bpy.types.Object) -> None:
    """Puts the materials that were baked back into their slots."""
    for index in baked_slots(obj):
        slot: Any = obj.material_slots[index]
        baked = slot.material
        live, link = baked.get(LIVE), baked.get(LINK, "OBJECT")
        slot.link = "OBJECT"
        slot.material = live if link == "OBJECT" else None
        slot.link = link
        if baked.users == 0:
            bpy.data.materials.remove(baked)


def drop_added_slots(objects: Iterable[bpy.types.Object]) -> None:
    """Takes the slots that were added off the meshes that no character with a face uses any more."""
    added = {obj.data for obj in objects if character(obj).slot_added and isinstance(obj.data, bpy.types.Mesh)}
    if not added:
        return
    in_use = {obj.data for obj in bpy.data.objects if character(obj).page is not None}
    for mesh in added - in_use:
        if len(mesh.materials) == 1 and mesh.materials[0] is None:
            mesh.materials.clear()
    for obj in objects:
        character(obj).slot_added = False


def _our_slots(obj: bpy.types.Object) -> list[int]:
    return [index for index, slot in enumerate(obj.material_slots) if is_ours(slot.material)]


def _note(obj: bpy.types.Object, record: Character, index: int) -> None:
    record.slot_added = not obj.material_slots
    if record.slot_added and isinstance(obj.data, bpy.types.Mesh):
        obj.data.materials.append(None)
    slot = obj.material_slots[index]
    record.slot_link = slot.link
    slot.link = "OBJECT"
    record.slot_material = None if is_ours(slot.material) else slot.material


def _release(obj: bpy.types.Object, index: int, material: bpy.types.Material | None, link: str) -> None:
    slot: Any = obj.material_slots[index]
    original = original_of(slot.material)
    slot.link = "OBJECT"
    slot.material = None if is_ours(material) else material
    slot.link = link
    if is_ours(slot.material):  # put onto the mesh by hand
        slot.material = original
