"""The node group that cuts out what a picture shows before a background of one colour."""

from typing import Any

import bpy

from ...core.likeness.skin import linear_from_srgb
from .node_building import Source, Tree, arrange, own_group

Color = tuple[float, float, float]
WHITE: Color = (1.0, 1.0, 1.0)
_NAME = "Crowd Cut Out"
_MARK = "facegan_cut_out"
_GREY_RANGE, _STRONG_RANGE = 0.35, 0.85
"""Least share of something else in a colour that counts as nothing but that: before a grey or white background, which
has its like in most things; before red, green or blue as such."""
_GAMMA = 2.2
_NOISE = 0.15
"""Share of the range that a background may differ from its colour and be clear."""
_FAINTEST = 0.05
"""Share of what is shown below which its colour is not told from the background's."""


def add_cut_out(build: Tree, picture: Any, background: Color) -> Any:
    """A node behind the node `picture` (outputs Color and Alpha) with the same outputs. background: sRGB, 0 to 1."""
    node = build.node("Group", node_tree=_group())
    for name in ("Color", "Alpha"):
        build.feed(node.inputs[name], picture.outputs[name])
    strength = max(background) - min(background)
    node.inputs["Range"].default_value = _GREY_RANGE + strength * (_STRONG_RANGE - _GREY_RANGE)
    node.inputs["Background"].default_value = (*linear_from_srgb(background).tolist(), 1.0)
    return node


def with_cut_out(picture: Any) -> Any:
    """The node that cuts out what the node `picture` shows, or that node where none does."""
    for link in picture.outputs["Color"].links:
        tree = getattr(link.to_node, "node_tree", None)
        if tree is not None and tree.get(_MARK):
            return link.to_node
    return picture


def _group() -> bpy.types.NodeTree:
    """The group: found where it exists, else made."""
    if (existing := own_group(_MARK)) is not None:
        return existing
    tree: Any = bpy.data.node_groups.new(_NAME, "ShaderNodeTree")
    tree[_MARK] = True
    for name, kind in (("Color", "Color"), ("Alpha", "Float"), ("Background", "Color"), ("Range", "Float")):
        tree.interface.new_socket(name, in_out="INPUT", socket_type=f"NodeSocket{kind}")
    for name, kind in (("Color", "Color"), ("Alpha", "Float")):
        tree.interface.new_socket(name, in_out="OUTPUT", socket_type=f"NodeSocket{kind}")
    ground, reach = tree.interface.items_tree["Background"], tree.interface.items_tree["Range"]
    ground.description = "Color that the picture has around what it shows"
    reach.description = "Share of another color in the background's from which on nothing is clear"
    reach.default_value, reach.min_value, reach.max_value = _GREY_RANGE, 0.001, 1.0
    build = Tree(tree)
    given = build.node("GroupInput").outputs
    color, there = _cut_out(build, given)
    out = build.node("GroupOutput")
    build.feed(out.inputs["Color"], color)
    build.feed(out.inputs["Alpha"], build.math("MULTIPLY", given["Alpha"], there))
    arrange(tree)
    return tree  # type: ignore[no-any-return]


def _cut_out(build: Tree, given: Any) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """The picture's colour without its background, and how much of what it shows is there: 0 where all is background.

    Where a pixel is part background (at edges, which pictures soften), that part is taken out of its colour again:
    C = (P - (1 - a) B) / a (Smith and Blinn, Blue Screen Matting, 1996), in the values that pictures store, since
    those were mixed.
    """
    shown, ground = (_raised(build, given[name], 1 / _GAMMA) for name in ("Color", "Background"))
    least_there = _least_there(build, shown, ground)
    there = build.smooth(least_there, build.math("MULTIPLY", given["Range"], _NOISE), given["Range"])
    rest = build.math("SUBTRACT", 1.0, there)
    least = build.math("MAXIMUM", there, _FAINTEST)
    mixed_in = build.vector_math("MULTIPLY", ground, build.combine(rest, rest, rest))
    own = build.vector_math(
        "DIVIDE", build.vector_math("SUBTRACT", shown, mixed_in), build.combine(least, least, least)
    )
    return _raised(build, own, _GAMMA), there


def _least_there(build: Tree, shown: Source, ground: Source) -> bpy.types.NodeSocket:
    """The least share of another colour, mixed into the background's, that makes what is shown: 0 to 1."""
    shares: list[Source] = []
    for part, behind in zip(build.split(shown), build.split(ground), strict=True):
        more, room = build.math("SUBTRACT", part, behind), build.math("SUBTRACT", 1.0, behind)
        less = build.math("MULTIPLY", more, -1.0)
        shares += [
            build.math("DIVIDE", away, build.math("MAXIMUM", whole, _FAINTEST))
            for away, whole in ((more, room), (less, behind))
        ]
    most = shares[0]
    for share in shares[1:]:
        most = build.math("MAXIMUM", most, share)
    return build.math("MINIMUM", most, 1.0)


def _raised(build: Tree, color: Source, power: float) -> bpy.types.NodeSocket:
    """Each of red, green and blue, held between 0 and 1, to a power."""
    held = (build.math("MINIMUM", build.math("MAXIMUM", part, 0.0), 1.0) for part in build.split(color))
    return build.combine(*(build.math("POWER", part, power) for part in held))
