"""Nodes of older versions, made to do what today's do."""

from collections.abc import Sequence
from typing import Any

import bpy

from .face_nodes import face_group
from .node_building import Tree

__all__ = ["by_coordinates"]


def by_coordinates(material: bpy.types.Material, nodes: Sequence[bpy.types.ShaderNodeGroup]) -> bpy.types.Material:
    """Makes face nodes of version 0.1.0, which an artist has placed, read the mesh's face coordinates instead."""
    for node in nodes:
        if str(node.node_tree["facegan_projection"]).startswith("FRONT:"):  # type: ignore[index]
            build = Tree(node.id_data)  # type: ignore[arg-type]
            sources: dict[str, Any] = {one.name: one.links[0].from_socket for one in node.inputs if one.links}
            targets: dict[str, list[Any]] = {
                one.name: [link.to_socket for link in one.links or ()] for one in node.outputs
            }
            values = {one.name: one.default_value for one in node.inputs}  # type: ignore[attr-defined]
            kept = {name: tuple(value) if hasattr(value, "__len__") else value for name, value in values.items()}
            node.node_tree = face_group("FACE", None)  # type: ignore[assignment]
            for one in node.inputs:
                if one.name in kept:
                    one.default_value = kept[one.name]  # type: ignore[attr-defined]
                if one.name in sources:
                    build.feed(one, sources[one.name])
            for out in node.outputs:
                for target in targets.get(out.name, ()):
                    build.feed(target, out)
    return material
