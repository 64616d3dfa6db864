"""Materials that show a picture: the node that holds it, and a face put behind it."""

from typing import Any, NamedTuple

import bpy

from .node_building import Tree, shown_sockets, uses_nodes


class Cover(NamedTuple):
    """The input that says how far a surface is there; inverted: how far it is not."""

    socket: Any
    inverted: bool


def picture_node(material: bpy.types.Material | None) -> Any:
    """The node with the image whose colour the material shows, the one nearest to its output; None without one."""
    tree: Any = material.node_tree if material is not None and uses_nodes(material) else None
    if tree is None:
        return None
    waiting = shown_sockets(tree)
    seen: set[str] = set()
    while waiting:
        socket: Any = waiting.pop(0)
        node: Any = socket.node
        if node.bl_idname == "ShaderNodeTexImage":
            if node.image is not None and socket.name == "Color":
                return node
            continue
        if node.name in seen or node.mute:
            continue
        seen.add(node.name)
        waiting += [link.from_socket for one in node.inputs if _is_colour(one) for link in one.links]
    return None


def insert_behind_picture(material: bpy.types.Material, group: bpy.types.NodeTree) -> Any:
    """Puts the group behind the picture: what took its colour takes the group's. What its alpha feeds stays.

    Raises RuntimeError where the material shows no picture.
    """
    source = picture_node(material)
    if source is None or material.node_tree is None:
        raise RuntimeError(f"the material {material.name} shows no picture")
    targets = [link.to_socket for link in source.outputs["Color"].links if _is_colour(link.to_socket)]
    build = Tree(material.node_tree)
    node = build.node("Group", node_tree=group)
    node.location = (source.location.x + 0.5 * source.width + 60.0, source.location.y + 220.0)
    build.feed(node.inputs["Base Color"], source.outputs["Color"])
    for target in targets:
        build.feed(target, node.outputs["Color"])
    return node


def cover_input(material: bpy.types.Material) -> Cover | None:
    """What makes the material clear: an alpha that something feeds, or the factor of a mix with a clear shader."""
    waiting = [socket.node for socket in shown_sockets(material.node_tree)]
    seen: set[str] = set()
    while waiting:
        node: Any = waiting.pop(0)
        if node.name in seen:
            continue
        seen.add(node.name)
        if node.bl_idname == "ShaderNodeMixShader" and node.inputs[0].is_linked:
            mixed = [one.links[0].from_node.bl_idname if one.links else "" for one in node.inputs[1:3]]
            if "ShaderNodeBsdfTransparent" in mixed:
                return Cover(node.inputs[0], mixed[1] == "ShaderNodeBsdfTransparent")
        alpha = node.inputs.get("Alpha")
        if alpha is not None and alpha.is_linked:
            return Cover(alpha, False)
        waiting += [link.from_node for one in node.inputs if one.type == "SHADER" for link in one.links]
    return None


def emits(material: bpy.types.Material) -> bool:
    """Whether the picture, or the face behind it, shines by itself."""
    tree: Any = material.node_tree
    return any(
        link.to_node.bl_idname == "ShaderNodeEmission" or link.to_socket.name == "Emission Color"
        for node in tree.nodes
        if node.bl_idname in ("ShaderNodeTexImage", "ShaderNodeGroup")
        for output in node.outputs
        for link in output.links
    )


def _is_colour(socket: Any) -> bool:
    """Whether what a socket takes is seen as colour: not what it is mixed by, nor how far it is there."""
    return socket.type in ("RGBA", "SHADER") and socket.name not in ("Fac", "Factor", "Alpha")
