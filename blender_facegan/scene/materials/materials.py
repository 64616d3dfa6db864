"""The materials that show faces: one for each kind and page, the artist's own kept beside them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import bpy
from bpy.app.translations import pgettext_rpt as rpt_

from ..people.characters import Kind
from ..records import face_material
from .cut_out import WHITE, Color, add_cut_out
from .face_nodes import by_coordinates, face_group
from .look import Look, Outline, Projection, Shading
from .node_building import Tree, arrange, group_nodes, shown_sockets, uses_nodes
from .pictures import insert_behind_picture, picture_node

_OUTLINES: dict[Outline, dict[str, float]] = {
    "OVAL": {},
    "SOFT": {"Oval Width": 1.0, "Oval Height": 1.0, "Softness": 0.3, "Corners": 1.0},
    "FULL": {"Oval Width": 4.0, "Oval Height": 4.0, "Softness": 0.0},
    "CUT": {"Oval Width": 4.0, "Oval Height": 4.0, "Softness": 0.0},
}
"""What each outline sets of the node group's inputs. FULL: an oval so large that the whole picture lies inside."""
_CLEAR = ("ShaderNodeBsdfTransparent", "ShaderNodeHoldout")
"""Shaders of what is not there: their colour is none of the surface's."""
_SHOWING = ("HEAD", "BILLBOARD", "PICTURE")
"""Roles of materials that show faces of a page."""
_PLAIN_SKIN = "Crowd Head"
_BILLBOARD = "Crowd Billboard"


class SkinColor(NamedTuple):
    """A material's skin: its linear colour, and how far another may be from it to be skin; 0 where all is skin.

    is_skin: whether skin can have that colour: of a painted visor it is not.
    """

    color: tuple[float, float, float]
    spread: float
    is_skin: bool = True


class PlainBackground(NamedTuple):
    """A picture's background: its linear colour, and how far another may be from it, in steps even to the eye."""

    color: tuple[float, float, float]
    spread: float


def original_of(material: bpy.types.Material | None) -> bpy.types.Material | None:
    """The artist's material behind one of ours; any other material is its own original."""
    if material is None or not is_ours(material):
        return material
    return face_material(material).original


def is_ours(material: bpy.types.Material | None) -> bool:
    """Whether Populate or a bake has made the material to show a face."""
    return material is not None and face_material(material).role != "NONE"


def takes_faces(material: bpy.types.Material) -> bool:
    """Whether a face can be put ahead of the material's colour, or the artist has put a face's node group into it.

    Without nodes it can: they are made from its colour.
    """
    return not uses_nodes(material) or base_color_input(material) is not None or bool(face_nodes(material))


def face_nodes(material: bpy.types.Material | None) -> list[bpy.types.ShaderNodeGroup]:
    """The nodes of a material that show faces, Populate's and those that the artist has placed."""
    return group_nodes(material, "facegan_projection")


def base_color_input(material: bpy.types.Material) -> bpy.types.NodeSocket | None:
    """The input of the material's shader that holds its colour: the one nearest to the output, or None."""
    if not uses_nodes(material) or material.node_tree is None:
        return None
    waiting = [socket.node for socket in shown_sockets(material.node_tree)]
    seen: set[str] = set()
    while waiting:
        node = waiting.pop(0)
        if node.name in seen:
            continue
        seen.add(node.name)
        found = _color_of(node)
        if found is not None and node.bl_idname not in _CLEAR:
            return found
        for target in node.inputs:
            waiting += _sources(target)
    return None


def color_remedy(material: bpy.types.Material) -> str:
    """What to do about a material in which `base_color_input` finds nothing."""
    nodes: Any = material.node_tree.nodes if material.node_tree is not None else ()
    for node in nodes:
        if node.type == "GROUP" and node.node_tree is not None and any(map(_color_of, node.node_tree.nodes)):
            return rpt_("its shader is in the node group {}: ungroup that").format(node.node_tree.name)
    return rpt_("connect one to its output")


