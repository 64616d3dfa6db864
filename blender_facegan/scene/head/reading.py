"""Mesh objects and armatures as the plain values in which `core.head` looks for a face."""

import zlib
from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from ...core.head.person import Bone, Part, Person, Surface
from ..people.mesh_columns import (
    column,
    corner_vertices,
    corners_per_polygon,
    group_weights,
    material_indices,
    positions,
)
from .chosen_head import chosen_mark, chosen_vertices

_HELPERS = ("helper-hair", "helper-skirt", "helper-tights", "helper-genital")
"""Vertex groups of MakeHuman's base mesh that are no part of the person, as are all those called `joint-`."""
_BASE_VERTICES, _BASE_HELPERS = 19158, ((13606, 14598), (15128, 19158))
"""Of MakeHuman's base mesh hm08 (github makehumancommunity/mpfb2, `base.obj`): how many there are, and those of its
joints, and of genital, tights, skirt, hair and the ground: rigs may have taken the place of the groups."""


def armature_of(obj: bpy.types.Object) -> bpy.types.Object | None:
    """The armature that moves the object: of its modifier, else the nearest of its parents."""
    modifiers: Any = obj.modifiers
    for modifier in modifiers:
        if modifier.type == "ARMATURE" and modifier.object is not None:
            rig: bpy.types.Object = modifier.object
            return rig
    above = obj.parent
    while above is not None:
        if above.type == "ARMATURE":
            return above
        above = above.parent
    return None


def read_person(name: str, objects: Sequence[bpy.types.Object]) -> Person:
    """A person's mesh objects in their rest pose, with its bones."""
    parts = [read_part(obj) for obj in objects]
    rigs = {rig.session_uid: rig for rig in map(armature_of, objects) if rig is not None}
    bones = [bone for rig in rigs.values() for bone in _bones(rig)]
    mirrored = any(np.linalg.det(part.to_world[:3, :3]) < 0 for part in parts)
    return Person(name, parts, bones, mirrored)


def read_part(obj: bpy.types.Object) -> Part:
    """One mesh object. A mirrored half is completed: its own corners come first."""
    mesh: Any = obj.data
    surface = Surface(
        rest_points(obj).astype(np.float64),
        corner_vertices(mesh),
        corners_per_polygon(mesh),
        material_indices(mesh),
        ~_hidden(obj),
    )
    materials = tuple(slot.material.name if slot.material is not None else "" for slot in obj.material_slots)
    whole, chosen = _completed(obj, surface), chosen_vertices(obj)
    if chosen is not None:
        chosen = np.tile(chosen, len(whole.vertices) // max(len(chosen), 1))
    return Part(obj.name, whole, np.array(_rest_matrix(obj)), materials, chosen)


def rest_points(obj: bpy.types.Object) -> NDArray[np.float32]:
    """The vertices without modifiers, with the shape keys as they are set: float32 [V, 3], local."""
    mesh: Any = obj.data
    points = positions(mesh)
    keys: Any = mesh.shape_keys
    if keys is None or not keys.use_relative:
        return points
    basis = column(keys.reference_key.data, "co", np.float32, 3)
    points = basis.copy()
    for block in keys.key_blocks:
        if block == keys.reference_key or block.mute or block.value == 0:
            continue
        relative = basis
        if block.relative_key != keys.reference_key:
            relative = column(block.relative_key.data, "co", np.float32, 3)
        moved = (column(block.data, "co", np.float32, 3) - relative) * block.value
        if block.vertex_group and block.vertex_group in obj.vertex_groups:
            moved *= group_weights(obj, block.vertex_group)[:, None]
        points += moved
    return points


def shape_mark(obj: bpy.types.Object) -> str:
    """What tells one shape of a mesh, and what is chosen of it, from others: an edited one has its face found anew."""
    mesh: Any = obj.data
    points = positions(mesh)
    return f"{len(points)}:{len(mesh.loops)}:{zlib.crc32(points.tobytes()):08x}{chosen_mark(obj)}"


def _rest_matrix(obj: bpy.types.Object) -> Matrix:
    """The object's matrix in the world with its rig in the rest pose: what hangs on a bone does not turn with it."""
    parent: Any = obj.parent
    if parent is None or obj.parent_type != "BONE" or parent.type != "ARMATURE":
        return obj.matrix_world
    bone = parent.data.bones.get(obj.parent_bone)
    if bone is None:
        return obj.matrix_world
    at_tail = bone.matrix_local @ Matrix.Translation((0.0, bone.length, 0.0))
    result: Matrix = parent.matrix_world @ at_tail @ obj.matrix_parent_inverse @ obj.matrix_basis
    return result


def _bones(rig: bpy.types.Object) -> list[Bone]:
    data: Any = rig.data
    world = rig.matrix_world
    return [
        Bone(
            bone.name,
            bone.parent.name if bone.parent is not None else "",
            np.array(world @ bone.head_local),
            np.array(world @ bone.tail_local),
        )
        for bone in data.bones
    ]


def _hidden(obj: bpy.types.Object) -> NDArray[np.bool_]:
    """Vertices that are not shown: masked away, or helpers of MakeHuman's base mesh."""
    mesh: Any = obj.data
    hidden = np.zeros(len(mesh.vertices), bool)
    modifiers: Any = obj.modifiers
    for modifier in modifiers:
        if modifier.type != "MASK" or not modifier.show_render or modifier.mode != "VERTEX_GROUP":
            continue
        if modifier.vertex_group in obj.vertex_groups:
            inside = group_weights(obj, modifier.vertex_group) > modifier.threshold
            hidden |= inside if modifier.invert_vertex_group else ~inside
    names = [group.name for group in obj.vertex_groups]
    if "helper-hair" in names or "JointCubes" in names:
        helpers = [name for name in names if name in _HELPERS or name.startswith("joint-") or name == "JointCubes"]
        for name in helpers:
            hidden |= group_weights(obj, name) > 0.5
    elif len(hidden) == _BASE_VERTICES:
        for first, end in _BASE_HELPERS:
            hidden[first:end] = True
    return hidden


def _completed(obj: bpy.types.Object, surface: Surface) -> Surface:
    """The surface with what Mirror modifiers add."""
    modifiers: Any = obj.modifiers
    for modifier in modifiers:
        if modifier.type != "MIRROR" or not modifier.show_render:
            continue
        about = Matrix.Identity(4)
        if modifier.mirror_object is not None:
            about = obj.matrix_world.inverted() @ modifier.mirror_object.matrix_world
        for axis in range(3):
            if modifier.use_axis[axis]:
                flip = Matrix.Scale(-1.0, 4, [float(axis == one) for one in range(3)])
                surface = _doubled(surface, np.array(about @ flip @ about.inverted()))
    return surface


def _doubled(surface: Surface, matrix: NDArray[np.float64]) -> Surface:
    other = surface.vertices @ matrix[:3, :3].T + matrix[:3, 3]
    return Surface(
        np.concatenate((surface.vertices, other)),
        np.concatenate((surface.corners, surface.corners + len(surface.vertices))).astype(np.int32),
        np.tile(surface.sizes, 2),
        np.tile(surface.materials, 2),
        np.tile(surface.shown, 2),
    )
