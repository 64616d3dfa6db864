"""Materials that show a picture: the node that holds it, and a face put behind it."""

from typing import Any

import bpy

from .node_building import Tree

__all__ = ["insert_behind_picture", "picture_node"]


def picture_node(material: bpy.types.Material | None) -> Any:
    """The node with the image whose colour the material shows, the one nearest to its output; None without one."""
    tree: Any = material.node_tree if material is not None and _uses_nodes(material) else None
    if tree is None:
        return None
    outputs = [tree.get_output_node(target) for target in ("ALL", "CYCLES", "EEVEE")]
    waiting = [link.from_socket for output in outputs if output is not None for link in output.inputs[0].links]
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


def _is_colour(socket: Any) -> bool:
    """Whether what a socket takes is seen as colour: not what it is mixed by, nor how far it is there."""
    return socket.type in ("RGBA", "SHADER") and socket.name not in ("Fac", "Factor", "Alpha")


def _uses_nodes(material: bpy.types.Material) -> bool:
    # From Blender 5.0 every material has nodes, and asking is deprecated.
    return bpy.app.version >= (5, 0, 0) or material.use_nodes
