"""A character's material slot: given over to its face, and given back exactly as it was.

The face's material is linked to the object and not to its mesh. So heads that share a mesh may stand on different
pages, a linked mesh stays untouched, and what the artist had is still there, under the mesh.
"""

from collections.abc import Iterable
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..export.baked_mesh import give_mesh_back
from ..people.agents import Kind, Skipped
from ..records import Character, character
from .materials import original_of, takes_faces


def choose_slot(obj: bpy.types.Object, kind: Kind, skin_material: str) -> int | Skipped:
    """The slot whose material is to show the face: the one named `skin_material`, or the first where that is empty.

    A character that has a face keeps its slot. For a billboard the name does not matter.
    """
    record = character(obj)
    if record.page is not None and record.slot < len(obj.material_slots):
        return record.slot
    if kind == "BILLBOARD":
        return 0
    found = 0
    if skin_material:
        names = [slot.material.name if slot.material is not None else "" for slot in obj.material_slots]
        if skin_material not in names:
            remedy = rpt_("choose another skin material, or none to take the first slot")
            return Skipped(obj.name, rpt_("no material {}").format(skin_material), remedy)
        found = names.index(skin_material)
    material = own_material(obj, found)
    if material is not None and not takes_faces(material):
        return Skipped(
            obj.name, rpt_("no shader with a color in {}").format(material.name), rpt_("connect one to its output")
        )
    return found


def own_material(obj: bpy.types.Object, index: int) -> bpy.types.Material | None:
    """What the artist has in the slot, behind our material if that is there."""
    if index >= len(obj.material_slots):
        return None
    return original_of(obj.material_slots[index].material)


def hand_over(obj: bpy.types.Object, index: int, material: bpy.types.Material) -> None:
    """Puts the face's material into the slot, noting down what it was."""
    give_mesh_back(obj)
    record = character(obj)
    if record.page is None:
        _note(obj, record, index)
    slot = obj.material_slots[index]
    if slot.link != "OBJECT":
        slot.link = "OBJECT"
    if slot.material != material:
        slot.material = material


def give_back(obj: bpy.types.Object) -> None:
    """Restores the slot. An added slot stays until `drop_added_slots`, since others may share the mesh."""
    give_mesh_back(obj)
    record = character(obj)
    if record.slot < len(obj.material_slots):
        slot: Any = obj.material_slots[record.slot]
        slot.link = "OBJECT"
        slot.material = record.slot_material
        slot.link = record.slot_link or "DATA"
    record.slot_material = None
    # Opening a file of an older Blender, Blender 5.0 and newer leave a second copy there, which nothing reads or
    # updates: it would hold the page for ever.
    if bpy.app.version >= (5, 0, 0) and obj.get("facegan") is not None:
        del obj["facegan"]


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


def _note(obj: bpy.types.Object, record: Character, index: int) -> None:
    record.slot_added = not obj.material_slots
    if record.slot_added and isinstance(obj.data, bpy.types.Mesh):
        obj.data.materials.append(None)
    slot = obj.material_slots[index]
    record.slot, record.slot_link = index, slot.link
    slot.link = "OBJECT"
    record.slot_material = slot.material
