"""Pictures of characters before and after they have faces, and what in them is whose."""

from collections.abc import Callable
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from tests.blender.crowds import context, data
from tests.blender.pictures import render

Picture = NDArray[np.float32]


def look_at(middle: tuple[float, float, float], wide: float, yaw: float = 0.0) -> None:
    """Puts the scene's camera before a place, `yaw` degrees to its left."""
    camera = data.objects.get("Look") or data.objects.new("Look", data.cameras.new("Look"))
    if camera.name not in context.scene.collection.objects:
        context.scene.collection.objects.link(camera)
    camera.data.type, camera.data.ortho_scale = "ORTHO", wide
    angle = np.radians(yaw)
    camera.location = (middle[0] + 5 * np.sin(angle), middle[1] - 5 * np.cos(angle), middle[2])
    camera.rotation_euler = (np.pi / 2, 0, angle)
    context.scene.camera = camera


def lit(side: int = 96) -> Picture:
    """What the camera sees under an even sky, without light from one surface on another."""
    return render(side, bounces=0)


def owners(objects: list[Any], is_skin: Callable[[Any], bool], side: int = 96) -> NDArray[np.bool_]:
    """Pixels all about which something other than skin is seen, bool [side, side].

    is_skin: of the artist's material in a slot. The materials are put back.
    """
    plain = {name: _glowing(name, value) for name, value in (("Is skin", 0.0), ("Is none", 1.0))}
    kept = [(obj, index, slot.link, slot.material) for obj in objects for index, slot in enumerate(obj.material_slots)]
    skin = [is_skin(material) for _, _, _, material in kept]
    for (obj, index, _, _), one in zip(kept, skin, strict=True):
        obj.material_slots[index].link = "OBJECT"
        obj.material_slots[index].material = plain["Is skin" if one else "Is none"]
    try:
        seen = render(side, bounces=0)
    finally:
        for obj, index, link, material in kept:
            slot = obj.material_slots[index]
            slot.material = None
            slot.link = link
            slot.material = material
    other = (seen[..., 0] > 0.999) & (seen[..., 3] > 0.999)
    # A pixel at an edge shows both.
    around = np.pad(other, 1)
    inner: NDArray[np.bool_] = np.ones_like(other)
    for down in range(3):
        for across in range(3):
            inner &= around[down : down + side, across : across + side]
    return inner


def _glowing(name: str, value: float) -> Any:
    material: Any = bpy.data.materials.get(name) or bpy.data.materials.new(name)
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    glow, out = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    glow.inputs["Color"].default_value = (value, value, value, 1)
    tree.links.new(glow.outputs[0], out.inputs[0])
    return material


def face_shown(objects: list[Any], side: int = 96) -> Picture:
    """How much of a face is seen at each pixel, 0 to 1, float32 [side, side], through all that is not of its material.

    Spoils the materials.
    """
    clear = _glowing("Clear", 0.0)
    glass = clear.node_tree.nodes.new("ShaderNodeBsdfTransparent")
    clear.node_tree.links.new(glass.outputs[0], clear.node_tree.nodes["Material Output"].inputs[0])
    for obj in objects:
        for slot in obj.material_slots:
            tree = slot.material.node_tree
            face = next((node for node in tree.nodes if node.type == "GROUP" and "Mask" in node.outputs), None)
            if face is None:
                slot.link = "OBJECT"
                slot.material = clear
                continue
            glow = tree.nodes.new("ShaderNodeEmission")
            out = next(node for node in tree.nodes if node.type == "OUTPUT_MATERIAL")
            tree.links.new(face.outputs["Mask"], glow.inputs["Color"])
            tree.links.new(glow.outputs[0], out.inputs["Surface"])
    return render(side, bounces=0)[..., 0]