class FaceMaterials:
    """Gives every character its material, and makes each once.

    A new page takes over what an artist tuned on another.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._made: dict[tuple[str, str, int, int], bpy.types.Material] = {}
        for material in bpy.data.materials:
            record = face_material(material)
            if record.role not in _SHOWING or record.page is None or not material.is_editable:
                continue
            # One whose face node was deleted shows nothing: another is made in its place.
            if face_nodes(material):
                self._made.setdefault(self._key(record.role, record.variant, record.original, record.page), material)

    def material(
        self,
        kind: Kind,
        original: bpy.types.Material | None,
        image: bpy.types.Image,
        skin: Callable[[], SkinColor] | None = None,
        as_before: bool = False,
        background: PlainBackground | None = None,
    ) -> bpy.types.Material:
        """The material that shows faces of the page to characters of a kind.

        original: what they had before. A billboard's counts only where the artist has put a face's node group into it.
        skin: what of its texture is skin, asked for when the material is made. as_before: for a head of version 0.1.0
        on which no face is found: it keeps its place in the bounding box. background: of somebody's picture.
        """
        kept = original if kind != "BILLBOARD" or face_nodes(original) else None
        variant = "FRONT:" if as_before else self._look.variant(kind)
        key = self._key(kind, variant, kept, image)
        if key not in self._made:
            sibling = next((made for known, made in self._made.items() if known[:3] == key[:3]), None)
            made = (
                _move_to_page(sibling.copy(), image)
                if sibling is not None
                else self._build(kind, kept, image, as_before)
            )
            if sibling is None and skin is not None and kind == "HEAD":
                _set_skin(made, skin())
            if sibling is None and background is not None:
                _set_background(made, background)
            record = face_material(made)
            record.role, record.variant, record.original, record.page = kind, variant, kept, image
            self._made[key] = made
        return self._made[key]

    def can_show(self, kind: Kind, original: bpy.types.Material | None) -> bool:
        """Whether `material` can give it: there is one like it to copy, or a face fits into what they had before."""
        if kind == "BILLBOARD" or original is None:
            return True
        if takes_faces(original) if kind == "HEAD" else picture_node(original) is not None:
            return True
        like = (kind, self._look.variant(kind), original.session_uid)
        return any(known[:3] == like for known in self._made)

    def follow(self, obj: bpy.types.Object, index: int | None, image: bpy.types.Image) -> None:
        """Gives a character that has a face material in the slot the same one for another page."""
        if index is None:
            return
        slot: Any = obj.material_slots[index]
        record = face_material(slot.material) if slot.material is not None else None
        if record is None or record.role not in _SHOWING or record.page == image:
            return
        key = self._key(record.role, record.variant, record.original, image)
        if key not in self._made:
            made = _move_to_page(slot.material.copy(), image)
            face_material(made).page = image
            self._made[key] = made
        slot.material = self._made[key]

    def tint(self, page: bpy.types.Image, color: tuple[float, float, float]) -> None:
        """Sets the colour that the Solid view shows on the page's materials: linear RGB."""
        material: Any
        for known, material in self._made.items():
            if known[3] == page.session_uid:
                material.diffuse_color = (*color, 1.0)

    def _build(
        self, kind: Kind, original: bpy.types.Material | None, image: bpy.types.Image, as_before: bool
    ) -> bpy.types.Material:
        if original is not None and face_nodes(original):
            copy = _copy(original)
            return _move_to_page(copy if as_before else by_coordinates(copy, face_nodes(copy)), image)
        projection: Projection = "FRONT" if as_before else self._look.projection_of(kind)
        group = face_group(projection, image, self._look.uv_map)
        if kind == "BILLBOARD":
            return billboard_material(group, self._look.shading, self._look.outline, self._look.background)
        material = _copy(original) if original is not None else _plain_skin()
        if kind == "PICTURE":
            insert_behind_picture(material, group)
            return material
        node = insert_ahead(material, group)
        if self._look.skin_from == "BODY" and original is not None:
            for name, value in (("Skin", 0.0), ("Own Skin", 1.0)):
                if name in node.inputs:
                    node.inputs[name].default_value = value
        return material

    @staticmethod
    def _key(
        role: str, variant: str, original: bpy.types.Material | None, page: bpy.types.Image
    ) -> tuple[str, str, int, int]:
        return role, variant, original.session_uid if original is not None else 0, page.session_uid


def _sources(target: bpy.types.NodeSocket) -> list[bpy.types.Node]:
    return [link.from_node for link in target.links or () if link.from_node is not None]


def _color_of(node: bpy.types.Node) -> bpy.types.NodeSocket | None:
    if not any(output.type == "SHADER" for output in node.outputs):
        return None
    colors = [target for target in node.inputs if target.type == "RGBA" and target.enabled]
    return next((target for target in colors if target.name in ("Base Color", "Color")), next(iter(colors), None))


def _ensure_nodes(material: bpy.types.Material) -> None:
    if not uses_nodes(material):
        color: Any = material.diffuse_color
        color = tuple(color)
        material.use_nodes = True
        target: Any = base_color_input(material)
        target.default_value = color


