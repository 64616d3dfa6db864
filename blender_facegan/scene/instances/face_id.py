"""Instances that modifiers scatter: they have no points that could be written to, so they take faces from a table.

The table is an object with a point for each face. The node group looks its row up by the instance's ID and gives the
instance the attributes that the material reads. It needs nothing of the add-on once it is made.
"""

from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ...core.errors import CrowdError
from ..materials.node_building import arrange, own_group
from ..records import SKIN, TILE

_NAME, _TABLE = "Crowd Face ID", "Crowd Face Table"
_MARK = "facegan_face_id"
_LARGEST = 1_000_000
_NO_STEP = 2**31 - 1
"""Fills what is left of an instance's persistent ID."""


def face_id_group() -> bpy.types.NodeTree:
    """The geometry node group: found where it exists, else made.

    Inputs: Geometry, Faces (the table), ID Attribute. Output: Geometry, whose instances, or points where there are
    none, have the attributes facegan_tile and facegan_skin of the table's row ID modulo rows. The ID is the named
    attribute, else Blender's own id, else the index.
    """
    if (existing := own_group(_MARK)) is not None:
        return existing
    tree: Any = bpy.data.node_groups.new(_NAME, "GeometryNodeTree")
    tree[_MARK] = True
    tree.is_modifier = True
    tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    faces = tree.interface.new_socket("Faces", in_out="INPUT", socket_type="NodeSocketObject")
    faces.description = "Object whose points have the faces"
    identity = tree.interface.new_socket("ID Attribute", in_out="INPUT", socket_type="NodeSocketString")
    identity.description = "Attribute that tells which face: the same number is the same face. Blender's ID when empty"
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    _fill(tree)
    arrange(tree)
    return tree  # type: ignore[no-any-return]


def add_face_id(context: bpy.types.Context, obj: bpy.types.Object, count: int, table: str) -> bpy.types.Object:
    """Adds the node group to the object's modifiers, last, and returns its table of `count` faces.

    count: as many as the object has instances where it is 0. table: the name of an object that is there. Raises
    CrowdError.
    """
    if table:
        found = bpy.data.objects.get(table)
        if found is None:
            raise CrowdError(rpt_("No object named {}").format(table), rpt_("check the name"))
    else:
        found = _new_table(context, count or _instances_of(context, obj))
    modifier: Any = obj.modifiers.new(_NAME, "NODES")
    modifier.node_group = face_id_group()
    _set_table(modifier, found)
    obj.update_tag()
    return found


def tables_of(obj: bpy.types.Object) -> list[bpy.types.Object]:
    """The tables that the object's own modifiers take faces from."""
    found = []
    for modifier in obj.modifiers:
        group = modifier.node_group if isinstance(modifier, bpy.types.NodesModifier) else None
        if group is not None and group.get(_MARK):
            table = _table(modifier)
            if table is not None:
                found.append(table)
    return found


def _new_table(context: bpy.types.Context, count: int) -> bpy.types.Object:
    if not 1 <= count <= _LARGEST:
        raise CrowdError(
            rpt_("{:,} faces").format(count), rpt_("give from 1 to {:,}, or scatter instances first").format(_LARGEST)
        )
    mesh = bpy.data.meshes.new(_TABLE)
    mesh.vertices.add(count)
    table = bpy.data.objects.new(_TABLE, mesh)
    table.hide_render = True
    if context.scene is not None:
        context.scene.collection.objects.link(table)
    return table


def _instances_of(context: bpy.types.Context, obj: bpy.types.Object) -> int:
    graph: Any = context.evaluated_depsgraph_get()
    placed = set()
    for one in graph.object_instances:
        if one.is_instance and one.parent.original == obj:
            # The way down to the instanced object, from its end: the last number counts the object's own instances.
            placed.add([step for step in one.persistent_id if step != _NO_STEP][-1])
    return len(placed)


def _table(modifier: Any) -> bpy.types.Object | None:
    identifier = _socket_identifier(modifier.node_group, "Faces")
    # Blender 5.2 has given the inputs of modifiers a place of their own.
    if hasattr(modifier, "properties"):
        return getattr(modifier.properties.inputs, identifier).value  # type: ignore[no-any-return]
    return modifier[identifier]  # type: ignore[no-any-return]


def _set_table(modifier: Any, table: bpy.types.Object) -> None:
    identifier = _socket_identifier(modifier.node_group, "Faces")
    if hasattr(modifier, "properties"):
        getattr(modifier.properties.inputs, identifier).value = table
    else:
        modifier[identifier] = table


