"""Materials that show a baked texture where the artist's own was, made of what every exporter understands."""

from typing import Any, cast

import bpy

from ....core.likeness.skin import linear_from_srgb
from ...materials.materials import base_color_input
from ...materials.node_building import Tree
from ...materials.slots import LINK
from ..baking import billboard_with_picture, mark_baked
from .surfaces import Surface


def put_on(surface: Surface, image: bpy.types.Image | None, color: tuple[float, float, float] | None) -> None:
    """Lets the surface show the image, or the color (encoded RGB), and notes down what its slot had."""
    if surface.is_billboard:
        made = billboard_with_picture(surface.obj.name, surface.live, cast(bpy.types.Image, image), surface.uv_map)
    else:
        made = _with_texture(surface, image, color)
    slot: Any = surface.obj.material_slots[surface.slot]
    mark_baked(made, surface.name, surface.live)
    made[LINK] = slot.link
    slot.link = "OBJECT"
    slot.material = made


def _with_texture(
    surface: Surface, image: bpy.types.Image | None, color: tuple[float, float, float] | None
) -> bpy.types.Material:
    made: Any = surface.live.copy()
    before = _reached(made.node_tree)
    build, target = Tree(made.node_tree), cast(Any, base_color_input(made))
    if image is not None:
        picture = _picture(build, surface, image)
        build.feed(target, picture.outputs["Color"])
    else:
        for link in list(target.links):
            made.node_tree.links.remove(link)
        target.default_value = (*linear_from_srgb(color or (1.0, 1.0, 1.0)).tolist(), 1.0)
    after = _reached(made.node_tree)
    for name in before - after:
        made.node_tree.nodes.remove(made.node_tree.nodes[name])
    return made  # type: ignore[no-any-return]


def _picture(build: Tree, surface: Surface, image: bpy.types.Image) -> Any:
    """A node that shows the image as the artist's shows the texture: laid on, repeated and filtered, its alpha used."""
    picture = build.node("TexImage", image=image)
    if surface.texture is None:
        build.feed(picture.inputs["Vector"], build.node("UVMap", uv_map=surface.uv_map).outputs["UV"])
        return picture
    theirs: Any = build.tree.nodes[surface.texture.node]
    picture.location, picture.interpolation, picture.extension = theirs.location, theirs.interpolation, theirs.extension
    image.alpha_mode = theirs.image.alpha_mode
    for link in theirs.inputs["Vector"].links:
        build.feed(picture.inputs["Vector"], link.from_socket)
    for link in list(theirs.outputs["Alpha"].links):
        build.feed(link.to_socket, picture.outputs["Alpha"])
    return picture


def _reached(tree: Any) -> set[str]:
    """Names of the nodes that lead to an output."""
    waiting = [node for node in tree.nodes if node.bl_idname in ("ShaderNodeOutputMaterial", "ShaderNodeOutputAOV")]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node.name not in found:
            found.add(node.name)
            waiting += [link.from_node for socket in node.inputs for link in socket.links]
    return found
