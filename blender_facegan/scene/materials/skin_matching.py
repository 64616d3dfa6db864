"""Materials of a character's neck, hands and body that take the colour of its face's skin."""

from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..records import SKIN, face_material
from .materials import base_color_input, color_remedy, insert_ahead
from .node_building import Tree, arrange, group_nodes, own_group

SKIN_GROUP = "Crowd Skin"
_MARK = "facegan_skin_group"
_LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Rec. 709, of linear RGB."""
_INPUTS: tuple[tuple[str, str, Any, str], ...] = (
    ("Base Color", "NodeSocketColor", (0.8, 0.8, 0.8, 1.0), "Color of the material without a character's skin"),
    ("Strength", "NodeSocketFloat", 1.0, "How far the surface takes the color of the skin"),
    ("Detail", "NodeSocketFloat", 0.0, "How far light and dark of the base color stay on the skin"),
    ("Mean", "NodeSocketFloat", 0.3, "Mean luminance of the base color, for Detail: 0.3 for most skin textures"),
)


def skin_group() -> bpy.types.NodeTree:
    """The node group that colours a surface like the skin of its character: found where it exists, else made.

    An object without `facegan_skin` keeps the base colour.
    """
    if (existing := own_group(_MARK)) is not None:
        return existing
    tree: Any = bpy.data.node_groups.new(SKIN_GROUP, "ShaderNodeTree")
    tree[_MARK] = True
    for name, kind, default, tip in _INPUTS:
        made: Any = tree.interface.new_socket(name, in_out="INPUT", socket_type=kind)
        made.default_value, made.description = default, tip
        if kind == "NodeSocketFloat":
            made.min_value, made.max_value, made.subtype = (0.001 if name == "Mean" else 0.0), 1.0, "FACTOR"
    tree.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    _fill(Tree(tree))
    arrange(tree)
    return tree  # type: ignore[no-any-return]


def skin_matching_problem(material: bpy.types.Material | None) -> str:
    """Why the material cannot take the skin's colour, and what to do; empty when it can."""
    if material is None:
        return rpt_("Give the active object a material")
    if not material.is_editable:
        return rpt_("The material is linked from another file. Make it local")
    if face_material(material).role != "NONE":
        return rpt_("This material shows faces already. Choose that of the body")
    if base_color_input(material) is None:
        return rpt_("The material has no shader with a color: {}").format(color_remedy(material))
    return ""


def matches_skin(material: bpy.types.Material | None) -> bool:
    """Whether the material takes the skin's colour."""
    return bool(group_nodes(material, _MARK))


def match_skin(material: bpy.types.Material) -> None:
    """Puts the group ahead of the material's colour. Raises RuntimeError where `skin_matching_problem` finds one."""
    insert_ahead(material, skin_group())


def unmatch_skin(material: bpy.types.Material) -> None:
    """Takes the group out again: what fed it feeds the shader as before."""
    tree: Any = material.node_tree
    node: Any
    for node in group_nodes(material, _MARK):
        base = node.inputs["Base Color"]
        for target in [link.to_socket for link in node.outputs["Color"].links]:
            if base.links:
                tree.links.new(base.links[0].from_socket, target)
            elif target.type == "RGBA":
                target.default_value = base.default_value
        tree.nodes.remove(node)
    for group in list(bpy.data.node_groups):
        if group.get(_MARK) and group.library is None and group.users == 0:
            bpy.data.node_groups.remove(group)


def _fill(build: Tree) -> None:
    given = build.node("GroupInput").outputs
    skin = build.node("Attribute", attribute_type="INSTANCER", attribute_name=SKIN).outputs
    luminance = build.vector_math("DOT_PRODUCT", given["Base Color"], _LUMINANCE)
    relative = build.math("DIVIDE", luminance, given["Mean"])
    shade = build.math("MULTIPLY_ADD", given["Detail"], build.math("SUBTRACT", relative, 1.0), 1.0)
    shaded = build.vector_math("MULTIPLY", skin["Vector"], build.combine(shade, shade, shade))
    has_skin = build.math("GREATER_THAN", build.vector_math("LENGTH", skin["Vector"]), 0.0)
    strength = build.math("MULTIPLY", given["Strength"], has_skin)
    out = build.node("GroupOutput")
    build.feed(out.inputs["Color"], build.mix(strength, given["Base Color"], shaded))
