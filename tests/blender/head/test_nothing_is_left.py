"""Undo, redo and Remove Faces: mesh, materials and UV maps are as they were, bit by bit."""

import hashlib
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from tests.blender.crowds import context, data, operators, select, skin_material
from tests.blender.head.characters import character, rigged
from tests.blender.head.test_only_skin_changes import painted
from tests.blender.head.test_where_faces_stay import halved

edit: Any = bpy.ops.ed
_WIDTHS = {
    "FLOAT": ("value", 1, np.float32),
    "INT": ("value", 1, np.int32),
    "BOOLEAN": ("value", 1, np.bool_),
    "FLOAT2": ("vector", 2, np.float32),
    "FLOAT_VECTOR": ("vector", 3, np.float32),
    "FLOAT_COLOR": ("color", 4, np.float32),
    "BYTE_COLOR": ("color", 4, np.float32),
    "INT32_2D": ("value", 2, np.int32),
}


def bits(mesh: Any) -> dict[str, Any]:
    """Everything that a mesh holds."""
    found: dict[str, Any] = {}
    for attribute in mesh.attributes:
        if attribute.data_type not in _WIDTHS:
            found[attribute.name] = (attribute.domain, attribute.data_type, len(attribute.data))
            continue
        name, width, kind = _WIDTHS[attribute.data_type]
        values: Any = np.empty(len(attribute.data) * width, kind)
        attribute.data.foreach_get(name, values)
        digest = hashlib.sha256(values.tobytes()).hexdigest()
        found[attribute.name] = (attribute.domain, attribute.data_type, digest)
    found["order"] = [attribute.name for attribute in mesh.attributes]
    found["active"] = (mesh.attributes.active_index, mesh.attributes.active_color_index, mesh.uv_layers.active_index)
    found["uv"] = [(layer.name, layer.active_render) for layer in mesh.uv_layers]
    found["custom"] = sorted(mesh.keys())
    found["materials"] = [material.name if material else None for material in mesh.materials]
    found["keys"] = [block.value for block in mesh.shape_keys.key_blocks] if mesh.shape_keys else []
    return found


def everything() -> dict[str, Any]:
    """The whole file, as far as a face could touch it; a character's own record says who it is and stays."""
    return {
        "meshes": {mesh.name: bits(mesh) for mesh in data.meshes},
        "objects": {
            obj.name: (
                [(slot.link, slot.material.name if slot.material else None) for slot in obj.material_slots],
                [(modifier.name, modifier.type) for modifier in obj.modifiers],
                sorted(key for key in obj.keys() if key != "facegan"),  # noqa: SIM118  # it has no other iterator
                [group.name for group in obj.vertex_groups],
                obj.data.name if obj.data else None,
                [tuple(row) for row in obj.matrix_world],
            )
            for obj in data.objects
        },
        "materials": {
            material.name: sorted((node.bl_idname, node.name) for node in material.node_tree.nodes)
            for material in data.materials
            if material.node_tree is not None
        },
        "rest": sorted([*data.images.keys(), *data.node_groups.keys(), *data.materials.keys()]),
    }


def cast() -> list[Any]:
    """Persons of all kinds, with whatever a mesh can hold."""
    man, rig = rigged("Man")
    painted(man, [(truthless(man), (0.1, 0.1, 0.4)), (9.0, (0.78, 0.55, 0.43))])
    man.data.uv_layers.new(name="Second")
    man.data.attributes.new("Own", "FLOAT", "POINT").data.foreach_set("value", np.arange(len(man.data.vertices)))
    man.data.color_attributes.new("Paint", "BYTE_COLOR", "CORNER")
    man["note"] = "the artist's"
    woman = character("woman", "Woman", eyes=True)
    woman.location.x = 3
    woman.shape_key_add(name="Basis")
    woman.shape_key_add(name="Smile").value = 0.5
    half = character("child", "Half")
    half.location.x = 6
    halved(half)
    half.modifiers.new("Mirror", "MIRROR")
    half.modifiers.new("Finer", "SUBSURF").levels = 1
    bare = character("old", "Bare")
    bare.location.x = 9
    bare.data.materials.clear()
    twin = data.objects.new("Twin", woman.data)
    twin.location.x = 12
    context.scene.collection.objects.link(twin)
    twin.material_slots[0].link = "OBJECT"
    twin.material_slots[0].material = skin_material("Own Skin")
    context.view_layer.update()
    return [man, rig, woman, half, bare, twin]


def truthless(man: Any) -> float:
    """The collar's height."""
    return float(max(vertex.co.z for vertex in man.data.vertices) - 0.4)


def test_removing_faces_leaves_no_bit_changed(scene: Any, model: Path) -> None:
    crowd = cast()
    before = everything()
    select(crowd)
    operators.populate(model=str(model))
    assert sum(obj.facegan.page is not None for obj in data.objects) == 5
    assert everything() != before
    operators.populate(model=str(model), crowd_seed=3)
    select(crowd)
    operators.remove()
    assert everything() == before


def test_undo_and_redo_change_all_and_nothing(scene: Any, model: Path) -> None:
    crowd = cast()
    select(crowd)
    edit.undo_push(message="Before")
    before = everything()
    operators.populate(model=str(model))
    edit.undo_push(message="Populated")
    after = everything()
    assert after != before
    edit.undo()
    assert everything() == before
    edit.redo()
    assert everything() == after
    edit.undo()
    assert everything() == before
