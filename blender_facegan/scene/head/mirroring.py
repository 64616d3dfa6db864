"""The half of a head that a Mirror modifier adds: it shows its own half of the face, and not the other once more.

A Mirror modifier copies a mesh's attributes as they are. So the mesh carries the mirrored half's coordinates beside its
own, and a modifier right behind the Mirror modifier puts them into place.
"""

from typing import Any

import bpy

from ..materials.node_building import own_group
from ..records import FACE, FACE_MIRRORED

_NAME = "Crowd Face Mirror"
_MARK = "facegan_mirror"


def complete_mirrored(obj: bpy.types.Object) -> None:
    """Adds the modifier where the object's mesh carries coordinates for a mirrored half, once."""
    mesh: Any = obj.data
    if mesh.attributes.get(FACE_MIRRORED) is None:
        drop_mirrored(obj)
        return
    modifiers: Any = obj.modifiers
    place = next((index for index, one in enumerate(modifiers) if one.type == "MIRROR" and one.show_render), None)
    if place is None or any(_is_ours(one) for one in modifiers):
        return
    active = modifiers.active
    added = modifiers.new(_NAME, "NODES")
    added.node_group = _mirrored_group()
    added.show_expanded = False
    modifiers.move(len(modifiers) - 1, place + 1)
    modifiers.active = active


def drop_mirrored(obj: bpy.types.Object) -> None:
    """Takes the modifier off the object again, and its nodes out of the file where nobody else uses them."""
    modifiers: Any = obj.modifiers
    for modifier in [one for one in modifiers if _is_ours(one)]:
        modifiers.remove(modifier)
    for tree in [one for one in bpy.data.node_groups if one.get(_MARK) and one.library is None and not one.users]:
        bpy.data.node_groups.remove(tree)


def _is_ours(modifier: Any) -> bool:
    return modifier.type == "NODES" and modifier.node_group is not None and bool(modifier.node_group.get(_MARK))


def _mirrored_group() -> Any:
    """The nodes: the second half of a mirrored mesh's corners are those that were added, in the order of the first."""
    if (existing := own_group(_MARK)) is not None:
        return existing
    tree: Any = bpy.data.node_groups.new(_NAME, "GeometryNodeTree")
    tree[_MARK] = True
    for in_out in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=in_out, socket_type="NodeSocketGeometry")
    start, out = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    size, half = tree.nodes.new("GeometryNodeAttributeDomainSize"), tree.nodes.new("ShaderNodeMath")
    index, added = tree.nodes.new("GeometryNodeInputIndex"), tree.nodes.new("ShaderNodeMath")
    carried, store = (
        tree.nodes.new("GeometryNodeInputNamedAttribute"),
        tree.nodes.new("GeometryNodeStoreNamedAttribute"),
    )
    half.operation, half.inputs[1].default_value = "MULTIPLY", 0.5
    added.operation = "GREATER_THAN"
    carried.data_type, carried.inputs["Name"].default_value = "FLOAT_VECTOR", FACE_MIRRORED
    store.data_type, store.domain, store.inputs["Name"].default_value = "FLOAT_VECTOR", "CORNER", FACE
    # Half a corner less: greater-or-equal, as numbers of a shader node have only greater.
    less = tree.nodes.new("ShaderNodeMath")
    less.operation, less.inputs[1].default_value = "SUBTRACT", 0.5
    link = tree.links.new
    link(start.outputs[0], size.inputs[0])
    link(size.outputs["Face Corner Count"], half.inputs[0])
    link(half.outputs[0], less.inputs[0])
    link(index.outputs[0], added.inputs[0])
    link(less.outputs[0], added.inputs[1])
    link(start.outputs[0], store.inputs["Geometry"])
    link(added.outputs[0], store.inputs["Selection"])
    link(next(one for one in carried.outputs if one.enabled and one.name == "Attribute"), _value_of(store))
    link(store.outputs[0], out.inputs[0])
    for column, node in enumerate((start, size, half, less, index, added, carried, store, out)):
        node.location = (column * 190.0, 0.0)
    return tree


def _value_of(store: Any) -> Any:
    return next(one for one in store.inputs if one.enabled and one.name == "Value")