def empty_material(name: str) -> tuple[bpy.types.Material, Tree]:
    """A new material with nodes, and none of them yet."""
    material = bpy.data.materials.new(name)
    _ensure_nodes(material)
    if material.node_tree is None:
        raise RuntimeError(f"{material.name} has no nodes")
    material.node_tree.nodes.clear()
    return material, Tree(material.node_tree)


def _plain_skin() -> bpy.types.Material:
    material, build = empty_material(_PLAIN_SKIN)
    shader = build.node("BsdfPrincipled")
    shader.inputs["Roughness"].default_value = 0.55
    build.feed(build.node("OutputMaterial").inputs["Surface"], shader.outputs["BSDF"])
    arrange(build.tree)
    return material


def _copy(original: bpy.types.Material) -> bpy.types.Material:
    material = original.copy()
    material.name = f"{original.name} Faces"
    material.asset_clear()
    _ensure_nodes(material)
    return material


def billboard_material(
    group: bpy.types.NodeTree, shading: Shading = "LIT", outline: Outline = "OVAL", background: Color = WHITE
) -> bpy.types.Material:
    """A new material that shows the group's color, and is clear where its alpha says so. background: see `Look`."""
    material, build = empty_material(_BILLBOARD)
    face = build.node("Group", node_tree=group)
    for name, value in _OUTLINES[outline].items():
        face.inputs[name].default_value = value
    if outline == "CUT":
        face = add_cut_out(build, face, background)
    out = build.node("OutputMaterial")
    if shading == "LIT":
        shader = build.node("BsdfPrincipled")
        shader.inputs["Roughness"].default_value = 0.7
        build.feed(shader.inputs["Base Color"], face.outputs["Color"])
        build.feed(shader.inputs["Alpha"], face.outputs["Alpha"])
        build.feed(out.inputs["Surface"], shader.outputs["BSDF"])
    else:
        emission, clear, mixed = build.node("Emission"), build.node("BsdfTransparent"), build.node("MixShader")
        build.feed(emission.inputs["Color"], face.outputs["Color"])
        for target, source in zip(
            mixed.inputs, (face.outputs["Alpha"], clear.outputs["BSDF"], emission.outputs["Emission"]), strict=True
        ):
            build.feed(target, source)
        build.feed(out.inputs["Surface"], mixed.outputs["Shader"])
    # Dithered alpha needs no sorting, which a crowd of cut-outs would get wrong.
    material.surface_render_method = "DITHERED"
    material.use_transparent_shadow = True
    arrange(build.tree)
    return material


def insert_ahead(material: bpy.types.Material, group: bpy.types.NodeTree) -> Any:
    """Puts the group ahead of the shader's colour and returns its node; what fed the colour feeds the group.

    Raises RuntimeError where no shader with a colour leads to the output.
    """
    target: Any = base_color_input(material)
    if target is None or material.node_tree is None:
        raise RuntimeError(f"the material {material.name} has no shader with a colour")
    build = Tree(material.node_tree)
    node = build.node("Group", node_tree=group)
    node.location = (target.node.location.x - 260.0, target.node.location.y)
    if target.links:
        build.feed(node.inputs["Base Color"], target.links[0].from_socket)
    else:
        node.inputs["Base Color"].default_value = target.default_value
    build.feed(target, node.outputs["Color"])
    return node


def _move_to_page(material: bpy.types.Material, image: bpy.types.Image) -> bpy.types.Material:
    """Makes a copy of a face material show another page."""
    for node in face_nodes(material):
        projection, _, uv_map = str(node.node_tree["facegan_projection"]).partition(":")  # type: ignore[index]
        if projection in ("PLANE", "FACE", "PICTURE", "UV", "FRONT"):
            node.node_tree = face_group(projection, image, uv_map)  # type: ignore[arg-type, assignment]
    return material


def _set_skin(material: bpy.types.Material, skin: SkinColor) -> None:
    """Tells the face's node which colours of the texture are skin."""
    for node in face_nodes(material):
        if "Skin Range" in node.inputs:
            node.inputs["Skin Color"].default_value = (*skin.color, 1.0)  # type: ignore[attr-defined]
            node.inputs["Skin Range"].default_value = skin.spread  # type: ignore[attr-defined]
            if not skin.is_skin:
                node.inputs["Skin"].default_value = 0.0  # type: ignore[attr-defined]


def _set_background(material: bpy.types.Material, background: PlainBackground) -> None:
    """Tells the face's node which colour of the picture is its background."""
    for node in face_nodes(material):
        if "Background Range" in node.inputs:
            node.inputs["Background"].default_value = (*background.color, 1.0)  # type: ignore[attr-defined]
            node.inputs["Background Range"].default_value = background.spread  # type: ignore[attr-defined]