def _socket_identifier(tree: bpy.types.NodeTree, name: str) -> str:
    interface: Any = tree.interface
    found = (item for item in interface.items_tree if item.item_type == "SOCKET" and item.in_out == "INPUT")
    return next(str(item.identifier) for item in found if item.name == name)


def _fill(tree: Any) -> None:
    def node(kind: str, **settings: Any) -> Any:
        made = tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(made, name, value)
        return made

    def join(source: Any, target: Any) -> None:
        tree.links.new(source, target)

    given, out = node("NodeGroupInput"), node("NodeGroupOutput")
    table = node("GeometryNodeObjectInfo", transform_space="ORIGINAL")
    join(given.outputs["Faces"], table.inputs["Object"])
    rows = node("GeometryNodeAttributeDomainSize", component="MESH")
    cloud = node("GeometryNodeAttributeDomainSize", component="POINTCLOUD")
    for size in (rows, cloud):
        join(table.outputs["Geometry"], size.inputs["Geometry"])
    total = node("ShaderNodeMath", operation="ADD")
    join(rows.outputs["Point Count"], total.inputs[0])
    join(cloud.outputs["Point Count"], total.inputs[1])
    # Math counts in float32, exact to 16 million, and an ID may be any whole number. Blender 4.2 has nothing better.
    exact = hasattr(bpy.types, "FunctionNodeIntegerMath")
    row = node("FunctionNodeIntegerMath" if exact else "ShaderNodeMath", operation="FLOORED_MODULO")
    join(_identity(node, join, given), row.inputs[0])
    join(total.outputs[0], row.inputs[1])
    instances = node("GeometryNodeAttributeDomainSize", component="INSTANCES")
    join(given.outputs["Geometry"], instances.inputs["Geometry"])
    any_instances = node("FunctionNodeCompare", data_type="INT", operation="GREATER_THAN")
    join(instances.outputs["Instance Count"], _enabled(any_instances.inputs, 0))
    stored = {domain: _store_all(node, join, given, table, row, domain) for domain in ("POINT", "INSTANCE")}
    chosen = node("GeometryNodeSwitch", input_type="GEOMETRY")
    join(any_instances.outputs[0], chosen.inputs[0])
    join(stored["POINT"], _enabled(chosen.inputs, 1))
    join(stored["INSTANCE"], _enabled(chosen.inputs, 2))
    join(next(found for found in chosen.outputs if found.enabled), out.inputs["Geometry"])


def _identity(node: Any, join: Any, given: Any) -> Any:
    named, own = node("GeometryNodeInputNamedAttribute", data_type="INT"), node("GeometryNodeInputID")
    join(given.outputs["ID Attribute"], named.inputs["Name"])
    chosen = node("GeometryNodeSwitch", input_type="INT")
    join(named.outputs["Exists"], chosen.inputs[0])
    join(own.outputs[0], _enabled(chosen.inputs, 1))
    join(next(found for found in named.outputs if found.enabled), _enabled(chosen.inputs, 2))
    return next(found for found in chosen.outputs if found.enabled)


def _store_all(node: Any, join: Any, given: Any, table: Any, row: Any, domain: str) -> Any:
    """The geometry with both attributes of the row on a domain."""
    geometry = given.outputs["Geometry"]
    for name in (TILE, SKIN):
        named = node("GeometryNodeInputNamedAttribute", data_type="FLOAT_COLOR")
        named.inputs["Name"].default_value = name
        sample = node("GeometryNodeSampleIndex", data_type="FLOAT_COLOR", domain="POINT")
        join(table.outputs["Geometry"], sample.inputs["Geometry"])
        join(next(found for found in named.outputs if found.enabled), _named(sample.inputs, "Value"))
        join(row.outputs[0], sample.inputs["Index"])
        store = node("GeometryNodeStoreNamedAttribute", data_type="FLOAT_COLOR", domain=domain)
        store.inputs["Name"].default_value = name
        join(geometry, store.inputs["Geometry"])
        join(next(found for found in sample.outputs if found.enabled), _named(store.inputs, "Value"))
        geometry = store.outputs["Geometry"]
    return geometry


def _named(sockets: Any, name: str) -> Any:
    return next(found for found in sockets if found.name == name and found.enabled)


def _enabled(sockets: Any, index: int) -> Any:
    return [found for found in sockets if found.enabled][index]
