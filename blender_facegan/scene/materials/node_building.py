"""A few words to write shader node trees with, so that a tree reads like the formula it stands for."""

from typing import Any, TypeAlias

import bpy

Source: TypeAlias = "bpy.types.NodeSocket | float | tuple[float, ...]"
"""What may feed an input: another node's output, or a value."""

_COLUMN, _ROW = 190.0, 170.0


def socket(node: bpy.types.Node, identifier: str, *, output: bool = False) -> bpy.types.NodeSocket:
    """A node's socket by its identifier, which unlike its name is unique in the node and is never translated."""
    sockets = node.outputs if output else node.inputs
    return next(found for found in sockets if found.identifier == identifier)


def uses_nodes(material: bpy.types.Material) -> bool:
    """Whether the material is made of nodes."""
    # From Blender 5.0 every material has nodes, and asking is deprecated.
    return bpy.app.version >= (5, 0, 0) or material.use_nodes


def group_nodes(material: bpy.types.Material | None, mark: str) -> list[bpy.types.ShaderNodeGroup]:
    """The nodes of a material whose group has the custom property `mark`."""
    tree = material.node_tree if material is not None else None
    return [
        node
        for node in (tree.nodes if tree is not None else ())
        if isinstance(node, bpy.types.ShaderNodeGroup) and node.node_tree is not None and node.node_tree.get(mark)
    ]


def own_group(mark: str, value: Any = True) -> bpy.types.NodeTree | None:
    """The node group of this file whose custom property `mark` has the value."""
    groups = (group for group in bpy.data.node_groups if group.library is None)
    return next((group for group in groups if group.get(mark) == value), None)


def shown_sockets(tree: Any) -> list[Any]:
    """The sockets that feed the surface of a material's tree, for every renderer."""
    outputs = [tree.get_output_node(target) for target in ("ALL", "CYCLES", "EEVEE")]
    return [link.from_socket for output in outputs if output is not None for link in output.inputs[0].links]


class Tree:
    """Adds nodes to a tree and joins them."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree

    def node(self, kind: str, label: str = "", **settings: Any) -> Any:
        """A new node with its settings. kind: its type without `ShaderNode` (or `Node`, for a group's ends)."""
        prefix = "Node" if kind in ("GroupInput", "GroupOutput") else "ShaderNode"
        node = self.tree.nodes.new(f"{prefix}{kind}")
        node.label = label
        for name, value in settings.items():
            setattr(node, name, value)
        return node

    def feed(self, target: bpy.types.NodeSocket, source: Source) -> None:
        """Links the source to the input, or sets it as the input's value."""
        if isinstance(source, bpy.types.NodeSocket):
            self.tree.links.new(source, target)
        else:
            target.default_value = source  # type: ignore[attr-defined]  # every value socket has it

    def math(self, operation: str, *sources: Source, clamp: bool = False) -> bpy.types.NodeSocket:
        """A sum, product ... of numbers."""
        node = self.node("Math", operation=operation, use_clamp=clamp)
        for target, source in zip(node.inputs, sources, strict=False):
            self.feed(target, source)
        return self._first(node)

    def vector_math(self, operation: str, *sources: Source) -> bpy.types.NodeSocket:
        """A sum, product ... of vectors."""
        node = self.node("VectorMath", operation=operation)
        for target, source in zip(node.inputs, sources, strict=False):
            self.feed(target, source)
        return self._first(node)

    def length(self, vector: Source) -> bpy.types.NodeSocket:
        """How long a vector is."""
        node = self.node("VectorMath", operation="LENGTH")
        self.feed(node.inputs[0], vector)
        return self._first(node)

    def split(self, vector: Source) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket, bpy.types.NodeSocket]:
        """The three numbers of a vector."""
        node = self.node("SeparateXYZ")
        self.feed(node.inputs[0], vector)
        return node.outputs[0], node.outputs[1], node.outputs[2]

    def combine(self, x: Source, y: Source, z: Source = 0.0) -> bpy.types.NodeSocket:
        """A vector of three numbers."""
        node = self.node("CombineXYZ")
        for target, source in zip(node.inputs, (x, y, z), strict=True):
            self.feed(target, source)
        return self._first(node)

    def turn(self, vector: Source, angle: Source) -> bpy.types.NodeSocket:
        """The vector turned about Z by an angle in radians."""
        node = self.node("VectorRotate", rotation_type="Z_AXIS")
        self.feed(node.inputs["Vector"], vector)
        self.feed(node.inputs["Angle"], angle)
        return self._first(node)

    def smooth(self, value: Source, start: Source, stop: Source) -> bpy.types.NodeSocket:
        """0 at `start` to 1 at `stop`, rising smoothly; clamped outside."""
        node = self.node("MapRange", interpolation_type="SMOOTHSTEP", clamp=True)
        for name, source in (("Value", value), ("From Min", start), ("From Max", stop)):
            self.feed(node.inputs[name], source)
        return self._first(node)

    def mix(self, factor: Source, first: Source, second: Source) -> bpy.types.NodeSocket:
        """The first colour at factor 0, the second at 1."""
        node = self.node("Mix", data_type="RGBA")
        for identifier, source in (("Factor_Float", factor), ("A_Color", first), ("B_Color", second)):
            self.feed(socket(node, identifier), source)
        return socket(node, "Result_Color", output=True)

    def _first(self, node: Any) -> bpy.types.NodeSocket:
        found: bpy.types.NodeSocket = next(output for output in node.outputs if output.enabled)
        return found


def arrange(tree: bpy.types.NodeTree) -> None:
    """Lays the nodes out in columns from left to right, each to the right of what feeds it."""
    column: dict[str, int] = {}

    def depth(node: bpy.types.Node) -> int:
        if node.name not in column:
            column[node.name] = 0
            links = [link for found in node.inputs for link in found.links or ()]
            feeding = [link.from_node for link in links if link.from_node is not None]
            column[node.name] = 1 + max((depth(source) for source in feeding), default=-1)
        return column[node.name]

    filled: dict[int, int] = {}
    for node in tree.nodes:
        place = depth(node)
        row = filled.get(place, 0)
        filled[place] = row + 1
        node.location = (place * _COLUMN, -row * _ROW)
