"""Characters in Blender's data, from MakeHuman's shapes."""

from typing import Any

import numpy as np

from tests.blender.crowds import context, data
from tests.core.head.people import Truth, stored, surface, truth

BONES = {
    "mixamorig:Hips": ((0, 0, 0.95), ""),
    "mixamorig:Neck": ((0, 0.03, 1.48), "mixamorig:Hips"),
    "mixamorig:Head": ((0, 0.02, 1.56), "mixamorig:Neck"),
    "mixamorig:LeftFoot": ((0.12, 0.03, 0.08), "mixamorig:Hips"),
    "mixamorig:RightFoot": ((-0.12, 0.03, 0.08), "mixamorig:Hips"),
    "mixamorig:LeftToeBase": ((0.14, -0.12, 0.02), "mixamorig:LeftFoot"),
    "mixamorig:RightToeBase": ((-0.14, -0.12, 0.02), "mixamorig:RightFoot"),
}


def mesh(who: str, eyes: bool = False) -> Any:
    """A mesh of the man, or of somebody's head; slot 0 is the skin, slot 1 the eyes."""
    shape = surface(who, eyes)
    made = data.meshes.new(who)
    made.from_pydata(shape.vertices.tolist(), [], shape.corners.reshape(-1, 4).tolist())
    made.polygons.foreach_set("material_index", shape.materials)
    for name in ("Skin", "Iris") if eyes else ("Skin",):
        made.materials.append(data.materials.get(name) or data.materials.new(name))
    made.update()
    return made


def character(who: str, name: str = "Somebody", eyes: bool = False) -> Any:
    """Somebody without a rig."""
    obj = data.objects.new(name, mesh(who, eyes))
    context.scene.collection.objects.link(obj)
    context.view_layer.update()
    return obj


def rigged(name: str = "Somebody") -> tuple[Any, Any]:
    """The man and his rig; the head follows its bone."""
    obj = character("man", name)
    floor = float(stored()["man"][:, 2].min())
    armature = data.armatures.new(f"{name} Rig")
    rig = data.objects.new(f"{name} Rig", armature)
    context.scene.collection.objects.link(rig)
    context.view_layer.objects.active = rig
    from bpy import ops

    ops.object.mode_set(mode="EDIT")
    for bone_name, (place, parent) in BONES.items():
        bone = armature.edit_bones.new(bone_name)
        bone.head = (place[0], place[1], place[2] + floor)
        bone.tail = (place[0], place[1], place[2] + floor + 0.1)
        bone.parent = armature.edit_bones.get(parent)
    ops.object.mode_set(mode="OBJECT")
    obj.parent = rig
    obj.modifiers.new("Rig", "ARMATURE").object = rig
    head, rest = obj.vertex_groups.new(name="mixamorig:Head"), obj.vertex_groups.new(name="mixamorig:Hips")
    above = stored()["man"][: len(obj.data.vertices), 2] > truth("man").chin[2] - 0.03
    head.add([int(index) for index in np.flatnonzero(above)], 1.0, "REPLACE")
    rest.add([int(index) for index in np.flatnonzero(~above)], 1.0, "REPLACE")
    context.view_layer.update()
    return obj, rig


def coordinates(obj: Any) -> Any:
    """What the object's mesh carries for each corner, [C, 3]; None where it carries nothing."""
    attribute = obj.data.attributes.get("facegan_face")
    if attribute is None:
        return None
    values = np.empty(len(obj.data.loops) * 3, np.float32)
    attribute.data.foreach_get("vector", values)
    return values.reshape(-1, 3)


def offsets(obj: Any, real: Truth, places: Any = None, values: Any = None) -> dict[str, float]:
    """How far the face is off, in shares of eye to chin; places: of the vertices, in which `real` is told."""
    values = coordinates(obj) if values is None else values
    if places is None:
        places = np.empty(len(obj.data.vertices) * 3, np.float32)
        obj.data.vertices.foreach_get("co", places)
        places = places.reshape(-1, 3)
    corner = np.empty(len(obj.data.loops), np.int32)
    obj.data.loops.foreach_get("vertex_index", corner)
    return misplaced(places[corner[: len(values)]], values, real)


def misplaced(world: Any, values: Any, real: Truth) -> dict[str, float]:
    """How far the face is off, in shares of eye to chin. world, values: of each corner, [C, 3]."""
    tall = float((real.left_eye + real.right_eye)[2] / 2 - real.chin[2])
    seen = {name: _at(world, values, getattr(real, name), tall) for name in ("right_eye", "left_eye", "mouth")}
    return {
        "eyes": max(abs(seen["right_eye"][1]), abs(seen["left_eye"][1])) / 1.752,
        "mouth": abs(seen["mouth"][1] + 1.066) / 1.752,
        "middle": abs(seen["right_eye"][0] + seen["left_eye"][0]) / 2 / 1.752,
        "distance": float(seen["left_eye"][0] - seen["right_eye"][0]),
    }


def _at(world: Any, values: Any, point: Any, tall: float) -> Any:
    """The face coordinates at a point as seen from the front, by a plane through those about it."""
    away = world[:, (0, 2)] - point[[0, 2]]
    near = (world[:, 1] < point[1] + 0.01) & (np.hypot(*away.T) < 0.2 * tall) & (values[:, 2] > 0)
    basis = np.column_stack((away[near], np.ones(near.sum())))
    return np.linalg.lstsq(basis, values[near, :2], rcond=None)[0][2]
