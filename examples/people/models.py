"""Figures as Blender has them: meshes with vertex groups, armatures, and objects of both.

Persons are in no scene yet: link their objects to one, or to a collection that is instanced as often as you like.
"""

import math
from typing import Any

import bpy
import numpy as np
from mathutils import Euler, Matrix

from .figures import SLOTS, Figure, Hair, Wardrobe
from .posing import Points

__all__ = ["Models", "Person"]

_LEAST = 0.025
"""Weights below this are left out; the others are multiples of twice as much."""


class Person:
    """The objects of one person: the armature, and its meshes. hair: None for who has none."""

    def __init__(self, rig: Any, body: Any, hair: Any) -> None:
        self.rig, self.body, self.hair = rig, body, hair

    @property
    def objects(self) -> list[Any]:
        """All of them."""
        return [self.rig, self.body, *([] if self.hair is None else [self.hair])]

    def bend(self, alive: bool) -> None:
        """Lets the armature bend the body, or leaves it as it is at rest, so that it can share its mesh."""
        for modifier in self.body.modifiers:
            modifier.show_viewport = modifier.show_render = alive

    def refine(self, levels: int) -> None:
        """Rounds the locks of the hair, for those who are seen from near. levels: of subdivision."""
        if self.hair is not None:
            rounded = self.hair.modifiers.new("Rounded", "SUBSURF")
            rounded.levels, rounded.render_levels = 0, levels

    def look(self, yaw: float, pitch: float, roll: float = 0.0) -> None:
        """Turns the head by its bones: to its left, down, and to its left shoulder. Degrees."""
        turn = Euler([math.radians(angle) for angle in (pitch, roll, yaw)]).to_matrix()
        for name, share in (("neck_01", 0.4), ("head", 0.6)):
            bone = self.rig.pose.bones[name]
            rest = bone.bone.matrix_local.to_3x3()
            part = Matrix.Identity(3).to_quaternion().slerp(turn.to_quaternion(), share)
            bone.rotation_mode = "QUATERNION"
            bone.rotation_quaternion = (rest.inverted() @ part.to_matrix() @ rest).to_quaternion()


class Models:
    """Makes persons of a wardrobe. Persons of the same build, clothes, pose and hair share their data.

    materials: those of a figure by the names of SLOTS, and `Hair` and `Hat`.
    """

    def __init__(self, wardrobe: Wardrobe, materials: dict[str, Any]) -> None:
        self._wardrobe, self._materials = wardrobe, materials
        self._bodies: dict[tuple[str, ...], tuple[Any, Any, Points]] = {}
        self._hair: dict[tuple[str, str], Any] = {}

    def person(
        self, name: str, build: str, outfit: str, posture: str, cut: str | None, look: tuple[float, float] = (0.0, 0.0)
    ) -> Person:
        """A new person at the origin, on a seat there. cut: haircut or hat. look: the head's yaw and pitch, degrees."""
        mesh, armature, head = self._body(build, outfit, posture, look)
        rig: Any = bpy.data.objects.new(name, armature)
        body: Any = bpy.data.objects.new(f"{name} Body", mesh)
        body.parent = rig
        follow = body.modifiers.new("Armature", "ARMATURE")
        follow.object = rig
        if cut is None:
            return Person(rig, body, None)
        hair: Any = bpy.data.objects.new(f"{name} Hair", self._hair_mesh(build, cut))
        hair.parent, hair.parent_type, hair.parent_bone = rig, "BONE", "head"
        bone = armature.bones["head"]
        tail = bone.matrix_local @ Matrix.Translation((0.0, bone.length, 0.0))
        hair.matrix_parent_inverse = tail.inverted() @ Matrix(head.tolist())
        return Person(rig, body, hair)

    def _body(self, build: str, outfit: str, posture: str, look: tuple[float, float]) -> tuple[Any, Any, Points]:
        key = (build, outfit, posture, f"{look[0]:.0f} {look[1]:.0f}")
        if key not in self._bodies:
            figure = self._wardrobe.figure(build, outfit, posture, *look)
            mesh = _mesh(" ".join(key[:3]), figure, [self._materials[slot] for slot in SLOTS])
            _weigh(mesh, figure, self._wardrobe.bones)
            armature = _armature(" ".join((build, posture)), figure.joints, self._wardrobe)
            self._bodies[key] = mesh, armature, figure.head
        return self._bodies[key]

    def _hair_mesh(self, build: str, cut: str) -> Any:
        if (build, cut) not in self._hair:
            hair = self._wardrobe.hair(build, cut)
            self._hair[build, cut] = _mesh(f"{build} {cut}", hair, [self._materials["Hair"], self._materials["Hat"]])
        return self._hair[build, cut]


def _mesh(name: str, part: Figure | Hair, materials: list[Any]) -> Any:
    mesh: Any = bpy.data.meshes.new(name)
    mesh.from_pydata(part.points.tolist(), [], part.faces.tolist())
    for material in materials:
        mesh.materials.append(material)
    mesh.polygons.foreach_set("material_index", part.slots)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(part.faces), bool))
    layer = mesh.uv_layers.new(name="UVMap")
    layer.uv.foreach_set("vector", part.coordinates.astype(np.float32).ravel())
    mesh.update()
    return mesh


def _weigh(mesh: Any, figure: Figure, bones: tuple[str, ...]) -> None:
    """Writes the weights into the mesh: all objects that show it have the groups."""
    carrier = bpy.data.objects.new("Weights", mesh)
    for index, bone in enumerate(bones):
        column = figure.weights[:, index]
        chosen = np.flatnonzero(column > _LEAST)
        if len(chosen) == 0:
            continue
        group = carrier.vertex_groups.new(name=bone)
        levels = np.round(column[chosen] * 20) / 20
        for level in np.unique(levels):
            group.add(chosen[levels == level].tolist(), float(level), "REPLACE")
    bpy.data.objects.remove(carrier)


def _armature(name: str, joints: Points, wardrobe: Wardrobe) -> Any:
    """Bones whose rest is the pose."""
    data: Any = bpy.data.armatures.new(name)
    carrier: Any = bpy.data.objects.new(name, data)
    scene: Any = bpy.context.scene
    scene.collection.objects.link(carrier)
    layer: Any = bpy.context.view_layer
    layer.objects.active = carrier
    bpy.ops.object.mode_set(mode="EDIT")
    made: list[Any] = []
    for bone, parent, (head, tail) in zip(wardrobe.bones, wardrobe.parents, joints, strict=True):
        new = data.edit_bones.new(bone)
        new.head, new.tail = head, tail
        new.parent = made[parent] if parent >= 0 else None
        made.append(new)
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.data.objects.remove(carrier)
    return data
